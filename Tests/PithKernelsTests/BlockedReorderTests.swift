import PithKernels
import PithTensor
import Testing

@Suite struct BlockedReorderTests {
  @Test(arguments: BlockedKernelSet.available) func planesBecomeBlocksAndPlanesAgain(
    _ kernels: BlockedKernelSet
  ) {
    for channels in 1...25 {
      for pixels in Array(1...19) + [49, 64] {
        let planes = (0..<channels * pixels).map { Float($0 + 1) }
        let blocks = (channels + 7) / 8
        for side in GuardSide.allCases {
          let source = GuardedMemory(planes, guardAt: side)
          let middle = GuardedMemory<Float>(
            repeating: 77, count: blocks * pixels * 8, guardAt: side)
          let target = GuardedMemory<Float>(repeating: 77, count: planes.count, guardAt: side)
          kernels.toBlocks(channels, pixels, source.base, middle.base)
          let expected = middle.elements.indices.map { index in
            let channel = index / (8 * pixels) * 8 + index % 8
            return channel < channels ? planes[channel * pixels + index / 8 % pixels] : 0
          }
          #expect(
            middle.elements == expected,
            "\(kernels.testDescription) \(channels) channels of \(pixels)")
          // What is beyond the last channel goes nowhere.
          for index in expected.indices where expected[index] == 0 { middle.base[index] = .nan }
          kernels.fromBlocks(channels, pixels, middle.base, target.base)
          #expect(
            target.elements == planes,
            "\(kernels.testDescription) \(channels) channels of \(pixels)")
        }
      }
    }
  }
}
