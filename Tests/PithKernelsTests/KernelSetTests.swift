import PithKernels
import PithTensor
import Testing

@Suite struct KernelSetTests {
  private func chosen(_ value: String?) throws -> KernelSet {
    try KernelSet.chosen { $0 == "PITH_KERNELS" ? value : nil }
  }

  @Test func theEnvironmentNamesTheKernels() throws {
    for set in InstructionSet.allCases where set.isAvailable {
      #expect(try chosen(set.rawValue).instructionSet == set)
    }
    #expect(try chosen("portable").blocked?.productName == "product_f32_2x16_portable")
    #expect(try chosen("reference").blocked == nil)
  }

  @Test(arguments: [nil, ""]) func withoutAWordTheFastestIsChosen(_ value: String?) throws {
    let fastest: InstructionSet =
      InstructionSet.avx512.isAvailable
      ? .avx512
      : InstructionSet.avx2.isAvailable
        ? .avx2 : InstructionSet.neon.isAvailable ? .neon : .portable
    #expect(try chosen(value).instructionSet == fastest)
  }

  @Test func anUnknownNameIsAnError() {
    let error = #expect(throws: PithError.self) { try chosen("sse9") }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.description
        == "PITH_KERNELS is 'sse9' but must be one of reference, portable, avx2, avx512, neon")
  }

  @Test func kernelsOfAnotherProcessorAreAnError() throws {
    let foreign = InstructionSet.neon.isAvailable ? InstructionSet.avx2 : .neon
    let error = #expect(throws: PithError.self) { try chosen(foreign.rawValue) }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description
        == "this processor cannot run the \(foreign.rawValue) kernels; "
        + "unset PITH_KERNELS to let Pith choose")
  }

  @Test func everySetHasItsOwnKernelsUnderTheirNames() throws {
    #expect(BlockedKernelSet.all.last?.instructionSet == .portable)
    for set in BlockedKernelSet.all {
      #expect(set.productName.hasPrefix("product_f32_"))
      #expect(set.productName.hasSuffix("x16_\(set.instructionSet.rawValue)"))
    }
  }
}
