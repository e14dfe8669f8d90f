import PithKernels
import PithTensor
import PithThreads
import Testing

/// Every algorithm of every set of kernels against double precision, with every operand at a guard page.
@Suite struct BlockedConvolutionTests {
  static let sets = BlockedKernelSet.all.map(\.instructionSet).filter(\.isAvailable)

  /// `[images][channels][pixels]` in blocks, NaN in no lane.
  static func blocks(_ values: [Float], _ shape: BlockedShape, images: Int) -> [Float] {
    var result = [Float](repeating: 0, count: images * shape.count)
    for image in 0..<images {
      for channel in 0..<shape.channels {
        for pixel in 0..<shape.pixels {
          result[
            image * shape.count + channel / 8 * shape.blockStride + pixel * 8 + channel % 8] =
            values[(image * shape.channels + channel) * shape.pixels + pixel]
        }
      }
    }
    return result
  }

  static func planes(_ values: [Float], _ shape: BlockedShape, images: Int) -> [Float] {
    var result: [Float] = []
    for image in 0..<images {
      for channel in 0..<shape.channels {
        for pixel in 0..<shape.pixels {
          result.append(
            values[
              image * shape.count + channel / 8 * shape.blockStride + pixel * 8 + channel % 8])
        }
      }
    }
    return result
  }

  static func run(
    _ layer: BlockedConvolution, _ test: ConvolutionCase, residual: Bool = false,
    clamp: ClosedClamp = .none, pool: ThreadPool
  ) -> [Float] {
    let isPlanar = layer.algorithm == .planar
    let input = GuardedMemory(
      isPlanar ? test.input : blocks(test.input, layer.input, images: test.images))
    let added = GuardedMemory(blocks(test.residual, layer.output, images: test.images))
    let output = GuardedMemory<Float>(
      repeating: .nan, count: test.images * layer.output.count)
    let scratch = WorkerScratch(
      workers: pool.threads, floatsPerWorker: layer.scratchFloatsPerWorker)
    layer.run(
      images: test.images, input: input.base,
      inputStride: isPlanar ? layer.input.channels * layer.input.pixels : layer.input.count,
      output: output.base, outputStride: layer.output.count,
      residual: residual ? UnsafePointer(added.base) : nil, residualStride: layer.output.count,
      clamp: clamp, function: nil, pool: pool, scratch: scratch)
    return planes(output.elements, layer.output, images: test.images)
  }

  static func layer(
    _ test: ConvolutionCase, _ algorithm: BlockedConvolution.Algorithm, _ set: InstructionSet,
    readsWeightsOnce: Bool = false
  ) throws -> BlockedConvolution {
    var kernels = try #require(KernelSet(set).blocked)
    kernels.leastSharedWeights = readsWeightsOnce ? 0 : .max
    return BlockedConvolution(
      test.window, channels: test.channels, outputs: test.outputs, groups: test.groups,
      weights: test.weights, bias: test.bias, algorithm: algorithm, kernels: kernels)
  }

  /// A few random convolutions that an algorithm can compute.
  static func cases(
    _ algorithm: BlockedConvolution.Algorithm, count: Int, seed: UInt64
  ) -> [ConvolutionCase] {
    var random = SeededRandom(seed: seed)
    var cases: [ConvolutionCase] = []
    while cases.count < count {
      let window: SlidingWindow?
      var groups = 1
      let channels: Int
      switch algorithm {
      case .winograd:
        window = ConvolutionCase.window(&random, kernel: 3...3, stride: 1...1, dilation: 1...1)
        channels = Int.random(in: 1...20, using: &random)
      case .direct:
        window = ConvolutionCase.window(&random, kernel: 1...5, stride: 1...3, dilation: 1...3)
        groups = [1, 1, 1, 2, 3].randomElement(using: &random) ?? 1
        channels = groups == 1 ? Int.random(in: 1...20, using: &random) : 8 * groups
      case .planar:
        window = ConvolutionCase.window(&random, kernel: 1...7, stride: 1...4, dilation: 1...2)
        channels = Int.random(in: 1...5, using: &random)
      }
      guard let window, window.outputHeight * window.outputWidth < 500 else { continue }
      cases.append(
        ConvolutionCase(
          window, channels: channels,
          outputs: groups == 1 ? Int.random(in: 1...40, using: &random) : 16 * groups,
          groups: groups, images: Int.random(in: 1...3, using: &random), random: &random))
    }
    return cases
  }

  /// Rounding is proportional to the magnitude of the terms, plus a little; Winograd's transforms magnify it, and mix a tile.
  static func agrees(
    _ values: [Float], _ test: ConvolutionCase, _ algorithm: BlockedConvolution.Algorithm
  ) -> Bool {
    let (sums, magnitudes) = test.expected()
    let factor: Double =
      switch algorithm {
      case .direct, .planar: 1e-6
      case .winograd(2): 2e-6
      case .winograd: 1e-5
      }
    let greatest = magnitudes.max() ?? 0
    let isMixed = factor > 1e-6
    return values.count == sums.count
      && values.indices.allSatisfy {
        abs(Double(values[$0]) - sums[$0])
          <= factor * (1 + (isMixed ? greatest : magnitudes[$0]))
      }
  }

  static let algorithms: [BlockedConvolution.Algorithm] = [
    .direct, .planar, .winograd(2), .winograd(4), .winograd(6),
  ]

  @Test(arguments: sets, algorithms)
  func randomSizesMatchDoublePrecision(
    _ set: InstructionSet, _ algorithm: BlockedConvolution.Algorithm
  ) throws {
    let pool = ThreadPool(threads: 2)
    for test in Self.cases(algorithm, count: 150, seed: 7) {
      let values = Self.run(try Self.layer(test, algorithm, set), test, pool: pool)
      #expect(
        Self.agrees(values, test, algorithm),
        "\(test.images) x \(test.channels) to \(test.outputs) \(test.window)")
    }
  }

  @Test(arguments: sets, algorithms)
  func residualAndClampComeAfterTheSum(
    _ set: InstructionSet, _ algorithm: BlockedConvolution.Algorithm
  ) throws {
    let pool = ThreadPool(threads: 1)
    for test in Self.cases(algorithm, count: 20, seed: 8) {
      let layer = try Self.layer(test, algorithm, set)
      let plain = Self.run(layer, test, pool: pool)
      for clamp in [ClosedClamp.none, .relu, .relu6, ClosedClamp(low: -0.5, high: 0.5)] {
        let values = Self.run(layer, test, residual: true, clamp: clamp, pool: pool)
        #expect(
          values.indices.allSatisfy {
            let value = plain[$0] + test.residual[$0]
            let held = min(max(value, clamp.low), clamp.high)
            return abs(values[$0] - held) <= 1e-5 * (1 + abs(value))
          })
      }
    }
  }

  @Test(arguments: sets, algorithms)
  func threadsAndBatchChangeNoBit(
    _ set: InstructionSet, _ algorithm: BlockedConvolution.Algorithm
  ) throws {
    let pools = [1, 2, 3, 5, 16].map(ThreadPool.init(threads:))
    for test in Self.cases(algorithm, count: 25, seed: 10) {
      let layer = try Self.layer(test, algorithm, set)
      let whole = Self.run(layer, test, residual: true, clamp: .relu, pool: pools[0])
      let other = try Self.layer(test, algorithm, set, readsWeightsOnce: true)
      for pool in pools[1...] {
        for layer in [layer, other] {
          let values = Self.run(layer, test, residual: true, clamp: .relu, pool: pool)
          #expect(values == whole, "\(pool.threads) threads, \(test.window)")
        }
      }
    }
  }

  /// Widths of which tiles hold several rows, with any number of rows left over for the last tile.
  @Test(arguments: sets, [7, 8, 14])
  func rowsThatShareTilesMatchDoublePrecision(_ set: InstructionSet, _ width: Int) throws {
    var random = SeededRandom(seed: 21)
    let pools = [1, 2].map(ThreadPool.init(threads:))
    for height in 1...9 {
      for (kernel, stride) in [(1, 1), (1, 2), (3, 1), (3, 2), (5, 2)] {
        var window = SlidingWindow(
          inputHeight: (height - 1) * stride + 1, inputWidth: (width - 1) * stride + 1,
          outputHeight: height, outputWidth: width, kernelHeight: kernel, kernelWidth: kernel)
        (window.strideHeight, window.strideWidth) = (stride, stride)
        (window.top, window.left) = (kernel / 2, kernel / 2)
        (window.bottom, window.right) = (kernel / 2, kernel / 2)
        let test = ConvolutionCase(
          window, channels: 20, outputs: 40, groups: 1, images: 2, random: &random)
        let layer = try Self.layer(test, .direct, set)
        for pool in pools {
          let values = Self.run(layer, test, pool: pool)
          #expect(Self.agrees(values, test, .direct), "\(pool.threads) threads, \(window)")
        }
      }
    }
  }

  @Test(arguments: sets, algorithms)
  func notANumberSurvivesTheClamp(
    _ set: InstructionSet, _ algorithm: BlockedConvolution.Algorithm
  ) throws {
    let pool = ThreadPool(threads: 1)
    for test in Self.cases(algorithm, count: 5, seed: 13) {
      let layer = BlockedConvolution(
        test.window, channels: test.channels, outputs: test.outputs, groups: test.groups,
        weights: test.weights, bias: [Float](repeating: .nan, count: test.outputs),
        algorithm: algorithm, kernels: try #require(KernelSet(set).blocked))
      let values = Self.run(layer, test, clamp: .relu6, pool: pool)
      #expect(values.allSatisfy { $0.isNaN })
    }
  }
}
