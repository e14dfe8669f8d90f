import PithTensor
import Testing

@Suite struct SeededRandomTests {
  /// SplitMix64 of seed 0 gives the state e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec;
  /// xoshiro256** goes on from there.
  @Test func theSequenceIsThatOfThePublishedAlgorithm() {
    var random = SeededRandom(seed: 0)
    #expect(
      (0..<4).map { _ in random.next() } == [
        0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0,
        0x6AA5_94F1_262D_2D2C,
      ])
  }

  @Test func equalSeedsGiveEqualSequences() {
    var (first, second, other) = (
      SeededRandom(seed: 7), SeededRandom(seed: 7), SeededRandom(seed: 8)
    )
    #expect(first == second)
    #expect(first != other)
    #expect((0..<10).map { _ in first.next() } == (0..<10).map { _ in second.next() })
    #expect(first.next() != other.next())
  }

  @Test func uniformValuesFillTheUnitInterval() {
    var random = SeededRandom(seed: 1)
    let values = (0..<100_000).map { _ in random.uniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(values.reduce(0, +) / 100_000 - 0.5) < 0.005)
    #expect(values.contains { $0 < 0.001 } && values.contains { $0 > 0.999 })
  }
}
