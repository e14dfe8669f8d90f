/// A batch norm that is part of the layer before it.
package struct FoldedNorm: Sendable, Hashable {
  package let name: String
  package let epsilon: Double

  /// Gamma, beta, running mean and running variance.
  package static let roles = ["weight", "bias", "running_mean", "running_var"]

  package init(name: String, epsilon: Double) {
    self.name = name
    self.epsilon = epsilon
  }
}

/// What batch norms do to the outputs of a layer: `y = scale * x + shift`, in double precision.
///
/// With `s = gamma / sqrt(variance + epsilon)`, the weights of output `n` become `s[n] * w` and its bias
/// `s[n] * (b - mean) + beta` (Jacob et al. 2018, section 3.2).
package struct NormFold: Sendable {
  package private(set) var scales: [Double]
  private var shifts: [Double]

  package init(outputs: Int) {
    scales = [Double](repeating: 1, count: outputs)
    shifts = [Double](repeating: 0, count: outputs)
  }

  /// Adds a batch norm behind those so far; it has a number of each kind for every output.
  package mutating func add(
    gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, mean: UnsafePointer<Float>,
    variance: UnsafePointer<Float>, epsilon: Double
  ) {
    for n in scales.indices {
      let scale = Double(gamma[n]) / (Double(variance[n]) + epsilon).squareRoot()
      shifts[n] = (shifts[n] - Double(mean[n])) * scale + Double(beta[n])
      scales[n] *= scale
    }
  }

  /// The bias of an output, rounded.
  package func bias(of output: Int, before bias: Float) -> Float {
    Float(Double(bias) * scales[output] + shifts[output])
  }
}
