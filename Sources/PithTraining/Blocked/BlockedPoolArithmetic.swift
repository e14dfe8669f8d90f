import CPithKernels
import PithKernels

/// The greatest value of each window, in channel blocks: see ``MaxPoolArithmetic``.
struct BlockedMaxPoolArithmetic: LayerArithmetic {
  typealias Scalar = Float

  private let layer: BlockedWindow
  private let gradients: GradientKernelSet
  /// Whether windows lie side by side, so that each value of the gradient is written once.
  private let isTiled: Bool

  let retained = RetainedValues.inputs
  var gradientReplacesInput: Bool { isTiled }

  init(
    _ window: SlidingWindow, channels: Int, kernels: BlockedKernelSet,
    gradients: GradientKernelSet
  ) {
    layer = BlockedWindow(window, channels: channels, kind: .maxPool, kernels: kernels)
    self.gradients = gradients
    isTiled =
      window.kernelHeight == window.strideHeight && window.kernelWidth == window.strideWidth
      && window.dilationHeight == 1 && window.dilationWidth == 1 && window.top == 0
      && window.left == 0
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
    let kernel =
      isTiled && !target.adds
      ? self.gradients.maxPoolTileGradient : self.gradients.maxPoolGradient
    call.pool.forEach(call.images * layer.input.blocks) { block, _ in
      if !isTiled { target.prepare(block * input..<(block + 1) * input) }
      withUnsafePointer(to: layer.window) { window in
        kernel(
          window, call.inputs[0] + block * input, gradients.output + block * output,
          target.start + block * input)
      }
    }
  }
}

/// The mean of each window, in channel blocks: see ``AveragePoolArithmetic``.
struct BlockedAveragePoolArithmetic: LayerArithmetic {
  typealias Scalar = Float

  private let layer: BlockedWindow
  private let includePadding: Bool
  private let gradients: GradientKernelSet

  let retained = RetainedValues.nothing

  init(
    _ window: SlidingWindow, channels: Int, includePadding: Bool, kernels: BlockedKernelSet,
    gradients: GradientKernelSet
  ) {
    layer = BlockedWindow(
      window, channels: channels, kind: .averagePool(includePadding: includePadding),
      kernels: kernels)
    self.includePadding = includePadding
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
      withUnsafePointer(to: layer.window) { window in
        self.gradients.averagePoolGradient(
          window, includePadding ? 1 : 0, gradients.output + block * output,
          target.start + block * input)
      }
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
