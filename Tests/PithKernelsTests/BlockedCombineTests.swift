import PithKernels
import PithTensor
import Testing

@Suite struct BlockedCombineTests {
  private static func values(_ count: Int, _ random: inout SeededRandom) -> [Float] {
    var values = (0..<count).map { _ in 4 * random.uniform() - 2 }
    if count > 4 {
      values[1] = .nan
      values[2] = .infinity
      values[count - 1] = .nan
      values[count - 2] = -.infinity
    }
    return values
  }

  /// Bit for bit, but that one NaN is as good as another.
  private static func same(_ left: [Float], _ right: [Float]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  private static func clamped(_ value: Float) -> Float {
    value < -1.5 ? -1.5 : value > 1.25 ? 1.25 : value
  }

  @Test(arguments: BlockedKernelSet.available) func twoInputsAreCombinedAsTheReferenceDoes(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 76)
    let combinations: [(KernelOperation.Combination, BlockedKernelSet.Combine)] = [
      (.add, kernels.add), (.subtract, kernels.subtract), (.multiply, kernels.multiply),
      (.divide, kernels.divide),
    ]
    for count in 0...75 {
      let (left, right) = (Self.values(count, &random), Self.values(count, &random))
      for (combination, kernel) in combinations {
        let expected = referenceRun(
          .combine(
            combination,
            .init(sizes: [count], leftStrides: [1], rightStrides: [1])), [left, right],
          count: count)
        for side in GuardSide.allCases {
          let a = GuardedMemory(left, guardAt: side)
          let b = GuardedMemory(right, guardAt: side)
          let y = GuardedMemory<Float>(repeating: 77, count: count, guardAt: side)
          kernel(count, a.base, b.base, -.infinity, .infinity, y.base)
          #expect(
            Self.same(y.elements, expected),
            "\(kernels.testDescription) \(combination) of \(count)")
          kernel(count, a.base, b.base, -1.5, 1.25, a.base)
          #expect(
            Self.same(a.elements, expected.map(Self.clamped)),
            "\(kernels.testDescription) clamped \(combination) of \(count)")
        }
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func channelsAreScaledAndShifted(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 77)
    let scale = (0..<8).map { _ in 2 * random.uniform() - 1 }
    let shift = (0..<8).map { _ in 2 * random.uniform() - 1 }
    for pixels in 0...20 {
      let x = Self.values(8 * pixels, &random)
      // Whether the product is rounded before the sum is the instruction set's affair.
      let expected = x.indices.map {
        Self.clamped(Float(Double(x[$0]) * Double(scale[$0 % 8]) + Double(shift[$0 % 8])))
      }
      for side in GuardSide.allCases {
        let memory = GuardedMemory(x, guardAt: side)
        let (factor, term) = (
          GuardedMemory(scale, guardAt: side), GuardedMemory(shift, guardAt: side)
        )
        kernels.scale(pixels, memory.base, factor.base, term.base, -1.5, 1.25, memory.base)
        for (found, expected) in zip(memory.elements, expected) {
          #expect(
            found == expected || (found.isNaN && expected.isNaN) || abs(found - expected) <= 3e-7,
            "\(kernels.testDescription) \(pixels) pixels")
        }
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func slopesOfChannelsMatchTheReference(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 78)
    let slope = (0..<8).map { _ in random.uniform() }
    for pixels in 1...20 {
      let planes = Self.values(8 * pixels, &random)
      let expected = referenceRun(
        .prelu(channels: 8, inner: pixels, isShared: false), [planes], parameters: [slope],
        count: planes.count)
      for side in GuardSide.allCases {
        let memory = GuardedMemory(blocked(planes), guardAt: side)
        let factor = GuardedMemory(slope, guardAt: side)
        kernels.prelu(pixels, memory.base, factor.base, memory.base)
        #expect(
          Self.same(memory.elements, blocked(expected)),
          "\(kernels.testDescription) \(pixels) pixels")
      }
    }
  }
}
