import Pith
package import PithGraph
package import PithKernels
import PithTensor

/// What a layer computes while training, with its sizes worked out.
package enum TrainingOperation: Sendable, Hashable {
  /// Alike when training and evaluating.
  case kernel(KernelOperation)
  /// Over the images and the inner positions of `[channels, inner]`.
  ///
  /// Parameters: gamma, beta, running mean, running variance. `momentum` is the weight of the new batch in the latter.
  case batchNorm(channels: Int, inner: Int, epsilon: Double, momentum: Double)
  /// Drops each of `count` values with the probability `rate`; `stream` tells this layer's choices from another's.
  case dropout(count: Int, rate: Double, stream: UInt64)
  /// The parameter itself, for every image.
  case constant(count: Int)
  /// The values of the input under another name.
  case alias

  /// - Throws: ``PithError`` with the code `unsupported` when the operation has no gradient here.
  package init(_ layer: ResolvedGraph.ResolvedLayer) throws {
    let input = layer.inputShapes.first ?? layer.outputShape
    switch layer.layer.operation {
    case .dropout(let dropout):
      self = .dropout(
        count: input.count, rate: dropout.rate, stream: RandomStream.number(layer.layer.name))
    case .constant: self = .constant(count: layer.outputShape.count)
    case .batchNorm(let norm):
      self = .batchNorm(
        channels: input[0], inner: input.count / input[0], epsilon: norm.epsilon,
        momentum: norm.momentum)
    case .localResponseNorm, .matrixMultiply:
      throw PithError(
        .unsupported, place: "layer '\(layer.layer.name)'",
        "the operation '\(layer.layer.operation.name)' has no gradient")
    default:
      let operation = layer.kernelOperation
      if case .copy = operation { self = .alias } else { self = .kernel(operation) }
    }
  }
}

extension ResolvedGraph {
  /// Refuses the operations that cannot be trained, all at once.
  ///
  /// - Throws: ``PithError`` with the code `unsupported`, naming each layer and its operation.
  package func checkGradients() throws {
    let problems = layers.compactMap { layer -> String? in
      do {
        _ = try TrainingOperation(layer)
        return nil
      } catch {
        return "'\(layer.layer.name)' (\(layer.layer.operation.name))"
      }
    }
    guard problems.isEmpty else {
      throw PithError(
        .unsupported,
        "the network cannot be trained: there is no gradient for \(problems.joined(separator: ", "))",
        advice: "replace these layers; batch_norm often stands where local_response_norm did")
    }
  }
}
