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
      var window = SlidingWindow(
        inputHeight: 9, inputWidth: 9, outputHeight: 9, outputWidth: 9, kernelHeight: 3,
        kernelWidth: 3)
      (window.top, window.left, window.bottom, window.right) = (1, 1, 1, 1)
      let layer = BlockedConvolution(
        window, channels: 8, outputs: 8, groups: 1, weights: [Float](repeating: 0, count: 576),
        bias: nil, algorithm: .direct, kernels: .portable)
      var output = [Float](repeating: 0, count: 8 * 81)
      layer.run(
        images: 1, input: [Float](repeating: 0, count: 8 * 81), inputStride: 8 * 81,
        output: &output, outputStride: 8 * 81, residual: nil, residualStride: 0, clamp: .none,
        function: nil, pool: ThreadPool(threads: 1),
        scratch: WorkerScratch(workers: 1, floatsPerWorker: layer.scratchFloatsPerWorker - 1))
    }
  }
}
