package import PithGraph

extension Graph {
  /// The same network up to the logits: a softmax at the end belongs to the loss while training.
  package func endingInLogits() -> Graph {
    guard let index = finalSoftmax else { return self }
    let softmax = layers[index]
    var graph = self
    graph.layers.remove(at: index)
    func source(_ name: String) -> String { name == softmax.name ? softmax.inputs[0] : name }
    graph.outputs = outputs.map(source)
    for index in graph.layers.indices {
      graph.layers[index].inputs = graph.layers[index].inputs.map(source)
    }
    return graph
  }

  /// The softmax, or log-softmax, over all values of an image that the output is of: nothing follows it but other shapes and names.
  /// Nil: there is none.
  package var finalSoftmax: Int? {
    guard outputs.count == 1 else { return nil }
    var name: String? = outputs[0]
    for (index, layer) in layers.enumerated().reversed() where layer.name == name {
      switch layer.operation {
      case .softmax(let softmax): return isWhole(layer, axis: softmax.axis) ? index : nil
      case .logSoftmax(let softmax): return isWhole(layer, axis: softmax.axis) ? index : nil
      case .flatten, .reshape, .identity: name = layer.inputs.first
      default: return nil
      }
    }
    return nil
  }

  /// Whether the axis of a layer, counted with the batch, has all values of an image.
  private func isWhole(_ layer: Layer, axis: Int) -> Bool {
    guard let shape = try? resolved().shapes[layer.name], axis >= 1, axis <= shape.rank else {
      return false
    }
    return shape[axis - 1] == shape.count
  }

  /// The same network without layers that no output needs.
  package func withoutUnusedLayers() -> Graph {
    var needed = Set(outputs)
    var graph = self
    graph.layers = []
    for layer in layers.reversed() where needed.contains(layer.name) {
      needed.formUnion(layer.inputs)
      graph.layers.append(layer)
    }
    graph.layers.reverse()
    return graph
  }
}
