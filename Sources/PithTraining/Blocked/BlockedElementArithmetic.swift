import PithKernels

/// Values held to an interval: ReLU is one from 0 to infinity. See ``MapArithmetic``.
struct BlockedClipArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let clamp: ClosedClamp
  let count: Int
  let kernels: BlockedKernelSet
  let gradients: GradientKernelSet

  let retained = RetainedValues.output
  let worksInPlace = true

  func forward(_ call: LayerCall<Float>) {
    call.forEachRange(of: call.images * count) { range in
      kernels.clip(
        range.count, call.inputs[0] + range.lowerBound, clamp.low, clamp.high,
        call.output + range.lowerBound)
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    call.forEachRange(of: call.images * count) { range in
      let start = range.lowerBound
      self.gradients.clipGradient(
        range.count, call.output + start, clamp.low, clamp.high, gradients.output + start,
        target.adds ? target.start + start : nil, target.start + start)
    }
  }
}

/// The sum of two values of one size, held to an interval.
///
/// Both gradients are that by the output, where it was not cut off.
struct BlockedAddArithmetic: LayerArithmetic {
  typealias Scalar = Float

  var clamp: ClosedClamp
  let count: Int
  let kernels: BlockedKernelSet
  let gradients: GradientKernelSet

  let worksInPlace = true
  var retained: RetainedValues { clamp == .none ? .nothing : .output }

  func forward(_ call: LayerCall<Float>) {
    call.forEachRange(of: call.images * count) { range in
      let start = range.lowerBound
      kernels.add(
        range.count, call.inputs[0] + start, call.inputs[1] + start, clamp.low, clamp.high,
        call.output + start)
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    call.forEachRange(of: call.images * count) { range in
      let start = range.lowerBound
      // The first may lie where the output's gradient lies: what has been cut off is 0 for the second, too.
      for target in gradients.inputs {
        guard let target else { continue }
        let (dy, dx) = (gradients.output + start, target.start + start)
        if clamp != .none {
          self.gradients.clipGradient(
            range.count, call.output + start, clamp.low, clamp.high, dy, target.adds ? dx : nil, dx)
        } else if target.adds {
          kernels.add(range.count, dy, dx, -.infinity, .infinity, dx)
        } else if dx != dy {
          dx.update(from: dy, count: range.count)
        }
      }
    }
  }
}

/// Between row-major order and channel blocks.
struct ReorderArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let channels: Int
  let pixels: Int
  let toBlocks: Bool
  let kernels: BlockedKernelSet

  let retained = RetainedValues.nothing

  private var plainCount: Int { channels * pixels }
  private var blockedCount: Int { (channels + 7) / 8 * 8 * pixels }

  var scratch: ScratchNeed { ScratchNeed(perWorker: max(plainCount, blockedCount)) }

  func forward(_ call: LayerCall<Float>) {
    let (inputs, outputs) = toBlocks ? (plainCount, blockedCount) : (blockedCount, plainCount)
    let reorder = toBlocks ? kernels.toBlocks : kernels.fromBlocks
    call.forEachImage { image in
      reorder(channels, pixels, call.inputs[0] + image * inputs, call.output + image * outputs)
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    let (inputs, outputs) = toBlocks ? (plainCount, blockedCount) : (blockedCount, plainCount)
    let reorder = toBlocks ? kernels.fromBlocks : kernels.toBlocks
    call.pool.forEach(call.images) { image, worker in
      let (dy, dx) = (gradients.output + image * outputs, target.start + image * inputs)
      guard target.adds else { return reorder(channels, pixels, dy, dx) }
      let part = call.workers.base(of: worker)
      reorder(channels, pixels, dy, part)
      kernels.add(inputs, dx, part, -.infinity, .infinity, dx)
    }
  }
}

/// Slices and pads of values in channel blocks; the gradient goes back to the place that a value came from.
struct BlockedRearrangeArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let rearrangement: BlockedRearrangement
  let kernels: BlockedKernelSet

  let retained = RetainedValues.nothing

  func forward(_ call: LayerCall<Float>) {
    BlockedElements.rearrange(rearrangement).run(
      images: call.images, (call.inputs[0], rearrangement.input.count), nil,
      output: (call.output, rearrangement.output.count), kernels: kernels, pool: call.pool)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    let (input, output) = (rearrangement.input.count, rearrangement.output.count)
    call.forEachImage { image in
      target.prepare(image * input..<(image + 1) * input)
      rearrangement.giveBack(gradients.output + image * output, to: target.start + image * input)
    }
  }
}
