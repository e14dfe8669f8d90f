import PithKernels

extension BlockedConvolution {
  /// A convolution with its weights and bias.
  init(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, weights: [Float],
    bias: [Float]?, algorithm: Algorithm, kernels: BlockedKernelSet
  ) {
    self.init(
      window, channels: channels, outputs: outputs, groups: groups, algorithm: algorithm,
      kernels: kernels, memory: WeightMemory())
    pack(0..<outputs, weights, scales: nil)
    for (index, value) in (bias ?? []).enumerated() { self.bias.start[index] = value }
  }
}
