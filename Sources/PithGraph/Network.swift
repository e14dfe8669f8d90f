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

  /// The network after all passes that prepare it for inference.
  ///
  /// - Throws: ``PithError`` when the graph does not resolve or a parameter is missing or misshapen: passes
  ///   rely on both.
  package func preparedForInference(limits: Limits = Limits()) throws -> Network {
    try graph.resolved(limits: limits).checkParameters(parameters.mapValues(\.shape))
    var network = self
    for pass in Self.inference { try pass.run(on: &network) }
    return network
  }

  /// What prepares a network for inference, in this order.
  package static let inference: [any Pass] = [RemoveIdentities(), FoldBatchNorm()]
}

/// A change to a network that leaves its outputs as they are, but for rounding.
package protocol Pass: Sendable {
  /// Runs on a network whose graph resolves and whose parameters fit it, and leaves such a network.
  ///
  /// The outputs of the graph keep their order; their names may change to those of layers that compute the same.
  func run(on network: inout Network) throws
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
