import PithTensor

/// Normalisation over neighbouring channels: `y = x / (offset + alpha / size * sum of x^2)^beta`, where the sum is over the
/// `size` channels around a value's own at the same place (Krizhevsky, Sutskever and Hinton 2012, section 3.3).
///
/// The shape stays; channels are the first dimension.
public struct LocalResponseNorm: Sendable, Hashable {
  /// Odd: frameworks do not agree on which side of an even window is longer.
  public var size: Int
  public var alpha: Double
  public var beta: Double
  public var offset: Double

  public init(
    size: Int, alpha: Double = defaults.alpha, beta: Double = defaults.beta,
    offset: Double = defaults.offset
  ) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.offset = offset
  }

  /// Those of PyTorch and ONNX.
  public static let defaults = (alpha: 1e-4, beta: 0.75, offset: 1.0)

  func outputShape(_ input: Shape) throws -> Shape {
    guard input.rank >= 1 else {
      throw PithError(.shapeMismatch, "needs an input with channels but gets a \(input)")
    }
    guard size >= 1, size % 2 == 1, size < 1 << 31 else {
      throw PithError(
        .invalidGraph, "the size \(size) must be odd, at least 1 and less than 2^31")
    }
    guard alpha.isFinite, alpha >= 0, beta.isFinite, offset.isFinite, offset > 0 else {
      throw PithError(
        .invalidGraph,
        "alpha \(alpha), beta \(beta) and offset \(offset) must be finite, alpha at least 0 and offset greater"
          + " than 0"
      )
    }
    return input
  }
}
