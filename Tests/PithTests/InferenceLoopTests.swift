import Foundation
import Pith
import PithKernels
import Testing

/// What computing over and over again costs: no allocation and no memory.
struct InferenceLoopTests {
  /// Runs a model over and over again in a program of its own.
  private func loop(
    _ model: String, count: Int, threads: Int, kernels: InstructionSet
  ) throws -> (allocations: Int, before: Int, after: Int) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = ModelFixtures.program("InferenceLoop")
    process.arguments = [model, "\(count)", "\(threads)"]
    process.environment = ["PITH_KERNELS": kernels.rawValue]
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let numbers = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .compactMap { Int($0) }
    try #require(numbers.count == 3)
    return (numbers[0], numbers[1], numbers[2])
  }

  private static let defaultModel = ModelFixtures.repository.appending(
    path: "Sources/CPithDefaultModel/default.pith"
  ).path
  private static let fixtures = GoldenModelTests.all.map {
    ModelFixtures.folder.appending(path: "\($0.name).pith").path
  }

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
    let (allocations, before, after) = try loop(
      Self.defaultModel, count: 10_000 / 3 + 1, threads: 2, kernels: fastest)
    #expect(allocations <= 0)
    #expect(before > 0)
    #expect(after - before <= 64 << 10, "\(before) bytes before, \(after) after")
  }
}
