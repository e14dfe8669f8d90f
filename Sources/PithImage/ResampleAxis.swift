import CPithKernels
import PithTensor

/// Which source pixels make each target pixel of one axis, and with what weights: Pillow 13.0.0's.
///
/// Source: `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's `src/libImaging/Resample.c`, and
/// `ImagingScaleAffine` of its `Geometry.c` for `nearest`. Only the targets of a window are computed; each
/// is what it would be without the window.
struct ResampleAxis: Sendable {
  /// What the tables below depend on.
  struct Key: Sendable, Hashable {
    /// Pixels of the source.
    var source: Int
    /// Pixels after the resize.
    var target: Int
    /// Those of them that are wanted.
    var window: Range<Int>
    var interpolation: Preprocessing.Interpolation
  }

  /// Weights are integers of this many fractional bits: 32, less 8 for the pixel and 2 for the overshoot.
  static let fractionBits = Int(PITH_RESAMPLE_BITS)

  private(set) var key: Key?
  /// The first source pixel of each target pixel of the window.
  private(set) var starts: [Int] = []
  /// How many source pixels each target pixel has; 1 when ``copies``.
  private(set) var counts: [Int] = []
  /// `[window, taps]`: the weights of the source pixels, 0 after the last. Empty when ``copies``.
  private(set) var weights: [Int32] = []
  /// How many weights each target pixel has in ``weights``; at least its count, and a multiple of what the kernels take at once.
  private(set) var taps = 0
  /// The greatest of ``counts``.
  private(set) var greatestCount = 0
  /// Each target pixel is one source pixel, unchanged.
  private(set) var copies = true
  /// One row of weights before it is rounded.
  private var row: [Double] = []

  /// Computes the tables, unless they are there. The memory of the last ones is used again.
  mutating func prepare(_ key: Key) {
    guard key != self.key else { return }
    self.key = key
    starts.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    greatestCount = 0
    switch key.interpolation {
    case _ where key.source == key.target:
      prepareCopies(key) { $0 }
    case .nearest:
      prepareNearest(key)
    case .bilinear:
      prepareFilter(key, support: 1, Self.triangle)
    case .bicubic:
      prepareFilter(key, support: 2, Self.cubic)
    }
  }

  private mutating func prepareCopies(_ key: Key, _ source: (Int) -> Int) {
    copies = true
    taps = 1
    greatestCount = 1
    for target in key.window {
      starts.append(source(target))
      counts.append(1)
    }
  }

  private mutating func prepareNearest(_ key: Key) {
    // Pillow adds the step again and again, and the sum's rounding errors decide ties.
    let step = Double(key.source) / Double(key.target)
    var position = step * 0.5
    for _ in 0..<key.window.lowerBound { position += step }
    prepareCopies(key) { _ in
      defer { position += step }
      return min(Int(position), key.source - 1)
    }
  }

  private mutating func prepareFilter(
    _ key: Key, support: Double, _ filter: (Double) -> Double
  ) {
    copies = false
    let scale = Double(key.source) / Double(key.target)
    let filterScale = max(scale, 1)
    let reach = support * filterScale
    let group = Int(PITH_RESAMPLE_GROUP)
    taps = (Int(reach.rounded(.up)) * 2 + group) / group * group
    for target in key.window {
      let center = (Double(target) + 0.5) * scale
      let start = max(Int(center - reach + 0.5), 0)
      let end = min(Int(center + reach + 0.5), key.source)
      row.removeAll(keepingCapacity: true)
      var sum = 0.0
      for source in start..<end {
        let weight = filter((Double(source) - center + 0.5) * (1 / filterScale))
        row.append(weight)
        sum += weight
      }
      starts.append(start)
      counts.append(end - start)
      greatestCount = max(greatestCount, end - start)
      for tap in 0..<taps {
        weights.append(tap < row.count ? Self.fixedPoint(sum == 0 ? row[tap] : row[tap] / sum) : 0)
      }
    }
  }

  /// Rounded half away from zero.
  private static func fixedPoint(_ weight: Double) -> Int32 {
    let scaled = weight * Double(1 << fractionBits)
    return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  private static func triangle(_ x: Double) -> Double {
    let x = abs(x)
    return x < 1 ? 1 - x : 0
  }

  /// Keys' cubic convolution with a = -0.5 (Keys 1981); the order of the operations is Pillow's.
  private static func cubic(_ x: Double) -> Double {
    let a = -0.5
    let x = abs(x)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
