import Glibc

/// Numbers for people.
enum Decimal {
  /// With a fixed number of digits after the point.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    format("%.*f", [Int32(digits), value])
  }

  /// With three significant digits, `1.23e-06` when small.
  static func short(_ value: Double) -> String {
    format("%.3g", [value])
  }

  /// A part of one in percent: `93.12 %`.
  static func percent(_ part: Double) -> String {
    fixed(100 * part, 2) + " %"
  }

  /// With a comma between thousands: `1,234,567`.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// What is not a number has no sign.
  private static func format(_ format: String, _ arguments: [any CVarArg]) -> String {
    if let number = arguments.last as? Double, number.isNaN { return "nan" }
    var buffer = [CChar](repeating: 0, count: 400)
    let count = withVaList(arguments) { vsnprintf(&buffer, buffer.count, format, $0) }
    let characters = buffer.prefix(min(max(0, Int(count)), buffer.count - 1))
    return String(decoding: characters.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
