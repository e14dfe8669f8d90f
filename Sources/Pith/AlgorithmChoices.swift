import PithGraph
import PithKernels

/// How each convolution of a graph is computed: the fastest way, as far as the weights of all stay within a bound.
///
/// Where they do not, those layers take a smaller way first that lose least by it for the memory that it saves.
struct AlgorithmChoices {
  private var algorithms: [String: BlockedConvolution.Algorithm] = [:]

  /// A layer taking a smaller way.
  private struct Saving {
    let layer: String
    let algorithm: BlockedConvolution.Algorithm
    let floats: Int
    /// What it costs for each float that it saves.
    let price: Double
  }

  /// - Parameters:
  ///   - isExact: whether only plain sums are allowed, not Winograd's.
  ///   - bound: how many times the weights in the file those in memory may be.
  init(_ graph: ResolvedGraph, isExact: Bool, bound: Double) {
    var (stored, needed) = (0, 0)
    var savings: [Saving] = []
    for layer in graph.layers {
      let count = layer.parameters.reduce(0) { $0 + $1.shape.count }
      stored += count
      guard
        case .convolution(let window, let channels, let outputs, let groups, _) =
          layer.kernelOperation
      else {
        needed += count
        continue
      }
      let ways = ConvolutionChoice(window, channels: channels, outputs: outputs, groups: groups)
        .ways(isExact: isExact)
      guard let fastest = ways.min(by: { $0.cost < $1.cost }) else { continue }
      algorithms[layer.layer.name] = fastest.algorithm
      needed += fastest.floats
      savings += Self.savings(from: fastest, ways, of: layer.layer.name)
    }
    for saving in savings.sorted(by: { $0.price < $1.price }) {
      guard Double(needed) > bound * Double(stored) else { break }
      algorithms[saving.layer] = saving.algorithm
      needed -= saving.floats
    }
  }

  subscript(layer: String) -> BlockedConvolution.Algorithm { algorithms[layer] ?? .direct }

  /// From way to smaller way, always the one with the lowest price, so that prices rise.
  private static func savings(
    from fastest: ConvolutionChoice.Way, _ ways: [ConvolutionChoice.Way], of layer: String
  ) -> [Saving] {
    var savings: [Saving] = []
    var current = fastest
    while true {
      func price(_ way: ConvolutionChoice.Way) -> Double {
        (way.cost - current.cost) / Double(current.floats - way.floats)
      }
      let smaller = ways.filter { $0.floats < current.floats }
      guard let next = smaller.min(by: { price($0) < price($1) }) else { return savings }
      savings.append(
        Saving(
          layer: layer, algorithm: next.algorithm, floats: current.floats - next.floats,
          price: price(next)))
      current = next
    }
  }
}
