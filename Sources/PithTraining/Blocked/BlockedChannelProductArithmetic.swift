import CPithKernels
import PithKernels

/// Each channel times a number of its own, as squeeze and excitation has it (Hu, Shen and Sun 2017), in channel blocks: see
/// ``CombineArithmetic``.
struct BlockedChannelProductArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let shape: BlockedShape
  /// Which input has an image's values; the other has a number for each channel.
  let side: Int
  let kernels: BlockedKernelSet
  let gradients: GradientKernelSet

  let retained = RetainedValues.inputs
  /// Each block's sums are done before its gradient is written.
  var worksInPlace: Bool { side == 0 }

  /// Nil when the numbers are not one for each channel of `[channels, pixels]`.
  init?(
    _ broadcast: KernelOperation.Broadcast, kernels: BlockedKernelSet,
    gradients: GradientKernelSet
  ) {
    let merged = broadcast.merged
    guard merged.sizes.count == 2 else { return nil }
    switch (merged.leftStrides, merged.rightStrides) {
    case ([merged.sizes[1], 1], [1, 0]): side = 0
    case ([1, 0], [merged.sizes[1], 1]): side = 1
    default: return nil
    }
    shape = BlockedShape(channels: merged.sizes[0], height: 1, width: merged.sizes[1])
    self.kernels = kernels
    self.gradients = gradients
  }

  func forward(_ call: LayerCall<Float>) {
    let (x, factors) = (call.inputs[side], call.inputs[1 - side])
    call.pool.forEach(call.images * shape.blocks) { block, _ in
      let place = block * shape.blockStride
      kernels.scale(
        shape.pixels, x + place, factors + block * 8, kernels.zeros, -.infinity, .infinity,
        call.output + place)
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    let zeros = kernels.zeros
    call.pool.forEach(call.images * shape.blocks) { block, _ in
      let place = block * shape.blockStride
      let (x, dy) = (call.inputs[side] + place, gradients.output + place)
      var norm = pith_normalization(
        scale: zeros, shift: zeros, mean: zeros, low: -.infinity, high: .infinity)
      if let target = gradients.inputs[1 - side] {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { sums in
          // The second eight are the sums of dy * (x - 0).
          self.gradients.normalizationSums(shape.pixels, &norm, x, dy, sums.baseAddress)
          for lane in 0..<8 { target.store(sums[8 + lane], at: block * 8 + lane) }
        }
      }
      guard let target = gradients.inputs[side] else { return }
      let (factors, dx) = (call.inputs[1 - side] + block * 8, target.start + place)
      if target.adds {
        var formula = pith_normalization_gradient(factor: factors, slope: zeros, offset: zeros)
        self.gradients.normalizationGradient(shape.pixels, &norm, &formula, dy, dy, dx, dx)
      } else {
        kernels.scale(shape.pixels, dy, factors, zeros, -.infinity, .infinity, dx)
      }
    }
  }
}
