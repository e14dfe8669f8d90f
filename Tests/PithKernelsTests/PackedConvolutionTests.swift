import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct PackedConvolutionTests {
  static let sets: [InstructionSet] = InstructionSet.allCases.filter(\.isAvailable)

  /// Runs with every operand at a guard page.
  static func run(
    _ layer: PackedConvolution, _ test: ConvolutionCase, images: Range<Int>? = nil,
    residual: Bool = false, clamp: ClosedClamp = .none, pool: ThreadPool
  ) -> [Float] {
    let images = images ?? 0..<test.images
    let inputs = layer.geometry.inputChannels * layer.geometry.inputPlane
    let outputs = layer.geometry.outputChannels * layer.geometry.outputPlane
    let input = GuardedMemory(
      Array(test.input[images.lowerBound * inputs..<images.upperBound * inputs]))
    let added = GuardedMemory(
      Array(test.residual[images.lowerBound * outputs..<images.upperBound * outputs]))
    let output = GuardedMemory<Float>(repeating: .nan, count: images.count * outputs)
    let scratch = WorkerScratch(
      workers: pool.threads, floatsPerWorker: layer.scratchFloatsPerWorker)
    layer.run(
      images: images.count, input: input.base, output: output.base,
      residual: residual ? UnsafePointer(added.base) : nil, clamp: clamp, pool: pool,
      scratch: scratch)
    return output.elements
  }

  static func layer(_ test: ConvolutionCase, _ set: InstructionSet) throws -> PackedConvolution {
    try PackedConvolution(
      test.geometry, weights: test.weights, bias: test.bias, kernels: KernelSet(set))
  }

  /// Rounding of float32 sums: proportional to the magnitude of the terms, plus a little.
  static func agrees(_ values: [Float], _ expected: [Double], _ magnitudes: [Double]) -> Bool {
    values.count == expected.count
      && values.indices.allSatisfy {
        abs(Double(values[$0]) - expected[$0]) <= 1e-6 + 1e-6 * magnitudes[$0]
      }
  }

  @Test(arguments: sets) func randomGeometriesMatchDoublePrecision(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 7)
    let pool = ThreadPool(threads: 2)
    for _ in 0..<400 {
      let test = ConvolutionCase.random(&random)
      let (sums, magnitudes) = test.expected()
      let values = Self.run(try Self.layer(test, set), test, pool: pool)
      #expect(Self.agrees(values, sums, magnitudes), "\(test.images) x \(test.geometry)")
    }
  }

  @Test(arguments: sets) func residualAndClampComeAfterTheSum(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 8)
    let pool = ThreadPool(threads: 1)
    for clamp in [ClosedClamp.none, .relu, .relu6, ClosedClamp(low: -0.5, high: 0.5)] {
      for _ in 0..<30 {
        let test = ConvolutionCase.random(&random)
        let (sums, magnitudes) = test.expected()
        let expected = sums.indices.map {
          min(max(sums[$0] + Double(test.residual[$0]), Double(clamp.low)), Double(clamp.high))
        }
        let values = Self.run(
          try Self.layer(test, set), test, residual: true, clamp: clamp, pool: pool)
        #expect(Self.agrees(values, expected, magnitudes), "\(clamp) \(test.geometry)")
      }
    }
  }

  /// Deep enough for several blocks of depth and wide enough for several tasks.
  static let larger: [ConvolutionGeometry] = {
    let make: [() throws -> ConvolutionGeometry] = [
      {
        try ConvolutionGeometry(
          inputChannels: 100, outputChannels: 50, inputHeight: 14, inputWidth: 15,
          kernel: .init(3, 3), padding: .init(1))
      },
      {
        try ConvolutionGeometry(
          inputChannels: 700, outputChannels: 33, inputHeight: 7, inputWidth: 7,
          kernel: .init(1, 1))
      },
      {
        try ConvolutionGeometry(
          inputChannels: 3, outputChannels: 40, inputHeight: 67, inputWidth: 66,
          kernel: .init(7, 7), stride: .init(2, 2), padding: .init(3))
      },
      {
        try ConvolutionGeometry(
          inputChannels: 2, outputChannels: 2, inputHeight: 40, inputWidth: 40,
          kernel: .init(31, 29), padding: .init(2))
      },
      {
        try ConvolutionGeometry(
          inputChannels: 96, outputChannels: 130, inputHeight: 9, inputWidth: 9,
          kernel: .init(3, 3), stride: .init(2, 2), padding: .init(1))
      },
      {
        try ConvolutionGeometry(
          inputChannels: 130, outputChannels: 260, inputHeight: 6, inputWidth: 6,
          kernel: .init(3, 3), padding: .init(1), groups: 2)
      },
      {
        try ConvolutionGeometry(
          inputChannels: 48, outputChannels: 96, inputHeight: 33, inputWidth: 70,
          kernel: .init(3, 3), padding: .init(1), groups: 48)
      },
    ]
    return make.compactMap { try? $0() }
  }()

  @Test(arguments: sets) func largerLayersMatchDoublePrecision(_ set: InstructionSet) throws {
    #expect(Self.larger.count == 7)
    var random = SeededRandom(seed: 9)
    let pool = ThreadPool(threads: 3)
    for geometry in Self.larger {
      let test = ConvolutionCase(geometry, images: 1, random: &random)
      let (sums, magnitudes) = test.expected()
      let values = Self.run(try Self.layer(test, set), test, pool: pool)
      #expect(Self.agrees(values, sums, magnitudes), "\(geometry)")
    }
  }

  @Test(arguments: sets) func threadsAndBatchChangeNoBit(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 10)
    let pools = [1, 2, 3, 5].map(ThreadPool.init(threads:))
    var tests = Self.larger.map { ConvolutionCase($0, images: 3, random: &random) }
    for _ in 0..<60 { tests.append(ConvolutionCase.random(&random)) }
    for test in tests {
      let layer = try Self.layer(test, set)
      let whole = Self.run(layer, test, residual: true, clamp: .relu, pool: pools[0])
      for pool in pools[1...] {
        let values = Self.run(layer, test, residual: true, clamp: .relu, pool: pool)
        #expect(values == whole, "\(pool.threads) threads, \(test.geometry)")
      }
      let alone = (0..<test.images).flatMap {
        Self.run(layer, test, images: $0..<$0 + 1, residual: true, clamp: .relu, pool: pools[1])
      }
      #expect(alone == whole, "one by one, \(test.geometry)")
    }
  }

  @Test(arguments: sets) func notANumberSurvivesTheClamp(_ set: InstructionSet) throws {
    let pool = ThreadPool(threads: 1)
    var random = SeededRandom(seed: 13)
    for groups in [1, 3] {
      // 11 columns: a whole vector and a rest in each row.
      let geometry = try ConvolutionGeometry(
        inputChannels: 3, outputChannels: 3, inputHeight: 2, inputWidth: 11, kernel: .init(1, 1),
        groups: groups)
      let test = ConvolutionCase(geometry, images: 1, random: &random)
      let layer = try PackedConvolution(
        geometry, weights: test.weights, bias: [.nan, 0, .nan], kernels: KernelSet(set))
      for residual in [false, true] {
        let values = Self.run(layer, test, residual: residual, clamp: .relu6, pool: pool)
        #expect(values.map(\.isNaN) == (0..<66).map { $0 / 22 != 1 }, "\(groups) groups")
      }
    }
  }

  @Test func wrongNumbersOfWeightsAndBiasesAreNamed() throws {
    let geometry = try ConvolutionGeometry(
      inputChannels: 3, outputChannels: 4, inputHeight: 5, inputWidth: 5, kernel: .init(3, 3))
    let kernels = try KernelSet(.portable)
    let error = #expect(throws: PithError.self) {
      try PackedConvolution(geometry, weights: [1, 2], bias: nil, kernels: kernels)
    }
    #expect(error?.description == "a convolution has 2 weights but needs 108")
    let second = #expect(throws: PithError.self) {
      try PackedConvolution(
        geometry, weights: [Float](repeating: 0, count: 108), bias: [1], kernels: kernels)
    }
    #expect(second?.description == "a convolution has 1 biases but needs 4")
  }
}
