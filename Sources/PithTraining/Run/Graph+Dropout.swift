import PithGraph
import PithTensor

extension Graph {
  /// The same network with another rate of all dropout layers.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument` when there are none.
  func settingDropout(_ rate: Double?) throws -> Graph {
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
