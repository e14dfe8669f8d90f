import CPithKernels
import PithTensor
package import PithThreads

/// A loop of multiplications with an addition that never leave the registers: the most that an instruction set can do,
/// by which kernels are measured. The contract is that of `pith_peak.h`.
package struct PeakKernel: Sendable {
  package typealias Function = @convention(c) (Int, Float, Float) -> Float

  package let kernel: Kernel<Function>

  /// That of the kernels that an instruction set's plans use; the plain Swift of `reference` is measured by plain C.
  package init(_ instructionSet: InstructionSet) {
    #if arch(x86_64)
      switch instructionSet {
      case .avx2: self.init("avx2", .avx2, peak_f32_avx2)
      case .avx512: self.init("avx512", .avx512, peak_f32_avx512)
      case .reference, .portable, .neon: self.init("portable", .portable, peak_f32_portable)
      }
    #elseif arch(arm64)
      switch instructionSet {
      case .neon: self.init("neon", .neon, peak_f32_neon)
      case .reference, .portable, .avx2, .avx512:
        self.init("portable", .portable, peak_f32_portable)
      }
    #else
      self.init("portable", .portable, peak_f32_portable)
    #endif
  }

  private init(_ name: String, _ instructionSet: InstructionSet, _ function: @escaping Function) {
    kernel = Kernel(
      name: "peak_f32_\(name)", elementType: .float32, tile: (1, 1),
      instructionSet: instructionSet, function: function)
  }

  /// Keeps every thread of a pool busy with so many rounds.
  ///
  /// - Returns: the multiplications with an addition of all threads together.
  package func run(rounds: Int, pool: ThreadPool) -> Int {
    pool.forEach(pool.threads, Tasks(function: kernel.function, rounds: rounds))
    return pool.threads * rounds * pith_peak_multiply_adds
  }

  private struct Tasks: ParallelTasks {
    let function: Function
    let rounds: Int

    func run(task: Int, worker: Int) { _ = function(rounds, 0.5, 1) }
  }
}
