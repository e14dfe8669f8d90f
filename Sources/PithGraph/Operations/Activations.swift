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

/// `x` where it is positive, else a learned multiple of it (He et al. 2015, "Delving deep into rectifiers", section 2.1).
///
/// Parameters: `weight [channels]`, or `[1]` when it ``isShared``; channels are the first dimension.
public struct PReLU: Sendable, Hashable {
  /// Whether all channels have the same slope.
  public var isShared: Bool

  public init(isShared: Bool = false) {
    self.isShared = isShared
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard input.rank >= 1 else {
      throw PithError(.shapeMismatch, "needs an input with channels but gets a \(input)")
    }
    return input
  }

  func parameters(_ input: Shape) throws -> [Parameter] {
    [Parameter("weight", try Shape(checking: [isShared ? 1 : input[0]]))]
  }
}

/// `x` where it is positive, else `alpha * (exp(x) - 1)` (Clevert, Unterthiner and Hochreiter 2015).
public struct ELU: Sendable, Hashable {
  public var alpha: Double

  public init(alpha: Double = 1) {
    self.alpha = alpha
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard alpha.isFinite else {
      throw PithError(.invalidGraph, "alpha \(alpha) must be finite")
    }
    return input
  }
}

/// `min(max(slope * x + offset, 0), 1)`; the defaults are those of MobileNetV3 (Howard et al. 2019, section 5.2).
public struct HardSigmoid: Sendable, Hashable {
  public var slope: Double
  public var offset: Double

  public init(slope: Double = 1.0 / 6, offset: Double = 0.5) {
    self.slope = slope
    self.offset = offset
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard slope.isFinite, offset.isFinite else {
      throw PithError(.invalidGraph, "slope \(slope) and offset \(offset) must be finite")
    }
    return input
  }
}

/// `x * (1 + erf(x / sqrt(2))) / 2` (Hendrycks and Gimpel 2016).
public struct GELU: Sendable, Hashable {
  /// Whether it is `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))` instead.
  public var approximate: Bool

  public init(approximate: Bool = false) {
    self.approximate = approximate
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

/// `x - log(sum(exp(x)))` along an axis, computed with the greatest value subtracted first.
public struct LogSoftmax: Sendable, Hashable {
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
