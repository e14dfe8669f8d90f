import CPithKernels
import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct DepthwiseFusionTests {
  /// A pointwise convolution and a window over its results.
  private struct Layers {
    let pointwise: BlockedConvolution
    let window: SlidingWindow
    let depthwise: BlockedWindow

    init?(_ random: inout SeededRandom, _ kernels: BlockedKernelSet, height: ClosedRange<Int>) {
      guard
        let window = ConvolutionCase.window(
          &random, kernel: 1...5, stride: 1...3, dilation: 1...2, height: height)
      else { return nil }
      let channels = Int.random(in: 1...40, using: &random)
      let outputs = Int.random(in: 2...70, using: &random)
      func values(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * random.uniform() - 1 } }
      pointwise = BlockedConvolution(
        SlidingWindow(
          inputHeight: window.inputHeight, inputWidth: window.inputWidth,
          outputHeight: window.inputHeight, outputWidth: window.inputWidth, kernelHeight: 1,
          kernelWidth: 1),
        channels: channels, outputs: outputs, groups: 1, weights: values(outputs * channels),
        bias: values(outputs), algorithm: .direct, kernels: kernels)
      self.window = window
      depthwise = BlockedWindow(
        depthwise: window, channels: outputs, kernels: kernels, memory: WeightMemory())
      let taps = window.kernelHeight * window.kernelWidth
      depthwise.pack(0..<outputs, values(outputs * taps), scales: nil)
      if case .depthwise(_, let bias) = depthwise.kind {
        for channel in 0..<outputs { bias.start[channel] = 2 * random.uniform() - 1 }
      }
    }
  }

  /// What follows the two sums.
  private static let tails:
    [(between: ClosedClamp, MapFunction?, after: ClosedClamp, MapFunction?)] =
      [
        (.relu6, nil, .relu6, nil), (.none, .hardSwish, .none, .silu), (.relu, nil, .none, nil),
      ]

  @Test(arguments: BlockedKernelSet.available)
  func bitsAreThoseOfTheTwoLayers(_ kernels: BlockedKernelSet) throws {
    var random = SeededRandom(seed: 91)
    let pools = [1, 2, 3].map(ThreadPool.init(threads:))
    var cases = 0
    var strips = 0
    while cases < 200 {
      // Tall images are held in several strips.
      guard let layers = Layers(&random, kernels, height: cases % 5 == 0 ? 200...300 : 1...20)
      else { continue }
      cases += 1
      #expect(DepthwiseFusion.computes(layers.pointwise, layers.window))
      let fusion = DepthwiseFusion(layers.pointwise, layers.depthwise)
      let (input, between, output) = (
        layers.pointwise.input, layers.pointwise.output, layers.depthwise.output
      )
      if fusion.scratchFloatsPerWorker < 2 * between.blockStride { strips += 1 }
      let images = cases % 3 + 1
      let x = GuardedMemory((0..<images * input.count).map { _ in 2 * random.uniform() - 1 })
      let added = GuardedMemory((0..<images * output.count).map { _ in random.uniform() })
      let residual = cases % 2 == 0 ? UnsafePointer(added.base) : nil
      let tail = Self.tails[cases % Self.tails.count]

      let middle = GuardedMemory<Float>(repeating: .nan, count: images * between.count)
      let expected = GuardedMemory<Float>(repeating: .nan, count: images * output.count)
      layers.pointwise.run(
        images: images, input: x.base, inputStride: input.count, output: middle.base,
        outputStride: between.count, residual: nil, residualStride: 0, clamp: tail.between,
        function: tail.1, pool: pools[0],
        scratch: WorkerScratch(
          workers: 1, floatsPerWorker: layers.pointwise.scratchFloatsPerWorker))
      layers.depthwise.run(
        images: images, input: middle.base, inputStride: between.count, output: expected.base,
        outputStride: output.count, residual: residual, residualStride: output.count,
        clamp: tail.after, function: tail.3, pool: pools[0])

      for pool in pools {
        let y = GuardedMemory<Float>(repeating: .nan, count: images * output.count)
        fusion.run(
          images: images, input: x.base, inputStride: input.count,
          between: DepthwiseFusion.Tail(clamp: tail.between, function: tail.1), output: y.base,
          outputStride: output.count, residual: residual, residualStride: output.count,
          clamp: tail.after, function: tail.3, pool: pool,
          scratch: WorkerScratch(
            workers: pool.threads, floatsPerWorker: fusion.scratchFloatsPerWorker))
        #expect(
          y.elements.map(\.bitPattern) == expected.elements.map(\.bitPattern),
          "\(kernels.testDescription), \(pool.threads) threads, \(images) images, \(layers.window)")
      }
    }
    #expect(strips > 10)
  }

  @Test func onlyPointwiseLayersAreFused() throws {
    let kernels = BlockedKernelSet.portable
    func layer(_ kernel: Int, stride: Int = 1, width: Int) -> BlockedConvolution {
      var window = SlidingWindow(
        inputHeight: 9, inputWidth: width, outputHeight: (9 - kernel) / stride + 1,
        outputWidth: (width - kernel) / stride + 1, kernelHeight: kernel, kernelWidth: kernel)
      (window.strideHeight, window.strideWidth) = (stride, stride)
      return BlockedConvolution(
        window, channels: 8, outputs: 16, groups: 1, algorithm: .direct, kernels: kernels,
        memory: WeightMemory())
    }
    let window = SlidingWindow(
      inputHeight: 9, inputWidth: 9, outputHeight: 7, outputWidth: 7, kernelHeight: 3,
      kernelWidth: 3)
    #expect(DepthwiseFusion.computes(layer(1, width: 9), window))
    #expect(!DepthwiseFusion.computes(layer(3, width: 9), window))
    #expect(!DepthwiseFusion.computes(layer(1, stride: 2, width: 9), window))
    // Three rows of 16 channels would not stay in a cache.
    #expect(!DepthwiseFusion.computes(layer(1, width: 1025), window))
    #expect(DepthwiseFusion.computes(layer(1, width: 1024), window))
  }
}
