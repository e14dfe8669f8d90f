import PithKernels

/// Layers whose values lie in channel blocks, computed by vector kernels.
///
/// Each agrees with ``ReferenceArithmetic`` but for rounding.
struct BlockedArithmetic {
  let kernels: BlockedKernelSet
  let gradients: GradientKernelSet
  let memory: WeightMemory
  /// The most images of a pass.
  let batch: Int

  /// Nil with the reference kernels.
  init?(_ kernels: TrainingKernels) {
    guard let blocked = kernels.kernels.blocked,
      let gradients = GradientKernelSet.all.first(where: {
        $0.instructionSet == blocked.instructionSet
      })
    else { return nil }
    self.kernels = blocked
    self.gradients = gradients
    memory = kernels.memory
    batch = kernels.batch
  }

  /// Nil where there is no faster way than the plain one.
  func layer(
    for operation: TrainingOperation, layouts: [ValueLayout]
  ) -> LayerImplementation<Float>? {
    switch operation {
    case .batchNorm(let channels, let inner, let epsilon, let momentum):
      batchNorm(
        BlockedBatchNormArithmetic(
          channels: channels, pixels: inner, epsilon: epsilon, momentum: momentum, clamp: .none,
          kernels: kernels, gradients: gradients))
    case .kernel(let kernel): layer(for: kernel, layouts: layouts)
    case .dropout, .constant, .alias: nil
    }
  }

  /// A copy in another layout, to or from blocks.
  func reordering(
    from layout: ValueLayout, to other: ValueLayout
  ) -> LayerImplementation<Float>? {
    switch (layout, other) {
    case (.plain, .blocks(let channels, let pixels)):
      LayerImplementation(
        ReorderArithmetic(channels: channels, pixels: pixels, toBlocks: true, kernels: kernels),
        inputs: [layout], output: other)
    case (.blocks(let channels, let pixels), .plain):
      LayerImplementation(
        ReorderArithmetic(channels: channels, pixels: pixels, toBlocks: false, kernels: kernels),
        inputs: [layout], output: other)
    case (.plain, .plain), (.blocks, .blocks): nil
    }
  }

  private func layer(
    for kernel: KernelOperation, layouts: [ValueLayout]
  ) -> LayerImplementation<Float>? {
    switch kernel {
    case .convolution(let window, let channels, let outputs, let groups, let hasBias):
      window.isSinglePixel && groups == 1
        ? fullyConnected(inputs: channels, outputs: outputs, hasBias: hasBias)
        : convolution(
          window, channels: channels, outputs: outputs, groups: groups, hasBias: hasBias)
    case .fullyConnected(let inputs, let outputs, let hasBias):
      fullyConnected(inputs: inputs, outputs: outputs, hasBias: hasBias)
    case .prelu, .softmax, .logSoftmax, .transpose, .mean, .adaptiveAveragePool, .globalMaxPool,
      .batchNorm, .localResponseNorm, .matrixMultiply,
      .copy:
      nil
    case .maxPool(let window, let channels):
      LayerImplementation(
        BlockedMaxPoolArithmetic(
          window, channels: channels, kernels: kernels, gradients: gradients),
        inputs: [
          .blocked(channels: channels, pixels: window.inputPixels)
        ],
        output: .blocked(channels: channels, pixels: window.outputPixels))
    case .averagePool(let window, let channels, let includePadding):
      LayerImplementation(
        BlockedAveragePoolArithmetic(
          window, channels: channels, includePadding: includePadding, kernels: kernels,
          gradients: gradients),
        inputs: [
          .blocked(channels: channels, pixels: window.inputPixels)
        ],
        output: .blocked(channels: channels, pixels: window.outputPixels))
    case .globalAveragePool(let channels, let inner):
      LayerImplementation(
        BlockedGlobalAveragePoolArithmetic(channels: channels, pixels: inner, kernels: kernels),
        inputs: [.blocked(channels: channels, pixels: inner)],
        output: .blocked(channels: channels, pixels: 1))
    case .map(let function, let count):
      map(function, count: count, layout: layouts[0])
    case .combine(let combination, let broadcast):
      switch combination {
      case .add: add(broadcast, layouts: layouts)
      case .multiply: channelProduct(broadcast)
      case .subtract, .divide: nil
      }
    case .concat(let outer, let inner): concat(outer: outer, inner: inner, layouts: layouts)
    case .rearrange(let rearrangement, let fill):
      rearrange(rearrangement, fill: fill, layout: layouts[0])
    }
  }

  // MARK: layers

  private func batchNorm(_ layer: BlockedBatchNormArithmetic) -> LayerImplementation<Float> {
    let layout = ValueLayout.blocked(channels: layer.channels, pixels: layer.pixels)
    var implementation = LayerImplementation(layer, inputs: [layout], output: layout)
    if layer.clamp == .none {
      implementation.clamped = { clamp in
        var layer = layer
        layer.clamp = clamp
        return batchNorm(layer)
      }
    }
    return implementation
  }

  private func convolution(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, hasBias: Bool
  ) -> LayerImplementation<Float>? {
    let input = ValueLayout.blocked(
      channels: channels, pixels: window.inputPixels)
    let output = ValueLayout.blocked(
      channels: outputs, pixels: window.outputPixels)
    if groups == channels, groups == outputs, groups > 1 {
      return LayerImplementation(
        BlockedDepthwiseArithmetic(
          window, channels: channels, hasBias: hasBias, kernels: kernels, gradients: gradients,
          memory: memory), inputs: [input], output: output)
    }
    if let layer = BlockedConvolutionArithmetic(
      window, channels: channels, outputs: outputs, groups: groups, hasBias: hasBias,
      kernels: kernels, gradients: gradients, memory: memory)
    {
      return LayerImplementation(layer, inputs: [input], output: output)
    }
    return BlockedGroupedArithmetic(
      window, channels: channels, outputs: outputs, groups: groups, hasBias: hasBias,
      kernels: kernels, gradients: gradients, memory: memory
    ).map { LayerImplementation($0, inputs: [input], output: output) }
  }

  private func fullyConnected(
    inputs: Int, outputs: Int, hasBias: Bool
  ) -> LayerImplementation<Float> {
    LayerImplementation(
      BlockedFullyConnectedArithmetic(
        hasBias: hasBias,
        matrix: ImageMatrix(
          inputs: inputs, outputs: outputs, kernels: kernels, gradients: gradients),
        batch: batch))
  }

  /// Functions of single values are the same in every layout.
  private func map(
    _ function: KernelOperation.Function, count: Int, layout: ValueLayout
  ) -> LayerImplementation<Float>? {
    let stored = layout.storedCount(of: count)
    if case .clip(let minimum, let maximum) = function {
      return LayerImplementation(
        BlockedClipArithmetic(
          clamp: ClosedClamp(low: Float(minimum), high: Float(maximum)), count: stored,
          kernels: kernels, gradients: gradients),
        inputs: [layout], output: layout)
    }
    return BlockedMapArithmetic(function, count: stored, kernels: kernels, gradients: gradients)
      .map { LayerImplementation($0, inputs: [layout], output: layout) }
  }

  /// Products of whole channels with numbers.
  private func channelProduct(
    _ broadcast: KernelOperation.Broadcast
  ) -> LayerImplementation<Float>? {
    guard
      let layer = BlockedChannelProductArithmetic(
        broadcast, kernels: kernels, gradients: gradients)
    else { return nil }
    let image = ValueLayout.blocked(channels: layer.shape.channels, pixels: layer.shape.pixels)
    let factors = ValueLayout.blocked(channels: layer.shape.channels, pixels: 1)
    return LayerImplementation(
      layer, inputs: layer.side == 0 ? [image, factors] : [factors, image], output: image)
  }

  /// Sums of two values of one size.
  private func add(
    _ broadcast: KernelOperation.Broadcast, layouts: [ValueLayout]
  ) -> LayerImplementation<Float>? {
    let count = broadcast.sizes.reduce(1, *)
    guard broadcast.leftStrides == broadcast.rightStrides,
      zip(broadcast.sizes, broadcast.leftStrides).allSatisfy({ $0 == 1 || $1 != 0 })
    else { return nil }
    let layout = layouts.first { $0 != .plain } ?? .plain
    return add(
      BlockedAddArithmetic(
        clamp: .none, count: layout.storedCount(of: count), kernels: kernels,
        gradients: gradients), layout)
  }

  private func add(
    _ layer: BlockedAddArithmetic, _ layout: ValueLayout
  ) -> LayerImplementation<Float> {
    var implementation = LayerImplementation(layer, inputs: [layout, layout], output: layout)
    if layer.clamp == .none {
      implementation.clamped = { clamp in
        var layer = layer
        layer.clamp = clamp
        return add(layer, layout)
      }
    }
    return implementation
  }

  /// Along the channels, by whole blocks.
  private func concat(
    outer: Int, inner: [Int], layouts: [ValueLayout]
  ) -> LayerImplementation<Float>? {
    guard outer == 1, case .blocks(_, let pixels)? = layouts.first(where: { $0 != .plain }),
      inner.allSatisfy({ $0 % pixels == 0 }), inner.dropLast().allSatisfy({ $0 / pixels % 8 == 0 })
    else { return nil }
    let inputs = inner.map { ValueLayout.blocked(channels: $0 / pixels, pixels: pixels) }
    let counts = zip(inputs, inner).map { $0.storedCount(of: $1) }
    return LayerImplementation(
      ConcatArithmetic<Float>(outer: 1, inner: counts), inputs: inputs,
      output: .blocked(channels: inner.reduce(0, +) / pixels, pixels: pixels))
  }

  private func rearrange(
    _ rearrangement: KernelOperation.Rearrangement, fill: Double, layout: ValueLayout
  ) -> LayerImplementation<Float>? {
    guard layout != .plain, let blocked = BlockedRearrangement(rearrangement, fill: fill) else {
      return nil
    }
    return LayerImplementation(
      BlockedRearrangeArithmetic(rearrangement: blocked, kernels: kernels),
      inputs: [.blocked(channels: blocked.input.channels, pixels: blocked.input.pixels)],
      output: .blocked(channels: blocked.output.channels, pixels: blocked.output.pixels))
  }
}

extension SlidingWindow {
  /// Whether images and kernel are one pixel: the layer is a fully connected one.
  fileprivate var isSinglePixel: Bool {
    inputHeight == 1 && inputWidth == 1 && kernelHeight == 1 && kernelWidth == 1
      && outputHeight == 1 && outputWidth == 1 && top == 0 && left == 0
  }
}
