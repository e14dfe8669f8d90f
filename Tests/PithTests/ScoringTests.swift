import Pith
import PithTestSupport
import Testing

@Suite struct ScoringTests {
  /// Few values, so that many scores are equal.
  @Test func theGreatestComeFirstAndOfEqualOnesTheLowerIndex() {
    var random = SeededRandom(seed: 5)
    for count in [0, 1, 2, 5, 31, 32, 33, 200] {
      let scores = (0..<200).map { _ in Float(Int.random(in: -9...9, using: &random)) }
      let expected = scores.indices.sorted {
        scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
      }
      let found = Scoring.top(count, of: scores, labels: [])
      #expect(found.map(\.index) == Array(expected.prefix(count)))
      #expect(found.map(\.score) == expected.prefix(count).map { scores[$0] })
    }
    #expect(
      Scoring.top(nil, of: [1, 3, 2], labels: ["a", "b", "c"]).map(\.label) == ["b", "c", "a"])
    #expect(Scoring.top(-1, of: [1], labels: []).isEmpty)
  }
}
