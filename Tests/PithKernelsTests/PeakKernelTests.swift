import PithKernels
import PithThreads
import Testing

@Suite struct PeakKernelTests {
  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable))
  func sumsConvergeWhereTheRecurrenceDoes(_ instructionSet: InstructionSet) {
    let kernel = PeakKernel(instructionSet).kernel
    // x = x * 0.5 + 3 ends at 6, from wherever the sums begin; binary32 is there after some fifty passes.
    #expect(kernel.function(100, 0.5, 3) == 6)
    // Without a round they are as they begin: from 0 up, different from each other.
    let start = kernel.function(0, 0.5, 3)
    #expect(start == 5.5 || start == 11.5)
    // One round is at most 4 passes over the sums, so it ends elsewhere.
    #expect(kernel.function(1, 0.5, 3) != 6)
  }

  @Test func everyInstructionSetIsMeasuredByItself() {
    for instructionSet in InstructionSet.allCases where instructionSet.isAvailable {
      let kernel = PeakKernel(instructionSet).kernel
      let measured = instructionSet == .reference ? InstructionSet.portable : instructionSet
      #expect(kernel.instructionSet == measured)
      #expect(kernel.name == "peak_f32_\(measured.rawValue)")
    }
  }

  @Test func everyThreadDoesAllRounds() {
    let kernel = PeakKernel(.portable)
    #expect(kernel.run(rounds: 10, pool: ThreadPool(threads: 1)) == 1920)
    #expect(kernel.run(rounds: 10, pool: ThreadPool(threads: 3)) == 5760)
  }
}
