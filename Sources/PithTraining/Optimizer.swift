/// How a step follows from the gradient. `g` is the gradient with that of L2 added, `r` the learning rate.
///
/// The formulas are PyTorch's.
public enum Optimizer: Sendable, Hashable {
  /// `w -= r g` (Robbins and Monro 1951).
  case sgd
  /// `v = m v + g; w -= r v`, or with Nesterov's look ahead `w -= r (g + m v)` (Polyak 1964; Sutskever et al. 2013).
  case momentum(_ momentum: Double = 0.9, nesterov: Bool = false)
  /// `s = d s + (1 - d) g^2; w -= r g / (sqrt(s) + epsilon)` (Hinton 2012, lecture 6e).
  case rmsProp(decay: Double = 0.99, epsilon: Double = 1e-8)
  /// `m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)` (Kingma and Ba
  /// 2014, algorithm 1).
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
  /// ``adam(beta1:beta2:epsilon:)`` with L2 apart from the gradient: first `w -= r l2 w` (Loshchilov and Hutter 2017,
  /// algorithm 2).
  case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)

  /// The names of what is remembered for each trained parameter.
  public var slots: [String] {
    switch self {
    case .sgd: []
    case .momentum: ["momentum"]
    case .rmsProp: ["square_average"]
    case .adam, .adamW: ["first_moment", "second_moment"]
    }
  }

  /// Whether L2 is applied to the weights and not through the gradient.
  var decouplesDecay: Bool {
    switch self {
    case .adamW: true
    case .sgd, .momentum, .rmsProp, .adam: false
    }
  }
}

/// One step of an optimiser for one learning rate, with all that is the same for every weight worked out.
package struct OptimizerStep: Sendable {
  package let optimizer: Optimizer
  package let rate: Double
  /// L2 through the gradient, and apart from it.
  package var l2 = 0.0
  package var l1 = 0.0
  /// What gradients are multiplied by first: less than 1 when they are clipped.
  package var gradientScale = 1.0
  /// `1 - b1^t` and `1 - b2^t`, where `t` counts steps from 1.
  package var corrections = (first: 1.0, second: 1.0)

  package init(_ optimizer: Optimizer, rate: Double, number: Int) {
    self.optimizer = optimizer
    self.rate = rate
    switch optimizer {
    case .adam(let beta1, let beta2, _), .adamW(let beta1, let beta2, _):
      corrections = (1 - Self.power(beta1, number), 1 - Self.power(beta2, number))
    case .sgd, .momentum, .rmsProp: break
    }
  }

  /// `base^exponent` by repeated squaring: alike on every machine.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }

  /// Moves `count` weights, and updates what is remembered for them.
  ///
  /// - Parameter slots: as many as the optimiser has, for the same weights.
  package func update(
    _ weights: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    slots: [UnsafeMutablePointer<Float>], count: Int
  ) {
    let scale = Float(gradientScale)
    let coupled = optimizer.decouplesDecay ? 0 : Float(l2)
    let rate = Float(self.rate)
    @inline(__always) func gradient(_ i: Int) -> Float {
      gradients[i] * scale + coupled * weights[i]
    }
    switch optimizer {
    case .sgd:
      for i in 0..<count { weights[i] -= rate * gradient(i) }
    case .momentum(let momentum, let nesterov):
      let (velocity, momentum) = (slots[0], Float(momentum))
      for i in 0..<count {
        let g = gradient(i)
        velocity[i] = momentum * velocity[i] + g
        weights[i] -= rate * (nesterov ? g + momentum * velocity[i] : velocity[i])
      }
    case .rmsProp(let decay, let epsilon):
      let (squares, decay, rest) = (slots[0], Float(decay), Float(1 - decay))
      let epsilon = Float(epsilon)
      for i in 0..<count {
        let g = gradient(i)
        squares[i] = decay * squares[i] + rest * g * g
        weights[i] -= rate * g / (squares[i].squareRoot() + epsilon)
      }
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      let (means, squares) = (slots[0], slots[1])
      let (rest1, beta2, rest2) = (Float(1 - beta1), Float(beta2), Float(1 - beta2))
      let size = Float(self.rate / corrections.first)
      let root = Float(corrections.second.squareRoot())
      let epsilon = Float(epsilon)
      let kept = optimizer.decouplesDecay ? Float(1 - self.rate * l2) : 1
      for i in 0..<count {
        let g = gradient(i)
        means[i] += rest1 * (g - means[i])
        squares[i] = beta2 * squares[i] + rest2 * g * g
        weights[i] =
          kept * weights[i] - size * means[i] / (squares[i].squareRoot() / root + epsilon)
      }
    }
    guard l1 > 0 else { return }
    let threshold = Float(self.rate * l1)
    for i in 0..<count { weights[i] = Regularization.softThreshold(weights[i], threshold) }
  }
}
