/// Random numbers that follow from where they are used, not from when.
///
/// The number at a position is SplitMix64's output (Steele, Lea and Flood 2014) for a key made of the seed, the step and
/// the layer: no order of computation, number of threads or earlier draw changes it.
package struct RandomStream: Sendable {
  private let key: UInt64

  package init(seed: UInt64, step: Int, stream: UInt64) {
    key = Self.mixed(Self.mixed(seed &+ UInt64(truncatingIfNeeded: step) &* Self.golden) ^ stream)
  }

  /// The number of a name: FNV-1a with 64 bits (Fowler, Noll and Vo).
  package static func number(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// A number in `[0, 1)` with 53 random bits.
  @inline(__always)
  package func uniform(at position: Int) -> Double {
    let counter = key &+ UInt64(truncatingIfNeeded: position) &* Self.golden
    return Double(Self.mixed(counter &+ Self.golden) >> 11) * 0x1p-53
  }

  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
