import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct PackedFullyConnectedTests {
  static let sets = PackedConvolutionTests.sets
  static let sizes = [
    (1, 1), (1, 17), (5, 3), (64, 10), (320, 16), (321, 15), (512, 1000), (1300, 33), (2, 130),
  ]

  private struct Layer {
    let inputs: Int
    let outputs: Int
    let weights: [Float]
    let bias: [Float]
    let packed: PackedFullyConnected

    init(
      _ size: (inputs: Int, outputs: Int), _ set: InstructionSet, random: inout SeededRandom
    ) throws {
      inputs = size.inputs
      outputs = size.outputs
      weights = (0..<inputs * outputs).map { _ in random.uniform() - 0.5 }
      bias = (0..<outputs).map { _ in random.uniform() - 0.5 }
      packed = try PackedFullyConnected(
        inputs: inputs, outputs: outputs, weights: weights, bias: bias, kernels: KernelSet(set))
    }

    func run(
      _ rows: [Float], residual: [Float]? = nil, clamp: ClosedClamp = .none, pool: ThreadPool
    ) -> [Float] {
      let batch = rows.count / inputs
      let input = GuardedMemory(rows)
      let added = GuardedMemory(residual ?? [])
      let output = GuardedMemory<Float>(repeating: .nan, count: batch * outputs)
      packed.run(
        batch: batch, input: input.base, output: output.base,
        residual: residual == nil ? nil : UnsafePointer(added.base), clamp: clamp, pool: pool,
        scratch: WorkerScratch(
          workers: pool.threads, floatsPerWorker: packed.scratchFloatsPerWorker))
      return output.elements
    }

    func expected(_ rows: [Float], _ row: Int, _ output: Int) -> (sum: Double, magnitude: Double) {
      var sum = Double(bias[output])
      var magnitude = abs(sum)
      for k in 0..<inputs {
        let term = Double(rows[row * inputs + k]) * Double(weights[output * inputs + k])
        sum += term
        magnitude += abs(term)
      }
      return (sum, magnitude)
    }
  }

  @Test(arguments: sets) func everySizeMatchesDoublePrecision(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 11)
    let pool = ThreadPool(threads: 2)
    for size in Self.sizes {
      let layer = try Layer(size, set, random: &random)
      for batch in [1, 2, 5, 6, 7, 13] {
        let rows = (0..<batch * layer.inputs).map { _ in random.uniform() - 0.5 }
        let residual = (0..<batch * layer.outputs).map { _ in random.uniform() - 0.5 }
        let plain = layer.run(rows, pool: pool)
        let clamped = layer.run(rows, residual: residual, clamp: .relu, pool: pool)
        for index in plain.indices {
          let (sum, magnitude) = layer.expected(rows, index / layer.outputs, index % layer.outputs)
          let tolerance = 1e-6 + 1e-6 * magnitude
          #expect(abs(Double(plain[index]) - sum) <= tolerance, "\(set) \(size) batch \(batch)")
          let positive = max(0, sum + Double(residual[index]))
          #expect(abs(Double(clamped[index]) - positive) <= tolerance, "\(set) \(size) \(batch)")
        }
      }
    }
  }

  @Test(arguments: sets) func threadsAndBatchChangeNoBit(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 12)
    let pools = [1, 2, 4].map(ThreadPool.init(threads:))
    for size in Self.sizes {
      let layer = try Layer(size, set, random: &random)
      let rows = (0..<11 * layer.inputs).map { _ in random.uniform() - 0.5 }
      let whole = layer.run(rows, pool: pools[0])
      for pool in pools[1...] { #expect(layer.run(rows, pool: pool) == whole) }
      let alone = (0..<11).flatMap {
        layer.run(Array(rows[$0 * layer.inputs..<($0 + 1) * layer.inputs]), pool: pools[1])
      }
      #expect(alone == whole, "\(set) \(size)")
    }
  }

  @Test func wrongNumbersOfWeightsAndBiasesAreNamed() throws {
    let kernels = try KernelSet(.portable)
    func problem(_ inputs: Int, _ outputs: Int, _ weights: Int, _ bias: Int?) -> String? {
      let error = #expect(throws: PithError.self) {
        try PackedFullyConnected(
          inputs: inputs, outputs: outputs, weights: [Float](repeating: 0, count: weights),
          bias: bias.map { [Float](repeating: 0, count: $0) }, kernels: kernels)
      }
      return error?.description
    }
    #expect(
      problem(0, 3, 0, nil)
        == "a fully connected layer has 0 inputs and 3 outputs but needs at least 1")
    #expect(problem(2, 3, 5, nil) == "a fully connected layer has 5 weights but needs 6")
    #expect(problem(2, 3, 6, 2) == "a fully connected layer has 2 biases but needs 3")
    #expect(
      problem(.max, 2, 6, nil)
        == "the number of weights does not fit 64 bits (9223372036854775807 * 2); "
        + "the file is damaged or was made to harm")
  }
}
