import PithKernels

/// A convolution whose groups are single channels, in channel blocks: see ``ConvolutionArithmetic``.
///
/// The gradient by the input is the convolution with the turned kernel, or with a stride what each output's gradient
/// gives to the places under its taps. The gradient by the weights of a block of channels is summed over the images
/// in order.
struct BlockedDepthwiseArithmetic: LayerArithmetic {
  typealias Scalar = Float

  private let channels: Int
  private let taps: Int
  private let hasBias: Bool
  private let kernels: BlockedKernelSet
  private let gradients: GradientKernelSet
  private let forwardLayer: BlockedWindow
  /// The convolution with the turned kernel; nil where there is a stride.
  private let backwardLayer: BlockedWindow?

  let retained = RetainedValues.inputs
  let gradientReplacesInput = true

  init(
    _ window: SlidingWindow, channels: Int, hasBias: Bool, kernels: BlockedKernelSet,
    gradients: GradientKernelSet, memory: WeightMemory
  ) {
    self.channels = channels
    self.hasBias = hasBias
    self.kernels = kernels
    self.gradients = gradients
    taps = window.kernelHeight * window.kernelWidth
    func layer(_ window: SlidingWindow) -> BlockedWindow {
      // Each pass writes its weights first.
      memory.reuse()
      return BlockedWindow(
        depthwise: window, channels: channels, kernels: kernels, memory: memory)
    }
    forwardLayer = layer(window)
    let isStrided = window.strideHeight > 1 || window.strideWidth > 1
    backwardLayer = isStrided ? nil : window.turned.map(layer)
  }

  var scratch: ScratchNeed { ScratchNeed(shared: backwardLayer == nil ? 0 : channels * taps) }

  func forward(_ call: LayerCall<Float>) {
    pack(call.parameters[0], bias: hasBias ? call.parameters[1] : nil, for: forwardLayer)
    forwardLayer.run(call, call.inputs[0], to: call.output)
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    if let target = gradients.parameters[0] { weightGradient(call, gradients.output, target) }
    if hasBias, let target = gradients.parameters[1] {
      call.addBiasGradient(gradients.output, forwardLayer.output, kernels, to: target)
    }
    // Last: it may take the place of the inputs.
    guard let target = gradients.inputs[0] else { return }
    guard let backwardLayer else { return spread(call, gradients.output, target) }
    for channel in 0..<channels {
      let (from, to) = (call.parameters[0] + channel * taps, call.shared + channel * taps)
      for tap in 0..<taps { to[tap] = from[taps - 1 - tap] }
    }
    pack(call.shared, bias: nil, for: backwardLayer)
    backwardLayer.run(
      call, gradients.output, to: target.start,
      residual: target.adds ? UnsafePointer(target.start) : nil)
  }

  private func pack(
    _ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, for layer: BlockedWindow
  ) {
    guard case .depthwise(_, let lanes) = layer.kind else { return }
    lanes.start.update(repeating: 0, count: lanes.count)
    if let bias { lanes.start.update(from: bias, count: channels) }
    layer.pack(0..<channels, weights, scales: nil)
  }

  private func spread(
    _ call: LayerCall<Float>, _ dy: UnsafePointer<Float>, _ target: GradientTarget<Float>
  ) {
    pack(call.parameters[0], bias: nil, for: forwardLayer)
    guard case .depthwise(let weights, _) = forwardLayer.kind else { return }
    forwardLayer.forEachBlock(call) { window, block, input, output in
      target.prepare(input)
      gradients.depthwiseInputGradient(
        window, dy + output, weights.start + block * taps * 8, target.start + input.lowerBound)
    }
  }

  private func weightGradient(
    _ call: LayerCall<Float>, _ dy: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    let (input, output) = (forwardLayer.input, forwardLayer.output)
    call.pool.forEach(input.blocks) { block, _ in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: taps * 8) { sums in
        guard let sums = sums.baseAddress else { return }
        sums.update(repeating: 0, count: taps * 8)
        withUnsafePointer(to: forwardLayer.window) { window in
          for image in 0..<call.images {
            gradients.depthwiseWeightGradient(
              window, call.inputs[0] + image * input.count + block * input.blockStride,
              dy + image * output.count + block * output.blockStride, sums)
          }
        }
        for lane in 0..<min(8, channels - block * 8) {
          let row = target + (block * 8 + lane) * taps
          for tap in 0..<taps { row[tap] += sums[tap * 8 + lane] }
        }
      }
    }
  }
}

extension LayerCall<Float> {
  /// Adds the sums over images and pixels of a gradient in channel blocks.
  func addBiasGradient(
    _ dy: UnsafePointer<Float>, _ shape: BlockedShape, _ kernels: BlockedKernelSet,
    to target: UnsafeMutablePointer<Float>
  ) {
    pool.forEach(shape.blocks) { block, _ in
      var sums = SIMD8<Double>(repeating: 0)
      for image in 0..<images {
        var means = SIMD8<Float>()
        withUnsafeMutableBytes(of: &means) {
          kernels.globalAverage(
            shape.pixels, dy + image * shape.count + block * shape.blockStride,
            $0.assumingMemoryBound(to: Float.self).baseAddress)
        }
        sums += SIMD8<Double>(means)
      }
      for c in 0..<min(8, shape.channels - block * 8) {
        target[block * 8 + c] += Float(sums[c] * Double(shape.pixels))
      }
    }
  }
}
