import Pith
import PithKernels

/// A convolution of values in channel blocks: see ``ConvolutionArithmetic`` for what it computes.
///
/// Forwards by the kernels of inference. The gradient by the input is the convolution of the output's gradient with the
/// kernel turned by 180 degrees and inputs and outputs exchanged (Goodfellow, Bengio and Courville 2016, section 9.5); with a
/// stride, zeros are put between the gradient's pixels first (Dumoulin and Visin 2016, section 4.6). Weights are
/// laid out anew for every pass.
struct BlockedConvolutionArithmetic: LayerArithmetic {
  typealias Scalar = Float

  private let window: SlidingWindow
  private let channels: Int
  private let outputs: Int
  private let groups: Int
  private let hasBias: Bool
  private let kernels: BlockedKernelSet
  private let forwardLayer: BlockedConvolution
  private let backwardLayer: BlockedConvolution
  private let weightGradient: BlockedWeightGradient
  /// The images whose gradients are spread out at a time.
  private let imagesSpread: Int

  let retained = RetainedValues.inputs
  let gradientReplacesInput = true

  /// Nil when there are no kernels for these sizes.
  init?(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, hasBias: Bool,
    kernels: BlockedKernelSet, gradients: GradientKernelSet, memory: WeightMemory
  ) {
    guard let turned = window.turned,
      BlockedConvolution.computes(window, channels: channels, outputs: outputs, groups: groups),
      BlockedConvolution.computes(turned, channels: outputs, outputs: channels, groups: groups)
    else { return nil }
    self.window = window
    self.channels = channels
    self.outputs = outputs
    self.groups = groups
    self.hasBias = hasBias
    self.kernels = kernels
    func layer(_ window: SlidingWindow, _ channels: Int, _ outputs: Int) -> BlockedConvolution {
      // Each pass writes its weights first.
      memory.reuse()
      let ways = ConvolutionChoice(
        window, channels: channels, outputs: outputs, groups: groups
      ).ways(isExact: false)
      return BlockedConvolution(
        window, channels: channels, outputs: outputs, groups: groups,
        algorithm: ways.min { $0.cost < $1.cost }?.algorithm ?? .direct, kernels: kernels,
        memory: memory)
    }
    forwardLayer = layer(window, channels, outputs)
    backwardLayer = layer(turned, outputs, channels)
    weightGradient = BlockedWeightGradient(
      window, channels: channels, outputs: outputs, groups: groups, kernels: gradients,
      blocked: kernels)
    imagesSpread = max(1, Self.spreadFloats / backwardLayer.input.count)
  }

  /// What is spread out at a time should stay in a cache.
  private static let spreadFloats = 1 << 18

  private var taps: Int { window.kernelHeight * window.kernelWidth }
  private var weightCount: Int { outputs * channels / groups * taps }
  private var isStrided: Bool { window.strideHeight > 1 || window.strideWidth > 1 }

  var scratch: ScratchNeed {
    ScratchNeed(
      perWorker: max(
        forwardLayer.scratchFloatsPerWorker, backwardLayer.scratchFloatsPerWorker,
        weightGradient.scratchFloatsPerWorker),
      shared: max(
        weightGradient.sharedFloats,
        weightCount + (isStrided ? imagesSpread * backwardLayer.input.count : 0)))
  }

  func forward(_ call: LayerCall<Float>) {
    pack(call.parameters[0], bias: hasBias ? call.parameters[1] : nil, for: forwardLayer, call)
    forwardLayer.run(
      images: call.images, input: call.inputs[0], inputStride: forwardLayer.input.count,
      output: call.output, outputStride: forwardLayer.output.count, residual: nil,
      residualStride: 0, clamp: .none, function: nil, pool: call.pool, scratch: call.workers)
  }

  /// Lays out weights and bias for a pass, a task for each panel.
  private func pack(
    _ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, for layer: BlockedConvolution,
    _ call: LayerCall<Float>
  ) {
    let (step, count) = (layer.outputsTogether, layer.output.channels)
    layer.bias.start.update(repeating: 0, count: layer.bias.count)
    if let bias { layer.bias.start.update(from: bias, count: count) }
    call.pool.forEach((count + step - 1) / step) { task, _ in
      let range = task * step..<min((task + 1) * step, count)
      layer.pack(range, weights + range.lowerBound * layer.weightsPerOutput, scales: nil)
    }
  }

  func backward(_ call: LayerCall<Float>, _ gradients: LayerGradients<Float>) {
    if let target = gradients.parameters[0] {
      weightGradient.run(
        images: call.images, x: call.inputs[0], dy: gradients.output, addTo: target,
        shared: call.shared, pool: call.pool, scratch: call.workers)
    }
    if hasBias, let target = gradients.parameters[1] {
      call.addBiasGradient(gradients.output, forwardLayer.output, kernels, to: target)
    }
    // Last: it may take the place of the inputs.
    if let target = gradients.inputs[0] { inputGradient(call, gradients.output, target) }
  }

  // MARK: gradients

  private func inputGradient(
    _ call: LayerCall<Float>, _ dy: UnsafePointer<Float>, _ target: GradientTarget<Float>
  ) {
    let (turned, spread) = (call.shared, call.shared + weightCount)
    turn(call.parameters[0], to: turned, call)
    pack(turned, bias: nil, for: backwardLayer, call)
    let (step, stride) = (isStrided ? imagesSpread : call.images, forwardLayer.output.count)
    for first in Swift.stride(from: 0, to: call.images, by: step) {
      let images = min(step, call.images - first)
      if isStrided { self.spread(dy + first * stride, images: images, to: spread, call) }
      let output = target.start + first * backwardLayer.output.count
      backwardLayer.run(
        images: images, input: isStrided ? UnsafePointer(spread) : dy,
        inputStride: backwardLayer.input.count, output: output,
        outputStride: backwardLayer.output.count,
        residual: target.adds ? UnsafePointer(output) : nil,
        residualStride: backwardLayer.output.count, clamp: .none, function: nil, pool: call.pool,
        scratch: call.workers)
    }
  }

  /// `[outputs, channels / groups, taps]` to `[channels, outputs / groups, taps]` with the taps in reverse.
  private func turn(
    _ weights: UnsafePointer<Float>, to turned: UnsafeMutablePointer<Float>,
    _ call: LayerCall<Float>
  ) {
    let (groupChannels, groupOutputs, taps) = (channels / groups, outputs / groups, taps)
    call.pool.forEach(channels) { channel, _ in
      let (group, c) = channel.quotientAndRemainder(dividingBy: groupChannels)
      for k in 0..<groupOutputs {
        let from = weights + ((group * groupOutputs + k) * groupChannels + c) * taps
        let to = turned + (channel * groupOutputs + k) * taps
        for tap in 0..<taps { to[tap] = from[taps - 1 - tap] }
      }
    }
  }

  /// Puts zeros between the pixels of some images.
  private func spread(
    _ dy: UnsafePointer<Float>, images: Int, to spread: UnsafeMutablePointer<Float>,
    _ call: LayerCall<Float>
  ) {
    let (shape, wide) = (forwardLayer.output, backwardLayer.input)
    call.pool.forEach(images * shape.blocks) { block, _ in
      let (from, to) = (dy + block * shape.blockStride, spread + block * wide.blockStride)
      to.update(repeating: 0, count: wide.blockStride)
      for p in 0..<shape.height {
        for q in 0..<shape.width {
          (to + (p * window.strideHeight * wide.width + q * window.strideWidth) * 8)
            .update(from: from + (p * shape.width + q) * 8, count: 8)
        }
      }
    }
  }
}

extension SlidingWindow {
  /// How the turned kernel slides over the gradient by the output, with zeros between its pixels where there is a stride;
  /// nil when the padding is more than the kernel reaches.
  var turned: SlidingWindow? {
    let (reachY, reachX) = (
      (kernelHeight - 1) * dilationHeight, (kernelWidth - 1) * dilationWidth
    )
    let (height, width) = (
      (outputHeight - 1) * strideHeight + 1, (outputWidth - 1) * strideWidth + 1
    )
    var turned = SlidingWindow(
      inputHeight: height, inputWidth: width, outputHeight: inputHeight, outputWidth: inputWidth,
      kernelHeight: kernelHeight, kernelWidth: kernelWidth)
    (turned.dilationHeight, turned.dilationWidth) = (dilationHeight, dilationWidth)
    (turned.top, turned.left) = (reachY - top, reachX - left)
    (turned.bottom, turned.right) = (inputHeight - height + top, inputWidth - width + left)
    return min(turned.top, turned.left, turned.bottom, turned.right) >= 0 ? turned : nil
  }
}
