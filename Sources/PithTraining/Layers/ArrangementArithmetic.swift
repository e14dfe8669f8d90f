import PithKernels

/// Inputs one after the other along a dimension: each gets its part of the gradient.
struct ConcatArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let outer: Int
  /// The values of each input for each of the ``outer`` rows.
  let inner: [Int]

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .concat(outer: outer, inner: inner), inputCounts: inner.map { $0 * outer },
      outputCount: outer * inner.reduce(0, +))
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    let width = inner.reduce(0, +)
    var start = 0
    for (input, count) in inner.enumerated() {
      defer { start += count }
      guard let target = gradients.inputs[input] else { continue }
      call.pool.forEach(call.images * outer) { row, _ in
        let dy = gradients.output + row * width + start
        for i in 0..<count { target.store(dy[i], at: row * count + i) }
      }
    }
  }
}

/// Values from other places, as slices and pads take them: the gradient goes back to the place that a value came from.
struct RearrangeArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let rearrangement: KernelOperation.Rearrangement
  let fill: Double

  let retained = RetainedValues.nothing

  private var inputCount: Int { rearrangement.inputSizes.reduce(1, *) }
  private var outputCount: Int { rearrangement.outputSizes.reduce(1, *) }

  func forward(_ call: LayerCall<Scalar>) {
    call.run(
      .rearrange(rearrangement, fill: fill), inputCounts: [inputCount], outputCount: outputCount)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    call.forEachImage { image in
      target.prepare(image * inputCount..<(image + 1) * inputCount)
      giveBack(
        axis: 0, from: gradients.output + image * outputCount,
        to: target.start + image * inputCount)
    }
  }

  /// Adds what came from one dimension; places that do not exist were filled.
  private func giveBack(
    axis: Int, from dy: UnsafePointer<Scalar>, to dx: UnsafeMutablePointer<Scalar>
  ) {
    guard axis < rearrangement.outputSizes.count else {
      dx.pointee += dy.pointee
      return
    }
    let inputStep = rearrangement.inputSizes[(axis + 1)...].reduce(1, *)
    let outputStep = rearrangement.outputSizes[(axis + 1)...].reduce(1, *)
    for index in 0..<rearrangement.outputSizes[axis] {
      let place = index * rearrangement.steps[axis] + rearrangement.starts[axis]
      guard place >= 0, place < rearrangement.inputSizes[axis] else { continue }
      giveBack(axis: axis + 1, from: dy + index * outputStep, to: dx + place * inputStep)
    }
  }
}

/// Dimensions in another order; the gradient is put back in the first one.
struct TransposeArithmetic<Scalar: TrainingScalar>: LayerArithmetic {
  let sizes: [Int]
  let order: [Int]

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Scalar>) {
    let count = sizes.reduce(1, *)
    call.run(.transpose(sizes: sizes, order: order), inputCounts: [count], outputCount: count)
  }

  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>) {
    guard let target = gradients.inputs[0] else { return }
    let count = sizes.reduce(1, *)
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * sizes[axis + 1]
    }
    call.forEachImage { image in
      for i in 0..<count {
        var (rest, place) = (i, 0)
        for axis in order.indices.reversed() {
          place += rest % sizes[order[axis]] * strides[order[axis]]
          rest /= sizes[order[axis]]
        }
        target.store(gradients.output[image * count + i], at: image * count + place)
      }
    }
  }
}
