import PithGraph
import PithTensor

extension Graph {
  /// The network that is trained: up to its logits, without what does not lead there, with the dropout rate of the options.
  func trained(with options: RunOptions) throws -> Graph {
    try endingInLogits().withoutUnusedLayers().settingDropout(options.dropout)
  }

  /// The same network with another rate of all dropout layers.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument` when there are none.
  private func settingDropout(_ rate: Double?) throws -> Graph {
    guard let rate else { return self }
    var (graph, count) = (self, 0)
    for index in graph.layers.indices {
      guard case .dropout = graph.layers[index].operation else { continue }
      graph.layers[index].operation = .dropout(Dropout(rate: rate))
      count += 1
    }
    guard count > 0 else {
      throw PithError(
        .invalidArgument, "a dropout rate was given but the network has no dropout layer",
        advice: "add one to a file of the network: 'dropout' before the last layer")
    }
    return graph
  }
}
