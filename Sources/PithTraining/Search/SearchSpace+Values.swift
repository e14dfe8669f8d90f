import Glibc

/// Values are texts, as the command line takes them: what a table shows can be given to `pith train` as it stands.
extension SearchSpace {
  /// The value at a share of the range, from 0 to 1, or of the choices. Numbers have four significant digits.
  package func value(at share: Double) -> String {
    switch values {
    case .logarithmic(let range):
      let (low, high) = (log10(range.lowerBound), log10(range.upperBound))
      return Self.text(pow(10, low + share * (high - low)), within: range)
    case .linear(let range):
      let width = range.upperBound - range.lowerBound
      return Self.text(range.lowerBound + share * width, within: range)
    case .powersOfTwo(let range):
      return "\(1 << (range.lowerBound + Self.index(share, of: range.count)))"
    case .choices(let choices): return choices[Self.index(share, of: choices.count)]
    }
  }

  private static func index(_ share: Double, of count: Int) -> Int {
    min(max(0, Int(share * Double(count))), count - 1)
  }

  /// As ``description``, but numbers with four significant digits.
  package var summary: String {
    switch values {
    case .logarithmic(let range), .linear(let range):
      "\(name)=\(Self.text(range.lowerBound))..\(Self.text(range.upperBound))"
    case .powersOfTwo, .choices: description
    }
  }

  private static func text(_ value: Double, within range: ClosedRange<Double>? = nil) -> String {
    guard value != 0, value.isFinite else { return "\(value)" }
    let digits = 3 - log10(abs(value)).rounded(.down)
    // Powers of ten are exact up to 22, and the nearest number to a short decimal comes of one division.
    let scale = pow(10, abs(digits))
    let rounded =
      digits >= 0 ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
    return "\(range.map { min(max(rounded, $0.lowerBound), $0.upperBound) } ?? rounded)"
  }

  /// The value of a trial of a random search. It follows from seed, trial, name and draw alone.
  ///
  /// - Parameter draw: how often the trial has drawn before what others had.
  package func sample(seed: UInt64, trial: Int, draw: Int = 0) -> String {
    let stream = RandomStream(
      seed: seed, step: trial, stream: RandomStream.number("search \(name)"))
    return value(at: stream.uniform(at: draw))
  }

  /// The values of a grid: of a range so many at equal distances on its scale, both ends among them; of powers of two and
  /// choices all.
  package func grid(points: Int) -> [String] {
    switch values {
    case .logarithmic, .linear:
      (0..<points).map { value(at: Double($0) / Double(max(1, points - 1))) }
    case .powersOfTwo(let range): range.map { "\(1 << $0)" }
    case .choices(let choices): choices
    }
  }

  /// Where a value lies: its logarithm, itself, its exponent, or its place among the choices.
  package func position(of value: String) -> Double? {
    switch values {
    case .logarithmic: Double(value).map { log10($0) }
    case .linear: Double(value)
    case .powersOfTwo: Double(value).map { log2($0) }
    case .choices(let choices): choices.firstIndex(of: value).map { Double($0) }
    }
  }

  /// The space around the best values of a round.
  ///
  /// A range becomes that from the lowest to the highest of them, wider by a tenth of the old range at either end but nowhere
  /// beyond it, all measured on its scale; powers of two those from the lowest to the highest; choices those that occur.
  package func narrowed(to best: [String]) -> SearchSpace {
    let positions = best.compactMap { position(of: $0) }
    guard let lowest = positions.min(), let highest = positions.max() else { return self }
    func narrowed(_ low: Double, _ high: Double) -> ClosedRange<Double> {
      let margin = (high - low) / 10
      return max(low, lowest - margin)...min(high, highest + margin)
    }
    switch values {
    case .logarithmic(let range):
      let exponents = narrowed(log10(range.lowerBound), log10(range.upperBound))
      // An end that stays is not to be changed by rounding.
      func end(_ exponent: Double, _ old: Double) -> Double {
        exponent == log10(old) ? old : pow(10, exponent)
      }
      let low = end(exponents.lowerBound, range.lowerBound)
      return SearchSpace(
        name, .logarithmic(low...max(low, end(exponents.upperBound, range.upperBound))))
    case .linear(let range):
      return SearchSpace(name, .linear(narrowed(range.lowerBound, range.upperBound)))
    case .powersOfTwo: return SearchSpace(name, .powersOfTwo(Int(lowest)...Int(highest)))
    case .choices(let choices): return SearchSpace(name, .choices(choices.filter(best.contains)))
    }
  }
}
