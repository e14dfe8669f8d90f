import Glibc

/// Where numbers lie along an axis, and which of them are written there.
struct PlotScale: Sendable {
  /// A number that is written at an axis.
  struct Tick: Sendable, Hashable {
    let value: Double
    let label: String
  }

  let isLogarithmic: Bool
  /// The ends of the axis.
  let range: ClosedRange<Double>
  let ticks: [Tick]

  /// Numbers beyond this have no place on an axis, so that differences are finite.
  private static let greatest = 1e150
  /// The most intervals between ticks.
  private static let greatestIntervals = 6.0

  /// - Parameters:
  ///   - values: what must have a place; those that cannot are passed over.
  ///   - endsAtTicks: whether a linear axis goes on to the next ticks.
  init(_ values: [Double], isLogarithmic: Bool, endsAtTicks: Bool = false) {
    self.isLogarithmic = isLogarithmic
    let placed = values.filter { Self.hasPlace($0, isLogarithmic: isLogarithmic) }
    let (least, greatest) = (placed.min() ?? 1, placed.max() ?? 1)
    guard !isLogarithmic else {
      range = Self.logarithmicRange(least, greatest)
      ticks = Self.logarithmicTicks(range)
      return
    }
    let exact = Self.linearRange(least, greatest)
    let step = Self.step(exact)
    range = endsAtTicks ? Self.extended(exact, to: step) : exact
    ticks = Self.linearTicks(range, step: step)
  }

  static func hasPlace(_ value: Double, isLogarithmic: Bool) -> Bool {
    abs(value) <= greatest && (!isLogarithmic || value >= 1 / greatest)
  }

  /// The place of a number between the ends, 0 at the lower and 1 at the upper; nil: it has none.
  func position(_ value: Double) -> Double? {
    guard Self.hasPlace(value, isLogarithmic: isLogarithmic) else { return nil }
    let (low, high) = (range.lowerBound, range.upperBound)
    return isLogarithmic
      ? (log10(value) - log10(low)) / (log10(high) - log10(low)) : (value - low) / (high - low)
  }

  // MARK: linear axes

  /// A range that is not empty.
  private static func linearRange(_ least: Double, _ greatest: Double) -> ClosedRange<Double> {
    let size = max(abs(least), abs(greatest))
    guard greatest - least <= 1e-9 * size || size < 1e-150 else { return least...greatest }
    let margin = size < 1e-150 ? 1 : 0.1 * size
    return least - margin...greatest + margin
  }

  private static func extended(
    _ range: ClosedRange<Double>, to step: Double
  ) -> ClosedRange<Double> {
    let first = (range.lowerBound / step + 1e-6).rounded(.down)
    let last = (range.upperBound / step - 1e-6).rounded(.up)
    return min(first * step, range.lowerBound)...max(last * step, range.upperBound)
  }

  /// One, two or five times a power of ten.
  private static func step(_ range: ClosedRange<Double>) -> Double {
    let least = (range.upperBound - range.lowerBound) / greatestIntervals
    let power = pow(10, log10(least).rounded(.down))
    return [1, 2, 5].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? 10 * power
  }

  private static func linearTicks(_ range: ClosedRange<Double>, step: Double) -> [Tick] {
    let first = (range.lowerBound / step - 1e-6).rounded(.up)
    let last = (range.upperBound / step + 1e-6).rounded(.down)
    let size = max(abs(range.lowerBound), abs(range.upperBound))
    return stride(from: first, through: last, by: 1).map { count in
      Tick(value: count * step, label: label(count * step, step: step, size: size))
    }
  }

  /// As many digits as the step has; with an exponent, the same at all ticks, where there would be many zeros.
  private static func label(_ value: Double, step: Double, size: Double) -> String {
    if value == 0 { return "0" }
    let digits = Int((log10(step) + 1e-9).rounded(.down))
    if -4...5 ~= digits, size < 1e7 { return fixed(value, max(0, -digits)) }
    let exponent = Int(log10(size).rounded(.down))
    return fixed(value / pow(10, Double(exponent)), max(0, exponent - digits)) + "e\(exponent)"
  }

  // MARK: logarithmic axes

  private static func logarithmicRange(_ least: Double, _ greatest: Double) -> ClosedRange<Double> {
    greatest > least * (1 + 1e-9) ? least...greatest : least / 3...greatest * 3
  }

  /// Powers of ten; between them, where there are not two of them.
  private static func logarithmicTicks(_ range: ClosedRange<Double>) -> [Tick] {
    let (low, high) = (log10(range.lowerBound) - 1e-9, log10(range.upperBound) + 1e-9)
    let decades = Array(stride(from: low.rounded(.up), through: high.rounded(.down), by: 1))
    if decades.count >= 2 {
      let every = Int((Double(decades.count) / (greatestIntervals + 2)).rounded(.up))
      return decades.filter { Int($0) % every == 0 }.map { tick(1, $0) }
    }
    let between = stride(from: low.rounded(.down), through: high, by: 1).flatMap { decade in
      [1.0, 2, 5].filter { low...high ~= decade + log10($0) }.map { tick($0, decade) }
    }
    return between.count >= 2 ? between : linearTicks(range, step: step(range))
  }

  private static func tick(_ digit: Double, _ decade: Double) -> Tick {
    let (value, exponent) = (digit * pow(10, decade), Int(decade))
    return Tick(
      value: value,
      label: -4...5 ~= exponent ? fixed(value, max(0, -exponent)) : "\(Int(digit))e\(exponent)")
  }

  /// With a fixed number of digits after the point. At most 15 digits in all are to be asked for.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    let scaled = Int((abs(value) * pow(10, Double(digits))).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let text = String(scaled)
    guard digits > 0 else { return sign + text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
  }
}
