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
    #expect(try chosen("portable").gemm.name == "gemm_f32_4x8_portable")
    #expect(try chosen("reference").gemm.instructionSet == .portable)
  }

  @Test(arguments: [nil, ""]) func withoutAWordTheFastestIsChosen(_ value: String?) throws {
    let fastest: InstructionSet =
      InstructionSet.avx2.isAvailable ? .avx2 : InstructionSet.neon.isAvailable ? .neon : .portable
    #expect(try chosen(value).instructionSet == fastest)
  }

  @Test func anUnknownNameIsAnError() {
    let error = #expect(throws: PithError.self) { try chosen("sse9") }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.description
        == "PITH_KERNELS is 'sse9' but must be one of reference, portable, avx2, neon")
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

  @Test func theTableIsWhole() {
    #expect(KernelTable.gemm.last?.instructionSet == .portable)
    #expect(KernelTable.im2col.last?.instructionSet == .portable)
    #expect(KernelTable.depthwise.last?.instructionSet == .portable)
    for row in KernelTable.gemm {
      #expect(
        row.name
          == "gemm_f32_\(row.tile.rows)x\(row.tile.columns)_\(row.instructionSet.rawValue)")
    }
    let names =
      KernelTable.gemm.map(\.name) + KernelTable.im2col.map(\.name)
      + KernelTable.depthwise.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func everySetPacksThePanelsThatItsProductTakes() throws {
    for set in InstructionSet.allCases where set.isAvailable {
      let kernels = try KernelSet(set)
      #expect(kernels.im2col.tile.columns == kernels.gemm.tile.columns)
    }
  }
}
