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
    layer.run(call, call.inputs[0], to: call.output)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    let kernel =
      isTiled && !target.adds
      ? self.gradients.maxPoolTileGradient : self.gradients.maxPoolGradient
    layer.forEachBlock(call) { window, _, input, output in
      if !isTiled { target.prepare(input) }
      kernel(
        window, call.inputs[0] + input.lowerBound, gradients.output + output,
        target.start + input.lowerBound)
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
    layer.run(call, call.inputs[0], to: call.output)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    guard let target = gradients.inputs[0] else { return }
    layer.forEachBlock(call) { window, _, input, output in
      target.prepare(input)
      self.gradients.averagePoolGradient(
        window, includePadding ? 1 : 0, gradients.output + output,
        target.start + input.lowerBound)
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
