import CPithKernels
import PithKernels
import PithTensor
import Testing

/// The kernels that lay weights out, against loops that say where each weight goes.
@Suite struct PackTests {
  /// Some outputs of a layer.
  struct Rows: Sendable {
    let rows: Int
    let channels: Int
    let taps: Int
    let isScaled: Bool

    var blocks: Int { (rows + 7) / 8 }
    /// Whole blocks of channels.
    var depth: Int { (channels + 7) / 8 * 8 * taps }
    var weights: [Float] {
      var random = SeededRandom(seed: UInt64(rows * 1000 + channels * 10 + taps))
      return (0..<rows * channels * taps).map { _ in random.uniform() - 0.5 }
    }
    var scales: [Double] { (0..<16).map { 0.3 + Double($0) / 7 } }

    func weight(_ row: Int, _ channel: Int, _ tap: Int, _ weights: [Float]) -> Double {
      Double(weights[(row * channels + channel) * taps + tap]) * (isScaled ? scales[row] : 1)
    }

    /// Calls `body` with the rows at a guard page.
    func withRows(_ body: (UnsafePointer<pith_weight_rows>) -> Void) {
      let (start, factors) = (GuardedMemory(weights), GuardedMemory(scales))
      var rows = pith_weight_rows(
        start: start.base, stride: channels * taps, rows: self.rows, channels: channels, taps: taps,
        scales: isScaled ? UnsafePointer(factors.base) : nil)
      withExtendedLifetime((start, factors)) { body(&rows) }
    }
  }

  static let sets = BlockedKernelSet.all.filter { $0.instructionSet.isAvailable }
  static let cases = [1, 3, 8, 9, 15, 16].flatMap { rows in
    [(1, 1), (5, 1), (16, 1), (3, 9), (8, 9), (21, 9), (9, 4), (8, 49), (17, 25)].flatMap { sizes in
      [true, false].map {
        Rows(rows: rows, channels: sizes.0, taps: sizes.1, isScaled: $0)
      }
    }
  }

  @Test(arguments: sets.indices) func everyWeightIsWhereTheProductReadsIt(set: Int) {
    for test in Self.cases {
      let panel = GuardedMemory<Float>(repeating: .nan, count: test.depth * test.blocks * 8)
      test.withRows { Self.sets[set].pack($0, test.blocks, test.depth, panel.base) }
      let weights = test.weights
      for channel in 0..<test.depth / test.taps {
        for tap in 0..<test.taps {
          for row in 0..<test.blocks * 8 {
            let place = (channel / 8 * test.taps + tap) * 8 + channel % 8
            let exists = row < test.rows && channel < test.channels
            let expected = exists ? Float(test.weight(row, channel, tap, weights)) : 0
            #expect(panel.elements[place * test.blocks * 8 + row] == expected)
          }
        }
      }
    }
  }

  @Test(arguments: sets.indices) func valuesInOrderKeepTheirOrder(set: Int) {
    for test in Self.cases {
      let count = test.channels * test.taps
      let panel = GuardedMemory<Float>(repeating: .nan, count: count * test.blocks * 8)
      test.withRows { rows in
        var flat = rows.pointee
        (flat.channels, flat.taps) = (count, 1)
        Self.sets[set].pack(&flat, test.blocks, count, panel.base)
      }
      let weights = test.weights
      for place in 0..<count {
        for row in 0..<test.blocks * 8 {
          let expected = row < test.rows ? Float(test.weight(row, 0, place, weights)) : 0
          #expect(panel.elements[place * test.blocks * 8 + row] == expected)
        }
      }
    }
  }

  @Test(arguments: sets.indices, [4, 6, 8]) func winogradsWeightsAreTransformed(
    set: Int, size: Int
  ) {
    let matrix = (0..<size * 3).map { Double($0 % 5) / 3 - 0.5 }
    for test in Self.cases where test.taps == 9 {
      let stride = test.depth / 9 * test.blocks * 8
      let panels = GuardedMemory<Float>(repeating: .nan, count: size * size * stride)
      test.withRows {
        Self.sets[set].packWinograd(
          $0, test.blocks, test.depth / 9, size, matrix, panels.base, stride)
      }
      let weights = test.weights
      for channel in 0..<test.depth / 9 {
        for row in 0..<test.blocks * 8 {
          for place in 0..<size * size {
            var sum = 0.0
            if row < test.rows, channel < test.channels {
              for (i, j) in (0..<9).map({ ($0 / 3, $0 % 3) }) {
                sum +=
                  matrix[place / size * 3 + i] * matrix[place % size * 3 + j]
                  * test.weight(row, channel, 3 * i + j, weights)
              }
            }
            let found = panels.base[place * stride + channel * test.blocks * 8 + row]
            #expect(abs(Double(found) - sum) <= 1e-7 * max(1, abs(sum)))
          }
        }
      }
    }
  }
}
