import PithGraph
import PithTensor

extension Graph {
  /// The network that is trained: up to its logits, without what does not lead there, with the dropout rate of the options.
  func trained(with options: RunOptions) throws -> Graph {
    let graph = endingInLogits().withoutUnusedLayers()
    guard let rate = options.dropout else { return graph }
    let (changed, layers) = graph.settingDropout(rate)
    guard layers > 0 else {
      throw PithError(
        .invalidArgument, "a dropout rate was given but the network has no dropout layer",
        advice: "add one to a file of the network: 'dropout' before the last layer")
    }
    return changed
  }

  /// The same network with another rate of all dropout layers, and how many these are.
  func settingDropout(_ rate: Double) -> (graph: Graph, layers: Int) {
    var (graph, count) = (self, 0)
    for index in graph.layers.indices {
      guard case .dropout = graph.layers[index].operation else { continue }
      graph.layers[index].operation = .dropout(Dropout(rate: rate))
      count += 1
    }
    return (graph, count)
  }
}
