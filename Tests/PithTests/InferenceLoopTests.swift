import Pith
import PithKernels
import PithTestSupport
import Testing

/// What computing over and over again costs: no allocation and no memory.
struct InferenceLoopTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs a model over and over again in a program of its own.
  private func loop(
    _ model: String, count: Int, threads: Int, kernels: InstructionSet, memory: String = "normal"
  ) throws -> (allocations: Int, before: Int, after: Int, rise: Int, planned: Int) {
    let outcome = try Program.run(
      Program.built("InferenceLoop"), [model, "\(count)", "\(threads)", memory],
      environment: ["PITH_KERNELS": kernels.rawValue])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let numbers = outcome.output.split(whereSeparator: \.isWhitespace)
      .compactMap { Int($0) }
    try #require(numbers.count == 5)
    return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
  }

  private static let defaultModel = Repository.path("Sources/CPithDefaultModel/default.pith")
  private static let fixtures = GoldenModelTests.all.map { FormatFixtures.path($0.name) }

  /// Every operation that there is, with fast kernels and without.
  @Test(arguments: fixtures, InstructionSet.allCases.filter(\.isAvailable))
  func runningAllocatesNothing(model: String, kernels: InstructionSet) throws {
    for threads in [1, 2] {
      let allocations = try loop(model, count: 100, threads: threads, kernels: kernels).allocations
      // -1: a sanitizer has an allocator of its own.
      #expect(allocations <= 0, "\(threads) threads")
    }
  }

  @Test func tenThousandInferencesLeaveTheMemoryAsItIs() throws {
    let fastest = try KernelSet.chosen().instructionSet
    let (allocations, before, after, _, _) = try loop(
      Self.defaultModel, count: 10_000 / 3 + 1, threads: 2, kernels: fastest)
    #expect(allocations <= 0)
    #expect(before > 0)
    #expect(after - before <= 64 << 10, "\(before) bytes before, \(after) after")
  }

  /// Opening takes no more than running: what is decoded is not in memory longer than it is needed.
  @Test(arguments: ["resnet18", "mobilenet_v2", "squeezenet1_1"], ["normal", "small"])
  func thePeakIsNearWhatIsPlanned(name: String, memory: String) throws {
    let network = try RandomNetwork.architecture(name, side: 64, seed: 25)
    let contents = ModelContents(
      graph: network.graph, parameters: network.parameters.mapValues { .init($0) },
      preprocessing: nil, output: .logits)
    try folder.write(contents.encoded(), to: "model.pith")
    let fastest = try KernelSet.chosen().instructionSet
    for threads in [1, 2] {
      let (allocations, _, _, rise, planned) = try loop(
        folder.path("model.pith"), count: 1, threads: threads, kernels: fastest, memory: memory)
      #expect(allocations <= 0)
      #expect(rise > planned / 2)
      // Code and the model's description take memory too, and each thread has room to decode.
      let most = planned + planned / 10 + (5 + 4 * threads) << 20
      #expect(rise <= most, "\(threads) threads: \(rise) bytes, planned \(planned)")
    }
  }
}
