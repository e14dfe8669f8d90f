import PithKernels

/// The mean over some dimensions: each value gets its mean's gradient over the number of values.
struct MeanArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let sizes: [Int]
  let reduced: [Bool]

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .mean(sizes: sizes, reduced: reduced), inputCounts: [sizes.reduce(1, *)],
      outputCount: outputs)
  }

  private var outputs: Int { zip(sizes, reduced).reduce(1) { $0 * ($1.1 ? 1 : $1.0) } }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    let count = sizes.reduce(1, *)
    let (outputs, divisor) = (outputs, Scalar(count / outputs))
    call.forEachImage { image in
      for i in 0..<count {
        var (rest, place, step) = (i, 0, 1)
        for axis in sizes.indices.reversed() {
          let index = rest % sizes[axis]
          rest /= sizes[axis]
          guard !reduced[axis] else { continue }
          place += index * step
          step *= sizes[axis]
        }
        target.store(
          gradients.output[image * outputs + place] / divisor, at: image * count + i)
      }
    }
  }
}
