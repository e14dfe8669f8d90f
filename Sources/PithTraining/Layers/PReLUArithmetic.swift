import PithKernels

/// `x` where it is positive, else a learned multiple of it: `da = sum of x * dy` where `x` is not positive (He et al.
/// 2015, "Delving Deep into Rectifiers", section 2.1).
struct PReLUArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let channels: Int
  let inner: Int
  let isShared: Bool

  let retained = RetainedValues.inputs
  let worksInPlace = true

  func forward(_ call: LayerCall<Scalar>) {
    let count = channels * inner
    call.run(
      .prelu(channels: channels, inner: inner, isShared: isShared), inputCounts: [count],
      outputCount: count)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    let (x, dy) = (call.inputs[0], gradients.output)
    var sums = [Double](repeating: 0, count: channels)
    sums.withUnsafeMutableBufferPointer { sums in
      call.pool.forEach(channels) { c, _ in
        let slope = call.parameters[0][isShared ? 0 : c]
        for image in 0..<call.images {
          let start = (image * channels + c) * inner
          for i in start..<start + inner {
            if x[i] <= 0 { sums[c] += x[i].asDouble * dy[i].asDouble }
            if let target = gradients.inputs[0] {
              target.store(x[i] > 0 ? dy[i] : slope * dy[i], at: i)
            }
          }
        }
      }
    }
    guard let target = gradients.parameters[0] else { return }
    if isShared {
      target[0] += Scalar(sums.reduce(0, +))
    } else {
      for c in 0..<channels { target[c] += Scalar(sums[c]) }
    }
  }

  func describeActiveSet(_ call: LayerCall<Scalar>, to activeSet: inout ActiveSet) {
    for i in 0..<call.images * channels * inner { activeSet.add(call.inputs[0][i] > 0 ? 1 : 0) }
  }
}
