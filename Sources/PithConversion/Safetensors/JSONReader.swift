import PithTensor

/// A strict cursor over a JSON text (RFC 8259) whose structure the caller knows.
///
/// Nothing is kept but what the caller asks for, and the nesting is that of the caller's code, so no text makes it deep
/// or large. A key that is given twice is refused.
struct JSONReader {
  private let bytes: ArraySlice<UInt8>
  /// The index of the next byte; slices keep the indices of the file.
  private(set) var position: Int
  private let what: String

  /// - Parameter what: what the text is, for errors: `header`.
  init(_ bytes: ArraySlice<UInt8>, what: String) {
    self.bytes = bytes
    self.what = what
    self.position = bytes.startIndex
  }

  /// An object of at most `maximum` members; `member` reads the value of the key that it is given.
  mutating func object(
    _ name: String, atMost maximum: Int, keyBytes: Int,
    _ member: (inout JSONReader, _ key: String) throws -> Void
  ) throws {
    try expect("{", "the beginning of \(name)")
    var keys: Set<String> = []
    guard !accept("}") else { return }
    repeat {
      skipSpace()
      let start = position
      let key = try string("a key of \(name)", atMost: keyBytes)
      guard keys.insert(key).inserted else {
        throw error("\(name) has the key '\(key)' twice", at: start)
      }
      guard keys.count <= maximum else {
        throw limitError("\(name) has more than \(maximum) members", at: start)
      }
      try expect(":", "the value of '\(key)'")
      try member(&self, key)
    } while accept(",")
    try expect("}", "the end of \(name)")
  }

  /// An array of at most `maximum` whole numbers, of which none is negative.
  mutating func counts(_ name: String, atMost maximum: Int) throws -> [Int] {
    try expect("[", "the beginning of \(name)")
    var values: [Int] = []
    guard !accept("]") else { return values }
    repeat {
      let value = try count(name)
      guard values.count < maximum else {
        throw limitError("\(name) has more than \(maximum) numbers", at: position)
      }
      values.append(value)
    } while accept(",")
    try expect("]", "the end of \(name)")
    return values
  }

  /// A string of at most `maximum` bytes of UTF-8 that can be shown.
  mutating func string(_ name: String, atMost maximum: Int) throws -> String {
    skipSpace()
    let start = position
    let text = try anyString(name, atMost: maximum)
    guard !text.hasControlCharacters else {
      throw error("\(name) has control characters", at: start)
    }
    return text
  }

  /// A string of at most `maximum` bytes of UTF-8.
  mutating func anyString(_ name: String, atMost maximum: Int) throws -> String {
    try expect("\"", "the beginning of \(name)")
    let start = position
    var text: [UInt8] = []
    while let byte = next() {
      switch byte {
      case 0x22:
        guard let string = String(validating: text, as: UTF8.self) else {
          throw error("\(name) is not valid UTF-8", at: start)
        }
        return string
      case 0x5C: text += try escape(name).utf8
      case 0x20...: text.append(byte)
      default: throw error("\(name) has a control character", at: position - 1)
      }
      guard text.count <= maximum else {
        throw limitError("\(name) may have at most \(maximum) bytes", at: start)
      }
    }
    throw error("\(name) does not end", at: start)
  }

  /// Checks that nothing but space follows.
  mutating func end() throws {
    skipSpace()
    guard position == bytes.endIndex else {
      throw error("\(bytes.endIndex - position) bytes follow the end of the JSON", at: position)
    }
  }

  private mutating func count(_ name: String) throws -> Int {
    skipSpace()
    let digits = bytes[position...].prefix { 0x30...0x39 ~= $0 }
    let after = bytes[digits.endIndex...].first
    guard digits.count == 1 || digits.first != 0x30, after != 0x2E,
      after.map({ $0 | 0x20 }) != 0x65,
      let value = Int(String(decoding: digits, as: UTF8.self))
    else {
      throw error("\(name) has to have whole numbers from 0 to \(Int.max)", at: position)
    }
    position = digits.endIndex
    return value
  }

  private mutating func escape(_ name: String) throws -> String {
    let start = position - 1
    switch next() {
    case 0x22: return "\""
    case 0x5C: return "\\"
    case 0x2F: return "/"
    case 0x62: return "\u{8}"
    case 0x66: return "\u{C}"
    case 0x6E: return "\n"
    case 0x72: return "\r"
    case 0x74: return "\t"
    case 0x75:
      var units = [try codeUnit(name)]
      if 0xD800...0xDBFF ~= units[0], bytes[position...].starts(with: [0x5C, 0x75]) {
        position += 2
        units.append(try codeUnit(name))
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw error("\(name) has half of a surrogate pair", at: start)
      }
      return text
    default: throw error("\(name) has an escape that JSON does not have", at: start)
    }
  }

  private mutating func codeUnit(_ name: String) throws -> UInt16 {
    let digits = bytes[position...].prefix(4)
    // UInt16 would take a sign.
    guard digits.count == 4, digits.first != 0x2B,
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else {
      throw error("\(name) has an escape without four hexadecimal digits", at: position)
    }
    position += 4
    return unit
  }

  private mutating func next() -> UInt8? {
    guard position < bytes.endIndex else { return nil }
    position += 1
    return bytes[position - 1]
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func accept(_ token: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.endIndex, UInt32(bytes[position]) == token.value else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ token: Unicode.Scalar, _ meaning: String) throws {
    guard accept(token) else { throw error("'\(token)' was expected, \(meaning)", at: position) }
  }

  /// An error at a byte of the file.
  func error(_ problem: String, at index: Int) -> PithError {
    PithError(.malformedCheckpoint, place: "\(what), byte \(index)", problem)
  }

  private func limitError(_ problem: String, at index: Int) -> PithError {
    PithError(.limitExceeded, place: "\(what), byte \(index)", problem)
  }
}
