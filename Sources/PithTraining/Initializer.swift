import Glibc
import PithTensor

/// How the weights of convolutions and fully connected layers start. Biases start at 0, batch norm at gamma 1, beta 0, mean
/// 0 and variance 1, the slope of PReLU at 0.25.
///
/// `fan in` is the number of inputs that a value is the sum of, `inputs / groups * kernel area`; `fan out` is `outputs * kernel
/// area`, as PyTorch counts them.
public enum Initializer: Sendable, Hashable {
  /// All weights equal 0: all neurons of a layer learn the same, those of the last apart, so nothing is learned unless it is the only
  /// one. To be seen, not used.
  case zeros
  /// All weights equal a number, with the same effect.
  case constant(Double)
  /// Normal with a standard deviation.
  case gaussian(standardDeviation: Double)
  /// Uniform between `-a` and `a = sqrt(6 / (fan in + fan out))`, variance `2 / (fan in + fan out)`, for layers followed by
  /// tanh or sigmoid (Glorot and Bengio 2010, equation 16).
  case xavier
  /// Normal with variance `2 / fan in`, for layers followed by ReLU (He et al. 2015, equation 10).
  case he

  /// Standard deviation 0.01: signals vanish in deep networks.
  public static let smallGaussian = Initializer.gaussian(standardDeviation: 0.01)
  /// Standard deviation 1: signals explode, or saturate tanh and sigmoid.
  public static let largeGaussian = Initializer.gaussian(standardDeviation: 1)
}

extension Initializer {
  /// The values of a parameter at the start.
  ///
  /// They follow from the seed and the parameter's name: other layers of the network do not change them.
  package func values(for parameter: TrainingParameter, seed: UInt64) -> [Float] {
    let count = parameter.shape.count
    switch parameter.kind {
    case .weight: return weights(parameter.shape, name: parameter.name, seed: seed)
    case .statistic:
      return [Float](repeating: parameter.role == "running_var" ? 1 : 0, count: count)
    case .offset, .constant: return [Float](repeating: 0, count: count)
    case .scale: return [Float](repeating: 1, count: count)
    case .slope: return [Float](repeating: 0.25, count: count)
    }
  }

  private func weights(_ shape: Shape, name: String, seed: UInt64) -> [Float] {
    let area = shape.dimensions.dropFirst(2).reduce(1, *)
    let fanIn = Double(shape[1] * area)
    let fanOut = Double(shape[0] * area)
    var random = GaussianRandom(seed: seed ^ RandomStream.number(name))
    let positions = 0..<shape.count
    switch self {
    case .zeros: return positions.map { _ in 0 }
    case .constant(let value): return positions.map { _ in Float(value) }
    case .gaussian(let deviation):
      return positions.map { _ in Float(deviation * random.next()) }
    case .xavier:
      let bound = (6 / (fanIn + fanOut)).squareRoot()
      return positions.map { _ in Float(bound * (2 * random.uniform() - 1)) }
    case .he:
      let deviation = (2 / fanIn).squareRoot()
      return positions.map { _ in Float(deviation * random.next()) }
    }
  }
}

/// Normal numbers by the method of Box and Muller (1958).
struct GaussianRandom {
  private var random: SeededRandom
  private var spare: Double?

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  /// A number in `[0, 1)` with 53 random bits.
  mutating func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }

  mutating func next() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    // 1 - u is never 0.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
