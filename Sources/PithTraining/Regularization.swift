/// What keeps weights small. Applies to the weights of convolutions and fully connected layers only, never to biases or batch
/// norm's parameters.
public struct Regularization: Sendable, Hashable {
  /// The factor of `sum |w|`, which makes weights exactly zero.
  ///
  /// Done as a proximal step after each step of the optimiser: `w = sign(w) * max(|w| - rate * l1, 0)` (soft-thresholding;
  /// Parikh and Boyd 2014, section 6.5.2).
  public var l1: Double
  /// The factor of `sum w^2 / 2`: its gradient `l2 * w` is added to that of the loss, PyTorch's weight decay; with
  /// ``Optimizer/adamW(beta1:beta2:epsilon:)`` the decay is apart from the gradient instead.
  public var l2: Double

  public init(l1: Double = 0, l2: Double = 0) {
    self.l1 = l1
    self.l2 = l2
  }

  /// No regularisation.
  public static let none = Regularization()
}

extension Regularization {
  /// What is added to the loss for some weights: `l1 * sum |w| + l2 / 2 * sum w^2`.
  package func penalty<Scalar: TrainingScalar>(_ weights: UnsafeBufferPointer<Scalar>) -> Double {
    var (absolutes, squares) = (0.0, 0.0)
    for weight in weights {
      let value = weight.asDouble
      absolutes += abs(value)
      squares += value * value
    }
    return l1 * absolutes + l2 / 2 * squares
  }

  /// The derivative of the penalty by a weight; at 0, where `|w|` has none, that of the square alone.
  package func gradient(_ weight: Double) -> Double {
    l2 * weight + (weight > 0 ? l1 : weight < 0 ? -l1 : 0)
  }

  /// The weight after the proximal step: nearest to `weight` in the sense of `(v - weight)^2 / 2 + threshold * |v|`.
  @inline(__always)
  package static func softThreshold(_ weight: Float, _ threshold: Float) -> Float {
    let size = abs(weight) - threshold
    return size > 0 ? (weight < 0 ? -size : size) : size <= 0 ? 0 : weight
  }
}
