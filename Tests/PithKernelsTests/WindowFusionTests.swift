import CPithKernels
import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct WindowFusionTests {
  private enum First: Equatable {
    case pointwise
    case planar
    case winograd(Int)

    var isWinograd: Bool { self != .pointwise && self != .planar }
  }

  /// A convolution and a window over its results.
  private struct Layers {
    let first: BlockedConvolution
    let window: SlidingWindow
    let second: BlockedWindow

    init?(
      _ random: inout SeededRandom, _ kernels: BlockedKernelSet, height: ClosedRange<Int>,
      _ kind: First, isPool: Bool
    ) {
      guard
        let window = kind.isWinograd
          ? Self.halves(&random, height: height)
          : ConvolutionCase.window(
            &random, kernel: Int.random(in: 0..<8, using: &random) == 0 ? 7...8 : 1...5,
            stride: 1...3, dilation: 1...2, height: height)
      else { return nil }
      let isPlanar = kind == .planar
      let channels = Int.random(in: 1...(isPlanar ? 4 : 40), using: &random)
      let mostOutputs = isPlanar && Bool.random(using: &random) ? 32 : 70
      let outputs = Int.random(in: 2...mostOutputs, using: &random)
      func values(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * random.uniform() - 1 } }
      let kernel = isPlanar ? Int.random(in: 1...5, using: &random) : kind.isWinograd ? 3 : 1
      let stride = isPlanar ? Int.random(in: 1...2, using: &random) : 1
      // Of the rows and columns that the kernel needs beyond the first, some may lie outside of the image: of Winograd's, and of
      // a first layer with few outputs.
      let mayPad =
        kind.isWinograd && window.inputWidth > 2
        || isPlanar && outputs <= 32 && kernel >= 3
          && min(window.inputHeight, window.inputWidth) > 2
      let padding = mayPad ? Int.random(in: 0...1, using: &random) : 0
      var convolution = SlidingWindow(
        inputHeight: (window.inputHeight - 1) * stride + kernel - 2 * padding,
        inputWidth: (window.inputWidth - 1) * stride + kernel - 2 * padding,
        outputHeight: window.inputHeight, outputWidth: window.inputWidth, kernelHeight: kernel,
        kernelWidth: kernel)
      (convolution.strideHeight, convolution.strideWidth) = (stride, stride)
      (convolution.top, convolution.left) = (padding, padding)
      (convolution.bottom, convolution.right) = (padding, padding)
      let algorithm: BlockedConvolution.Algorithm =
        switch kind {
        case .pointwise: .direct
        case .planar: .planar
        case .winograd(let m): .winograd(m)
        }
      first = BlockedConvolution(
        convolution, channels: channels, outputs: outputs, groups: 1,
        weights: values(outputs * channels * kernel * kernel), bias: values(outputs),
        algorithm: algorithm, kernels: kernels)
      self.window = window
      guard !isPool else {
        let kind: BlockedWindow.Kind =
          switch Int.random(in: 0...2, using: &random) {
          case 0: .maxPool
          case 1: .averagePool(includePadding: true)
          default: .averagePool(includePadding: false)
          }
        second = BlockedWindow(window, channels: outputs, kind: kind, kernels: kernels)
        return
      }
      second = BlockedWindow(
        depthwise: window, channels: outputs, kernels: kernels, memory: WeightMemory())
      let taps = window.kernelHeight * window.kernelWidth
      second.pack(0..<outputs, values(outputs * taps), scales: nil)
      if case .depthwise(_, let bias) = second.kind {
        for channel in 0..<outputs { bias.start[channel] = 2 * random.uniform() - 1 }
      }
    }

    /// A window of 2x2, each of its own, over an image whose last row and column may be left over.
    private static func halves(
      _ random: inout SeededRandom, height: ClosedRange<Int>
    ) -> SlidingWindow? {
      let height = Int.random(in: height, using: &random)
      let width = Int.random(in: 1...40, using: &random)
      guard height > 1, width > 1 else { return nil }
      var window = SlidingWindow(
        inputHeight: height, inputWidth: width, outputHeight: height / 2, outputWidth: width / 2,
        kernelHeight: 2, kernelWidth: 2)
      (window.strideHeight, window.strideWidth) = (2, 2)
      return window
    }
  }

  /// What follows the two sums; behind Winograd's, no function.
  private static let tails:
    [(between: ClosedClamp, MapFunction?, after: ClosedClamp, MapFunction?)] =
      [
        (.relu6, nil, .relu6, nil), (.none, .hardSwish, .none, .silu), (.relu, nil, .none, nil),
      ]

  private static let kinds: [First] = [
    .pointwise, .planar, .winograd(2), .winograd(4), .winograd(6),
  ]

  @Test(arguments: BlockedKernelSet.available)
  func bitsAreThoseOfTheTwoLayers(_ kernels: BlockedKernelSet) throws {
    var random = SeededRandom(seed: 91)
    let pools = [1, 2, 3].map(ThreadPool.init(threads:))
    var kernels = kernels
    var cases = 0
    var (strips, copies, large) = (0, 0, 0)
    while cases < 300 {
      func oneOf<Element>(_ values: [Element]) -> Element {
        values[Int.random(in: values.indices, using: &random)]
      }
      kernels.leastSharedWeights = oneOf([0, 20_000, .max])
      let isPool = oneOf([true, false])
      let kind = oneOf(Self.kinds)
      // Tall images are held in several strips.
      let height = oneOf([200...300, 1...20, 1...20, 1...20])
      guard let layers = Layers(&random, kernels, height: height, kind, isPool: isPool) else {
        continue
      }
      cases += 1
      #expect(WindowFusion.computes(layers.first, layers.window))
      let fusion = WindowFusion(layers.first, layers.second)
      let (input, between, output) = (
        layers.first.input, layers.first.output, layers.second.output
      )
      let copied = layers.first.scratchFloatsPerWorker
      if !kind.isWinograd, fusion.scratchFloatsPerWorker - copied < 2 * between.blockStride {
        strips += 1
      }
      // Of a first layer's input with its padding, some rows at a time.
      if kind == .planar, copied > 0, copied < input.count { copies += 1 }
      if !isPool, layers.window.kernelHeight * layers.window.kernelWidth >= 49 { large += 1 }
      let images = Int.random(in: 1...3, using: &random)
      let x = GuardedMemory((0..<images * input.count).map { _ in 2 * random.uniform() - 1 })
      let added = GuardedMemory((0..<images * output.count).map { _ in random.uniform() })
      let residual = oneOf([true, false]) && !isPool ? UnsafePointer(added.base) : nil
      var tail = oneOf(Self.tails)
      if kind.isWinograd { tail.1 = nil }

      let middle = GuardedMemory<Float>(repeating: .nan, count: images * between.count)
      let expected = GuardedMemory<Float>(repeating: .nan, count: images * output.count)
      layers.first.run(
        images: images, input: x.base, inputStride: input.count, output: middle.base,
        outputStride: between.count, residual: nil, residualStride: 0, clamp: tail.between,
        function: tail.1, pool: pools[0],
        scratch: WorkerScratch(
          workers: 1, floatsPerWorker: layers.first.scratchFloatsPerWorker))
      func runSecond(_ pool: ThreadPool, to output: UnsafeMutablePointer<Float>) {
        layers.second.run(
          images: images, input: middle.base, inputStride: between.count, output: output,
          outputStride: expected.count / images, residual: residual,
          residualStride: expected.count / images, clamp: tail.after, function: tail.3, pool: pool)
      }
      runSecond(pools[0], to: expected.base)

      for pool in pools {
        let y = GuardedMemory<Float>(repeating: .nan, count: images * output.count)
        // What lies behind the workers' pieces is nobody's.
        let scratch = WorkerScratch(
          workers: pool.threads + 1, floatsPerWorker: fusion.scratchFloatsPerWorker)
        let behind = scratch.base(of: pool.threads)
        behind.update(repeating: 7, count: fusion.scratchFloatsPerWorker)
        fusion.run(
          images: images, input: x.base, inputStride: input.count,
          between: WindowFusion.Tail(clamp: tail.between, function: tail.1), output: y.base,
          outputStride: output.count, residual: residual, residualStride: output.count,
          clamp: tail.after, function: tail.3, pool: pool, scratch: scratch)
        #expect((0..<fusion.scratchFloatsPerWorker).allSatisfy { behind[$0] == 7 })
        #expect(
          y.elements.map(\.bitPattern) == expected.elements.map(\.bitPattern),
          "\(kernels.testDescription), \(pool.threads) threads, \(images) images, \(layers.window)")
        let alone = GuardedMemory<Float>(repeating: .nan, count: images * output.count)
        runSecond(pool, to: alone.base)
        #expect(alone.elements.map(\.bitPattern) == expected.elements.map(\.bitPattern))
      }
    }
    #expect(strips > 10 && copies > 2 && large > 2, "\(strips), \(copies), \(large)")
  }

  @Test func onlyLayersWhoseRowsAreCheapAreFused() throws {
    let kernels = BlockedKernelSet.portable
    func layer(
      _ kernel: Int, stride: Int = 1, width: Int, padding: Int = 0, outputs: Int = 16,
      algorithm: BlockedConvolution.Algorithm = .direct
    ) -> BlockedConvolution {
      var window = SlidingWindow(
        inputHeight: 9, inputWidth: width, outputHeight: (9 + padding - kernel) / stride + 1,
        outputWidth: (width + padding - kernel) / stride + 1, kernelHeight: kernel,
        kernelWidth: kernel)
      (window.strideHeight, window.strideWidth) = (stride, stride)
      (window.top, window.left) = (padding, padding)
      return BlockedConvolution(
        window, channels: algorithm == .planar ? 3 : 8, outputs: outputs, groups: 1,
        algorithm: algorithm, kernels: kernels,
        memory: WeightMemory())
    }
    let window = SlidingWindow(
      inputHeight: 9, inputWidth: 9, outputHeight: 7, outputWidth: 7, kernelHeight: 3,
      kernelWidth: 3)
    #expect(WindowFusion.computes(layer(1, width: 9), window))
    #expect(!WindowFusion.computes(layer(3, width: 9), window))
    #expect(!WindowFusion.computes(layer(1, stride: 2, width: 9), window))
    #expect(WindowFusion.computes(layer(3, stride: 2, width: 9, algorithm: .planar), window))
    // What is copied, for each panel: not for many.
    #expect(WindowFusion.computes(layer(3, width: 9, padding: 1, algorithm: .planar), window))
    #expect(
      !WindowFusion.computes(
        layer(3, width: 9, padding: 1, outputs: 40, algorithm: .planar), window))
    // Three rows of 16 channels would not stay in a cache.
    #expect(!WindowFusion.computes(layer(1, width: 1025), window))
    #expect(WindowFusion.computes(layer(1, width: 1024), window))
  }
}
