import Pith

/// A value of JSON (RFC 8259), with the members of objects in the order in which they were given.
indirect enum JSON {
  case null
  case boolean(Bool)
  case integer(Int)
  /// The shortest digits that give the same binary32 back; null when it is NaN or infinite.
  case float(Float)
  /// The same for binary64.
  case double(Double)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// A text, or null.
  static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }

  /// Sizes, outermost first.
  static func sizes(_ shape: Shape) -> JSON { .array(shape.dimensions.map { .integer($0) }) }

  /// `{"error":"...","code":N}`; the numbers are those of ``PithError/Code``.
  static func error(_ error: PithError) -> JSON {
    .object(errorMembers(error))
  }

  /// The members that say why something failed.
  static func errorMembers(_ error: PithError) -> [(String, JSON)] {
    [("error", .string(error.description)), ("code", .integer(error.code.rawValue))]
  }

  /// On one line.
  var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .float(let value): text += value.isFinite ? "\(value)" : "null"
    case .double(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        Self.write(member.0, to: &text)
        text += ":"
        member.1.write(to: &text)
      }
      text += "}"
    }
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
