/// Inverted dropout: while training each value is dropped with the probability `rate` and the others are divided by
/// `1 - rate`, so that nothing has to be scaled afterwards (Srivastava et al. 2014, section 10).
///
/// Whether a value is dropped follows from the seed, the step, the layer and the value's position in the step's images:
/// not from the threads, nor from how a step is cut into passes. Nothing is kept for the backward pass.
struct DropoutArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let count: Int
  let rate: Double
  let stream: UInt64

  let retained = RetainedValues.nothing

  let worksInPlace = true

  func forward(_ call: LayerCall<Scalar>) {
    forEachFactor(call) { call.output[$0] = $1 == 0 ? 0 : $1 * call.inputs[0][$0] }
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    forEachFactor(call) { target.store($1 == 0 ? 0 : $1 * gradients.output[$0], at: $0) }
  }

  /// The factor of every value of the batch: 0 for those that are dropped.
  @inline(__always)
  private func forEachFactor(_ call: LayerCall<Scalar>, _ body: (Int, Scalar) -> Void) {
    let scale = rate < 1 ? Scalar(1 / (1 - rate)) : 0
    let random = RandomStream(seed: call.pass.seed, step: call.pass.step, stream: stream)
    let first = call.pass.firstImage * count
    call.forEachRange(of: call.images * count) { range in
      if call.pass.isTraining, !call.pass.keepsAll {
        for i in range { body(i, random.uniform(at: first + i) < rate ? 0 : scale) }
      } else {
        for i in range { body(i, 1) }
      }
    }
  }
}

/// A parameter that is no input's function, repeated for every image; it is not trained.
struct ConstantArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let count: Int

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    for image in 0..<call.images {
      (call.output + image * count).update(from: call.parameters[0], count: count)
    }
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {}
}
