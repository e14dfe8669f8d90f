/// A cursor over bytes from outside: little-endian, every read checked against the end.
///
/// Errors carry ``what`` and the offset; the caller adds the file.
package struct ByteReader {
  /// All bytes, of which ``offset`` is the next to be read.
  package let bytes: ArraySlice<UInt8>
  /// The position of the next byte, counted from the start of `bytes`.
  package private(set) var offset = 0
  /// What is being read, for errors: `section 'tensors'`.
  package let what: String
  private let code: PithError.Code

  package init(
    _ bytes: ArraySlice<UInt8>, what: String, code: PithError.Code = .malformedFile
  ) {
    self.bytes = bytes
    self.what = what
    self.code = code
  }

  /// The number of bytes not yet read.
  package var remaining: Int { bytes.count - offset }

  package var isAtEnd: Bool { remaining == 0 }

  /// The next `count` bytes.
  package mutating func read(_ count: Int, _ field: @autoclosure () -> String) throws
    -> ArraySlice<UInt8>
  {
    guard count >= 0, count <= remaining else {
      throw error("\(field()) needs \(count) bytes but \(remaining) are left")
    }
    let start = bytes.startIndex + offset
    offset += count
    return bytes[start..<start + count]
  }

  /// The next little-endian integer.
  package mutating func integer<Integer: FixedWidthInteger>(
    _ type: Integer.Type, _ field: @autoclosure () -> String
  ) throws -> Integer {
    let slice = try read(Integer.bitWidth / 8, field())
    var value: Integer = 0
    for (index, byte) in slice.enumerated() {
      value |= Integer(truncatingIfNeeded: byte) << Integer(truncatingIfNeeded: 8 * index)
    }
    return value
  }

  /// The next little-endian integer, of the type that the caller expects.
  package mutating func integer<Integer: FixedWidthInteger>(
    _ field: @autoclosure () -> String
  ) throws -> Integer {
    try integer(Integer.self, field())
  }

  /// The next unsigned 64-bit integer as an `Int` of at most `maximum`.
  package mutating func count(
    upTo maximum: Int, _ field: @autoclosure () -> String
  ) throws -> Int {
    let start = offset
    return try bounded(integer(UInt64.self, field()), upTo: maximum, at: start, field())
  }

  /// The next unsigned 32-bit integer as an `Int` of at most `maximum`.
  package mutating func count32(
    upTo maximum: Int, _ field: @autoclosure () -> String
  ) throws -> Int {
    let start = offset
    return try bounded(UInt64(integer(UInt32.self, field())), upTo: maximum, at: start, field())
  }

  /// The next little-endian binary32.
  package mutating func float(_ field: @autoclosure () -> String) throws -> Float {
    Float(bitPattern: try integer(UInt32.self, field()))
  }

  /// The next little-endian binary64.
  package mutating func double(_ field: @autoclosure () -> String) throws -> Double {
    Double(bitPattern: try integer(UInt64.self, field()))
  }

  /// A 32-bit byte count of at most `maximum`, then that many bytes of UTF-8 without control characters.
  ///
  /// - Parameter rule: what other bytes break.
  package mutating func text(
    upTo maximum: Int, rule: String? = nil, _ field: @autoclosure () -> String
  ) throws -> String {
    let length = try count32(upTo: maximum, "the length of \(field())")
    let start = offset
    guard let text = String(validating: try read(length, field()), as: UTF8.self) else {
      throw error("\(field()) is not valid UTF-8", rule: rule, at: start)
    }
    guard !text.hasControlCharacters else {
      throw error("\(field()) has control characters", rule: rule, at: start)
    }
    return text
  }

  /// A 32-bit count of at most `maximum`, then that many elements of at least `minimumBytes` each.
  ///
  /// A count that the bytes left over cannot hold is refused before memory is spent.
  package mutating func list<Element>(
    upTo maximum: Int, minimumBytes: Int, _ field: @autoclosure () -> String,
    _ element: (inout ByteReader, Int) throws -> Element
  ) throws -> [Element] {
    let count = try count32(upTo: maximum, "the number of \(field())")
    guard count <= remaining / minimumBytes else {
      throw error("\(count) \(field()) do not fit the \(remaining) bytes that are left")
    }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for index in 0..<count { elements.append(try element(&self, index)) }
    return elements
  }

  /// An error at `position`, or at the present offset.
  package func error(
    _ problem: String, rule: String? = nil, at position: Int? = nil
  ) -> PithError {
    PithError(code, place: "\(what), byte \(position ?? offset)", problem, rule: rule)
  }

  private func bounded(
    _ value: UInt64, upTo maximum: Int, at start: Int, _ field: @autoclosure () -> String
  ) throws -> Int {
    guard value <= UInt64(max(0, maximum)) else {
      throw PithError(
        .limitExceeded, place: "\(what), byte \(start)",
        "\(field()) is \(value) but may be at most \(maximum)")
    }
    return Int(value)
  }
}

/// Appends little-endian fields to bytes: the inverse of ``ByteReader``.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  /// - Parameter capacity: how many bytes there will be, where that is known.
  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  package mutating func append(_ slice: some Sequence<UInt8>) {
    bytes.append(contentsOf: slice)
  }

  package mutating func integer<Integer: FixedWidthInteger>(_ value: Integer) {
    for index in 0..<Integer.bitWidth / 8 {
      bytes.append(UInt8(truncatingIfNeeded: value >> Integer(truncatingIfNeeded: 8 * index)))
    }
  }

  package mutating func count(_ value: Int) { integer(UInt64(value)) }

  package mutating func count32(_ value: Int) { integer(UInt32(value)) }

  package mutating func float(_ value: Float) { integer(value.bitPattern) }

  package mutating func double(_ value: Double) { integer(value.bitPattern) }

  package mutating func string(_ text: String) {
    count32(text.utf8.count)
    append(text.utf8)
  }

  /// Zero bytes up to the next multiple of `alignment`.
  package mutating func align(to alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }
}
