import PithKernels
import PithThreads

/// The most operations a second that the threads of a pool reach together, with the instruction set of the kernels that
/// plans use.
///
/// Measured in short rounds between other measurements: what slows the machine down for a while slows some rounds, and the
/// fastest counts.
struct PeakSpeed {
  /// About a millisecond of vector units: long beside the start of the threads, short beside what it stands between.
  private static let rounds = 250_000

  private let kernel: PeakKernel
  private let pool: ThreadPool
  /// Operations for each second, two for each multiplication with an addition; 0 before the first ``measure()``.
  private(set) var operationsPerSecond = 0.0

  init(_ instructionSet: InstructionSet, pool: ThreadPool) {
    kernel = PeakKernel(instructionSet)
    self.pool = pool
  }

  /// The kernel that was measured.
  var kernelName: String { kernel.kernel.name }

  /// Two more rounds; threads that slept before the first are awake in the second.
  mutating func measure() {
    for _ in 0..<2 {
      let start = MonotonicClock.seconds
      let multiplyAdds = kernel.run(rounds: Self.rounds, pool: pool)
      let seconds = MonotonicClock.seconds - start
      guard seconds > 0 else { continue }
      operationsPerSecond = max(operationsPerSecond, 2 * Double(multiplyAdds) / seconds)
    }
  }
}
