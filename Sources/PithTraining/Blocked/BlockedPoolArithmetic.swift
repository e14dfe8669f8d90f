import CPithKernels
import PithKernels

/// The greatest value of each window, in channel blocks: see ``MaxPoolArithmetic``.
struct BlockedMaxPoolArithmetic: LayerArithmetic {
  typealias Scalar = Float

  private let layer: BlockedWindow
  private let gradients: GradientKernelSet

  let retained = RetainedValues.inputs

  init(
    _ window: SlidingWindow, channels: Int, kernels: BlockedKernelSet,
    gradients: GradientKernelSet
  ) {
    layer = BlockedWindow(window, channels: channels, kind: .maxPool, kernels: kernels)
    self.gradients = gradients
  }

  func forward(_ call: LayerCall<Float>) {
    layer.run(
      images: call.images, input: call.inputs[0], inputStride: layer.input.count,
      output: call.output, outputStride: layer.output.count, residual: nil, residualStride: 0,
      clamp: .none, function: nil, pool: call.pool)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    let (input, output) = (layer.input.blockStride, layer.output.blockStride)
    call.pool.forEach(call.images * layer.input.blocks) { block, _ in
      target.prepare(block * input..<(block + 1) * input)
      var window = layer.window
      self.gradients.maxPoolGradient(
        &window, call.inputs[0] + block * input, gradients.output + block * output,
        target.start + block * input)
    }
  }
}

/// The mean of each channel, in channel blocks: see ``GlobalAveragePoolArithmetic``.
struct BlockedGlobalAveragePoolArithmetic: LayerArithmetic {
  typealias Scalar = Float

  let channels: Int
  let pixels: Int
  let kernels: BlockedKernelSet

  let retained = RetainedValues.nothing

  private var blocks: Int { (channels + 7) / 8 }

  func forward(_ call: LayerCall<Float>) {
    call.forEachImage { image in
      for block in image * blocks..<(image + 1) * blocks {
        kernels.globalAverage(pixels, call.inputs[0] + block * pixels * 8, call.output + block * 8)
      }
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    call.forEachImage { image in
      for block in image * blocks..<(image + 1) * blocks {
        let share = SIMD8(at: gradients.output + block * 8) / Float(pixels)
        for pixel in block * pixels..<(block + 1) * pixels {
          let place = target.start + pixel * 8
          UnsafeMutableRawPointer(place).storeBytes(
            of: target.adds ? SIMD8(at: place) + share : share, as: SIMD8<Float>.self)
        }
      }
    }
  }
}
