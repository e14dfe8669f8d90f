import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct WorkerScratchTests {
  @Test func piecesAreAlignedAndApart() {
    let scratch = WorkerScratch(workers: 3, floatsPerWorker: 17)
    for worker in 0..<3 {
      #expect(UInt(bitPattern: scratch.base(of: worker)) % 64 == 0)
      scratch.base(of: worker).initialize(repeating: Float(worker), count: 17)
    }
    for worker in 0..<3 {
      #expect((0..<17).allSatisfy { scratch.base(of: worker)[$0] == Float(worker) })
    }
  }

  @Test func tooLittleScratchEndsTheProgramInsteadOfOverwritingMemory() async {
    await #expect(processExitsWith: .failure) {
      let geometry = try ConvolutionGeometry(
        inputChannels: 4, outputChannels: 4, inputHeight: 9, inputWidth: 9, kernel: .init(3, 3))
      let layer = try PackedConvolution(
        geometry, weights: [Float](repeating: 0, count: geometry.weightCount), bias: nil,
        kernels: KernelSet(.portable))
      var output = [Float](repeating: 0, count: 4 * 49)
      layer.run(
        images: 1, input: [Float](repeating: 0, count: 4 * 81), output: &output,
        pool: ThreadPool(threads: 1),
        scratch: WorkerScratch(workers: 1, floatsPerWorker: layer.scratchFloatsPerWorker - 1))
    }
  }
}
