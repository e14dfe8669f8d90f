package import PithTensor

/// A graph with the values of its parameters, by the name `LAYER.ROLE`.
package struct Network: Sendable {
  package var graph: Graph
  package var parameters: [String: Tensor]

  package init(graph: Graph, parameters: [String: Tensor]) {
    self.graph = graph
    self.parameters = parameters
  }

  /// The tensor of a layer.
  ///
  /// - Throws: ``PithError`` with the code `tensorMismatch` when there is none.
  package func parameter(_ role: String, of layer: String) throws -> Tensor {
    guard let tensor = parameters["\(layer).\(role)"] else {
      throw PithError(.tensorMismatch, "the tensor '\(layer).\(role)' is missing")
    }
    return tensor
  }

  /// The network after all passes that prepare it for inference: one without batch norms where they can be folded.
  ///
  /// - Throws: ``PithError`` when the graph does not resolve or a parameter is missing or misshapen.
  package func preparedForInference(limits: Limits = Limits()) throws -> Network {
    try graph.resolved(limits: limits).checkParameters(parameters.mapValues(\.shape))
    let prepared = graph.preparedForInference()
    var network = Network(graph: prepared.graph, parameters: parameters)
    for (layer, norms) in prepared.foldedNorms { try network.fold(norms, into: layer) }
    return network
  }

  private mutating func fold(_ norms: [FoldedNorm], into layer: String) throws {
    let weight = try parameter("weight", of: layer)
    let outputs = weight.shape[0]
    var fold = NormFold(outputs: outputs)
    for norm in norms {
      let statistics = try FoldedNorm.roles.map { try parameter($0, of: norm.name).values }
      fold.add(
        gamma: statistics[0], beta: statistics[1], mean: statistics[2], variance: statistics[3],
        epsilon: norm.epsilon)
      for role in FoldedNorm.roles { parameters["\(norm.name).\(role)"] = nil }
    }
    let row = weight.values.count / outputs
    let bias = parameters["\(layer).bias"]?.values
    parameters["\(layer).weight"] = try Tensor(
      shape: weight.shape,
      values: weight.values.indices.map { Float(Double(weight.values[$0]) * fold.scales[$0 / row]) }
    )
    parameters["\(layer).bias"] = try Tensor(
      shape: Shape(checking: [outputs]),
      values: (0..<outputs).map { fold.bias(of: $0, before: bias?[$0] ?? 0) })
  }
}

extension Graph {
  /// The layers that use each value, by the value's name, in order.
  package var consumers: [String: [Layer]] {
    var consumers: [String: [Layer]] = [:]
    for layer in layers {
      for input in layer.inputs { consumers[input, default: []].append(layer) }
    }
    return consumers
  }

  /// The only layer that uses a value, unless the value is also an output of the graph.
  package func soleConsumer(of name: String, in consumers: [String: [Layer]]) -> Layer? {
    guard let layers = consumers[name], layers.count == 1, !outputs.contains(name) else {
      return nil
    }
    return layers[0]
  }
}
