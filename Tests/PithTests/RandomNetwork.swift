import Pith
import PithConversion
import PithGraph
import PithTensor

/// Networks with seeded weights whose activations keep a sensible size.
enum RandomNetwork {
  /// A network of a graph: weights of variance 2 / inputs (He et al. 2015), positive variances.
  static func network(_ graph: Graph, seed: UInt64) throws -> Network {
    var random = SeededRandom(seed: seed)
    var parameters: [String: Tensor] = [:]
    for (name, shape) in try graph.resolved().parameters {
      let inputs = max(1, shape.dimensions.dropFirst().reduce(1, *))
      let spread = (6 / Float(inputs)).squareRoot()
      let isVariance = name.hasSuffix("running_var")
      let isGamma = name.hasSuffix("weight") && shape.rank == 1
      parameters[name] = try Tensor(
        shape: shape,
        values: (0..<shape.count).map { _ in
          if isVariance || isGamma { return 0.5 + random.uniform() }
          return shape.rank == 1
            ? random.uniform() * 0.2 - 0.1 : (random.uniform() * 2 - 1) * spread
        })
    }
    return Network(graph: graph, parameters: parameters)
  }

  /// One of the built-in architectures.
  static func architecture(_ name: String, classes: Int = 10, side: Int, seed: UInt64) throws
    -> Network
  {
    let graph = try Architecture.named(name).graph(
      Architecture.Settings(
        channels: 3, size: Preprocessing.Size(height: side, width: side), classes: classes))
    return try network(graph, seed: seed)
  }

  /// Values between -1 and 1.
  static func values(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in random.uniform() * 2 - 1 }
  }
}
