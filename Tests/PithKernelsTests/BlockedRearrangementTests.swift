import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct BlockedRearrangementTests {
  private typealias Rearrangement = KernelOperation.Rearrangement

  private static func arranged(
    _ rearrangement: Rearrangement, fill: Double, _ image: [Float]
  ) -> [Float]? {
    guard let blocks = BlockedRearrangement(rearrangement, fill: fill) else { return nil }
    let (inputs, outputs) = (rearrangement.inputSizes, rearrangement.outputSizes)
    let input = BlockedShape(channels: inputs[0], height: inputs[1], width: inputs[2])
    let pixels = outputs[1] * outputs[2]
    var x = [Float](repeating: 0, count: input.count)
    var y = [Float](repeating: 77, count: blocks.output.count)
    var planes = [Float](repeating: 77, count: outputs[0] * pixels)
    let kernels = BlockedKernelSet.portable
    kernels.toBlocks(inputs[0], input.pixels, image, &x)
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        BlockedElements.rearrange(blocks).run(
          images: 1, (x.baseAddress!, 0), nil, output: (y.baseAddress!, 0), kernels: kernels,
          pool: ThreadPool(threads: 1))
      }
    }
    kernels.fromBlocks(outputs[0], pixels, y, &planes)
    return planes
  }

  @Test func slicesAndPadsMatchTheReference() {
    var random = SeededRandom(seed: 77)
    var compared = 0
    for _ in 0..<400 {
      let inputs = [
        8 * (1 + Int(random.next() % 3)), 1 + Int(random.next() % 7), 1 + Int(random.next() % 7),
      ]
      let steps = [1, 1 + Int(random.next() % 3), 1 + Int(random.next() % 3)]
      let starts = [
        8 * (Int(random.next() % 4) - 2), Int(random.next() % 5) - 2, Int(random.next() % 5) - 2,
      ]
      let outputs = [
        8 * (1 + Int(random.next() % 4)), 1 + Int(random.next() % 8), 1 + Int(random.next() % 8),
      ]
      let rearrangement = Rearrangement(
        outputSizes: outputs, inputSizes: inputs, starts: starts, steps: steps)
      let image = (0..<inputs.reduce(1, *)).map { _ in random.uniform() }
      let expected = referenceRun(
        .rearrange(rearrangement, fill: -0.5), [image], count: outputs.reduce(1, *))
      guard let found = Self.arranged(rearrangement, fill: -0.5, image) else { continue }
      compared += 1
      #expect(found == expected, "\(rearrangement)")
    }
    #expect(compared == 400)
  }

  @Test func channelsThatDoNotMoveByBlocksAreLeftToTheReference() {
    func isBlocked(_ outputs: Int, of inputs: Int, from start: Int, step: Int = 1) -> Bool {
      BlockedRearrangement(
        Rearrangement(
          outputSizes: [outputs, 2, 2], inputSizes: [inputs, 2, 2], starts: [start, 0, 0],
          steps: [step, 1, 1]), fill: 0) != nil
    }
    #expect(isBlocked(12, of: 12, from: 0))
    #expect(isBlocked(4, of: 12, from: 8))
    #expect(!isBlocked(8, of: 16, from: 4))
    #expect(!isBlocked(8, of: 16, from: 0, step: 2))
    // What would fill the last block is a channel that was cut off, or the fill of a pad.
    #expect(!isBlocked(12, of: 16, from: 0))
    #expect(!isBlocked(16, of: 12, from: 0))
  }
}
