/// A function of each value by a fast kernel.
package enum MapFunction: Sendable, Hashable {
  case clip(low: Float, high: Float)
  case leakyReLU(slope: Float)
  case elu(alpha: Float)
  case sigmoid
  case hardSigmoid(slope: Float, offset: Float)
  case hardSwish
  case silu
  case gelu
  case approximateGELU
  case erf
  case tanh

  package init(_ function: KernelOperation.Function) {
    self =
      switch function {
      case .clip(let minimum, let maximum): .clip(low: Float(minimum), high: Float(maximum))
      case .leakyReLU(let slope): .leakyReLU(slope: Float(slope))
      case .elu(let alpha): .elu(alpha: Float(alpha))
      case .sigmoid: .sigmoid
      case .hardSigmoid(let slope, let offset):
        .hardSigmoid(slope: Float(slope), offset: Float(offset))
      case .hardSwish: .hardSwish
      case .silu: .silu
      case .gelu: .gelu
      case .approximateGELU: .approximateGELU
      case .erf: .erf
      case .tanh: .tanh
      }
  }

  /// Computes `count` values, which may be in place.
  package func apply(
    _ kernels: BlockedKernelSet, count: Int, _ x: UnsafePointer<Float>,
    to y: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .clip(let low, let high): kernels.clip(count, x, low, high, y)
    case .leakyReLU(let slope): kernels.leakyReLU(count, x, slope, y)
    case .elu(let alpha): kernels.elu(count, x, alpha, y)
    case .sigmoid: kernels.sigmoid(count, x, y)
    case .hardSigmoid(let slope, let offset): kernels.hardSigmoid(count, x, slope, offset, y)
    case .hardSwish: kernels.hardSwish(count, x, y)
    case .silu: kernels.silu(count, x, y)
    case .gelu: kernels.gelu(count, x, y)
    case .approximateGELU: kernels.approximateGELU(count, x, y)
    case .erf: kernels.erf(count, x, y)
    case .tanh: kernels.tanh(count, x, y)
    }
  }

  func apply(
    _ kernels: BlockedKernelSet, count: Int, _ x: UnsafeMutablePointer<Float>,
    to y: UnsafeMutablePointer<Float>
  ) {
    apply(kernels, count: count, UnsafePointer(x), to: y)
  }
}
