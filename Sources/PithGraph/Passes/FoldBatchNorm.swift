/// Makes a batch norm part of the convolution or fully connected layer before it.
package struct FoldBatchNorm: Pass {
  package func run(on prepared: inout PreparedGraph) {
    let consumers = prepared.graph.consumers
    var foldedInto: [String: String] = [:]
    var kept: [Layer] = []
    var positions: [String: Int] = [:]
    for var layer in prepared.graph.layers {
      let sources = layer.inputs
      layer.inputs = sources.map { foldedInto[$0] ?? $0 }
      if case .batchNorm(let norm) = layer.operation, let position = positions[layer.inputs[0]],
        prepared.graph.soleConsumer(of: sources[0], in: consumers) != nil,
        let operation = kept[position].operation.withBias
      {
        let name = kept[position].name
        prepared.foldedNorms[name, default: []].append(
          FoldedNorm(name: layer.name, epsilon: norm.epsilon))
        kept[position].operation = operation
        foldedInto[layer.name] = name
      } else {
        positions[layer.name] = kept.count
        kept.append(layer)
      }
    }
    prepared.graph.layers = kept
    prepared.graph.outputs = prepared.graph.outputs.map { foldedInto[$0] ?? $0 }
  }
}

extension Operation {
  /// The same layer with a bias, if it is one that takes one.
  fileprivate var withBias: Operation? {
    switch self {
    case .convolution(var layer):
      layer.bias = true
      return .convolution(layer)
    case .fullyConnected(var layer):
      layer.bias = true
      return .fullyConnected(layer)
    default:
      return nil
    }
  }
}
