import CPithKernels
import PithKernels

/// A function of each value, in any layout: see ``MapArithmetic``.
struct BlockedMapArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let retained: RetainedValues
  let worksInPlace = true

  private let count: Int
  private let function: MapFunction
  private let derivative: Derivative
  private let kernels: BlockedKernelSet
  private let gradients: GradientKernelSet

  /// Nil for a clip, which ``BlockedClipArithmetic`` computes.
  init?(
    _ function: KernelOperation.Function, count: Int, kernels: BlockedKernelSet,
    gradients: GradientKernelSet
  ) {
    guard let derivative = Derivative(function) else { return nil }
    self.count = count
    self.function = MapFunction(function)
    self.derivative = derivative
    self.kernels = kernels
    self.gradients = gradients
    retained = MapArithmetic<Float>(function: function, count: count).retained
  }

  func forward(_ call: LayerCall<Float>) {
    call.forEachRange(of: call.images * count) { range in
      function.apply(
        kernels, count: range.count, call.inputs[0] + range.lowerBound,
        to: call.output + range.lowerBound)
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    let values = retained.output ? UnsafePointer(call.output) : call.inputs[0]
    call.forEachRange(of: call.images * count) { range in
      let start = range.lowerBound
      let dx = target.start + start
      self.gradients.mapGradient(
        derivative.kind, range.count, values + start, derivative.parameter,
        gradients.output + start, target.adds ? dx : nil, dx)
    }
  }
}

/// What the kernel of derivatives takes.
private struct Derivative {
  let kind: pith_derivative
  var parameter: Float = 0

  init?(_ function: KernelOperation.Function) {
    switch function {
    case .clip: return nil
    case .leakyReLU(let slope):
      (kind, parameter) = (pith_leaky_relu_derivative, Float(slope))
    case .elu(let alpha): (kind, parameter) = (pith_elu_derivative, Float(alpha))
    case .sigmoid: kind = pith_sigmoid_derivative
    case .hardSigmoid(let slope, _):
      (kind, parameter) = (pith_hard_sigmoid_derivative, Float(slope))
    case .hardSwish: kind = pith_hard_swish_derivative
    case .silu: kind = pith_silu_derivative
    case .gelu: kind = pith_gelu_derivative
    case .approximateGELU: kind = pith_approximate_gelu_derivative
    case .erf: kind = pith_erf_derivative
    case .tanh: kind = pith_tanh_derivative
    }
  }
}
