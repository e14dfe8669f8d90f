import PithTensor

/// `min(max(x, minimum), maximum)`; with 0 and 6 it is ReLU6 (Krizhevsky 2010).
public struct Clip: Sendable, Hashable {
  public var minimum: Double
  public var maximum: Double

  public init(minimum: Double = -.infinity, maximum: Double = .infinity) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// ReLU6.
  public static let relu6 = Clip(minimum: 0, maximum: 6)

  func outputShape(_ input: Shape) throws -> Shape {
    // Also false when either is NaN.
    guard minimum <= maximum else {
      throw PithError(
        .invalidGraph, "the minimum \(minimum) must not be greater than the maximum \(maximum)")
    }
    return input
  }
}

/// `x` where it is positive, else `slope * x` (Maas, Hannun and Ng 2013).
public struct LeakyReLU: Sendable, Hashable {
  public var slope: Double

  public init(slope: Double = 0.01) {
    self.slope = slope
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard slope.isFinite else {
      throw PithError(.invalidGraph, "the slope \(slope) must be finite")
    }
    return input
  }
}

/// `exp(x) / sum(exp(x))` along an axis, computed with the greatest value subtracted first.
public struct Softmax: Sendable, Hashable {
  /// Counted with the batch: 1 is the first dimension of an image, its channels.
  public var axis: Int

  public init(axis: Int = 1) {
    self.axis = axis
  }

  func outputShape(_ input: Shape) throws -> Shape {
    try checkAxis(axis, of: input)
    return input
  }
}

/// Sets activations to zero while training (Srivastava et al. 2014); does nothing when inferring.
public struct Dropout: Sendable, Hashable {
  /// The share of activations that are dropped.
  public var rate: Double

  public init(rate: Double = 0.5) {
    self.rate = rate
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard rate >= 0, rate <= 1 else {
      throw PithError(.invalidGraph, "the rate \(rate) must be from 0 to 1")
    }
    return input
  }
}

/// Axes count the batch as 0, as frameworks do; no operation may touch that one.
func checkAxis(_ axis: Int, of shape: Shape) throws {
  guard axis >= 1, axis <= shape.rank else {
    throw PithError(
      .invalidGraph,
      "axis \(axis) is not one of 1 to \(shape.rank) of an input of shape \(shape) (axis 0 is the batch)"
    )
  }
}
