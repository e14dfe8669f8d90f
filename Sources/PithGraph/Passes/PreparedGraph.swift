/// A graph that is being prepared for inference, and what that asks of its parameters, which are not touched.
package struct PreparedGraph: Sendable {
  package var graph: Graph
  /// The batch norms that are part of a layer now, by the layer's name, in the order in which they are computed.
  package var foldedNorms: [String: [FoldedNorm]] = [:]

  package init(graph: Graph) {
    self.graph = graph
  }
}

/// A change to a graph that leaves its outputs as they are, but for rounding.
package protocol Pass: Sendable {
  /// Runs on a graph that resolves, and leaves such a graph.
  ///
  /// The outputs of the graph keep their order; their names may change to those of layers that compute the same.
  func run(on prepared: inout PreparedGraph)
}

extension Graph {
  /// The graph after all passes that prepare it for inference; this one must resolve.
  package func preparedForInference() -> PreparedGraph {
    var prepared = PreparedGraph(graph: self)
    for pass in Self.inference { pass.run(on: &prepared) }
    return prepared
  }

  /// What prepares a graph for inference, in this order.
  private static let inference: [any Pass] = [RemoveIdentities(), FoldBatchNorm()]
}
