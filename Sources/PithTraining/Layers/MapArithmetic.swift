import PithKernels

/// A function of each value: `dx = f'(x) * dy`.
///
/// At a kink the derivative is that of PyTorch: 0 at the ends of a clip (so for ReLU at 0, and at both ends of ReLU6), the
/// slope of a leaky ReLU at 0.
struct MapArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let function: KernelOperation.Function
  let count: Int

  /// Derivatives that follow from the output need no input, which the layer before may have overwritten.
  var retained: RetainedValues {
    switch function {
    case .clip, .sigmoid, .hardSigmoid, .tanh: .output
    case .leakyReLU(let slope): slope >= 0 ? .output : .inputs
    case .elu, .hardSwish, .silu, .gelu, .approximateGELU, .erf: .inputs
    }
  }

  let worksInPlace = true

  func forward(_ call: LayerCall<Scalar>) {
    call.forEachRange(of: call.images * count) { range in
      Scalar.run(
        .map(function, count: range.count), inputs: [call.inputs[0] + range.lowerBound],
        parameters: [], output: call.output + range.lowerBound)
    }
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    call.forEachRange(of: call.images * count) { range in
      backward(range, x: call.inputs[0], y: call.output, dy: gradients.output, target)
    }
  }

  private func backward(
    _ range: Range<Int>, x: UnsafePointer<Scalar>, y: UnsafePointer<Scalar>,
    dy: UnsafePointer<Scalar>, _ target: GradientTarget<Scalar>
  ) {
    @inline(__always) func store(_ derivative: (Int) -> Scalar) {
      for i in range { target.store(derivative(i) * dy[i], at: i) }
    }
    switch function {
    case .clip(let minimum, let maximum):
      let (low, high) = (Scalar(minimum), Scalar(maximum))
      store { y[$0] > low && y[$0] < high ? 1 : 0 }
    case .leakyReLU(let slope):
      let (value, slope) = (slope >= 0 ? y : x, Scalar(slope))
      store { value[$0] > 0 ? 1 : slope }
    case .elu(let alpha):
      let alpha = Scalar(alpha)
      store { x[$0] > 0 ? 1 : alpha * Scalar.exponential(x[$0]) }
    case .sigmoid: store { y[$0] * (1 - y[$0]) }
    case .tanh: store { 1 - y[$0] * y[$0] }
    case .hardSigmoid(let slope, _):
      let slope = Scalar(slope)
      store { y[$0] > 0 && y[$0] < 1 ? slope : 0 }
    case .hardSwish:
      store { x[$0] <= -3 ? 0 : x[$0] >= 3 ? 1 : x[$0] / 3 + 0.5 }
    case .silu:
      // f = x * s and s' = s * (1 - s), where s is the sigmoid.
      store { i in
        let s = 1 / (1 + Scalar.exponential(-x[i]))
        return s * (1 + x[i] * (1 - s))
      }
    case .gelu:
      // The normal distribution and x times its density.
      let (scale, density) = (Scalar(0.5).squareRoot(), 1 / (2 * Scalar.pi).squareRoot())
      store { i in
        (1 + Scalar.errorFunction(x[i] * scale)) / 2
          + x[i] * density * Scalar.exponential(-x[i] * x[i] / 2)
      }
    case .approximateGELU:
      let scale = (2 / Scalar.pi).squareRoot()
      store { i in
        let t = Scalar.hyperbolicTangent(scale * (x[i] + 0.044715 * x[i] * x[i] * x[i]))
        let slope = scale * (1 + 3 * 0.044715 * x[i] * x[i])
        return (1 + t) / 2 + x[i] / 2 * (1 - t * t) * slope
      }
    case .erf:
      let scale = 2 / Scalar.pi.squareRoot()
      store { scale * Scalar.exponential(-x[$0] * x[$0]) }
    }
  }

  func describeActiveSet(_ call: LayerCall<Scalar>, to activeSet: inout ActiveSet) {
    let positions = 0..<call.images * count
    func add(_ value: UnsafePointer<Scalar>, _ low: Double, _ high: Double) {
      let (low, high) = (Scalar(low), Scalar(high))
      for i in positions { activeSet.add(value[i] <= low ? 0 : value[i] >= high ? 2 : 1) }
    }
    switch function {
    case .clip(let minimum, let maximum): add(UnsafePointer(call.output), minimum, maximum)
    case .hardSigmoid: add(UnsafePointer(call.output), 0, 1)
    case .leakyReLU, .elu: add(call.inputs[0], 0, .infinity)
    case .hardSwish: add(call.inputs[0], -3, 3)
    case .sigmoid, .silu, .gelu, .approximateGELU, .erf, .tanh: break
    }
  }
}
