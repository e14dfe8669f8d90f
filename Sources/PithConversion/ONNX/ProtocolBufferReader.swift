import PithTensor

/// A cursor over the fields of one message in the wire format of protocol buffers.
///
/// Every length is checked against what is left; nothing is copied. Messages inside are slices, which the caller reads
/// with a reader of their own, so the nesting that is followed is that of the caller's code and not that of the file.
/// Source: "Encoding" in the documentation of Protocol Buffers.
struct ProtocolBufferReader {
  /// What is read, for errors: `NodeProto`.
  let message: String
  private let bytes: ArraySlice<UInt8>
  /// The index of the next byte; slices keep the indices of the file.
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>, message: String) {
    self.bytes = bytes
    self.message = message
    self.position = bytes.startIndex
  }

  /// The next field, or nil at the end of the message.
  ///
  /// - Throws: ``PithError`` with the code `malformedCheckpoint` and the position in the file.
  mutating func next() throws -> ProtocolBufferField? {
    guard position < bytes.endIndex else { return nil }
    let start = position
    let tag = try varint(at: start)
    let number = tag >> 3
    guard number > 0, number < 1 << 29 else {
      throw error("\(number) is not a field number; 1 to 536870911 are", at: start)
    }
    let value: ProtocolBufferField.Value
    switch tag & 7 {
    case 0: value = .varint(try varint(at: start))
    case 1: value = .fixed64(try slice(8, number, at: start).littleEndian())
    case 2:
      let length = try varint(at: start)
      value = .bytes(try slice(length, number, at: start))
    case 3, 4:
      throw error("field \(number) is a group, which no message of today has", at: start)
    case 5: value = .fixed32(try slice(4, number, at: start).littleEndian())
    default: throw error("field \(number) has the wire type \(tag & 7); there is none", at: start)
    }
    return ProtocolBufferField(
      number: Int(number), value: value, message: message, position: start)
  }

  private mutating func slice(
    _ count: UInt64, _ number: UInt64, at start: Int
  ) throws -> ArraySlice<UInt8> {
    let left = bytes.endIndex - position
    guard count <= UInt64(left) else {
      throw error("field \(number) needs \(count) bytes but \(left) are left", at: start)
    }
    let from = position
    position += Int(count)
    return bytes[from..<position]
  }

  private mutating func varint(at start: Int) throws -> UInt64 {
    guard let value = bytes.varint(at: &position) else {
      throw error("a number does not end within 10 bytes, 64 bits and the message", at: start)
    }
    return value
  }

  private func error(_ problem: String, at start: Int) -> PithError {
    PithError(.malformedCheckpoint, place: "\(message), byte \(start)", problem)
  }
}

extension ArraySlice<UInt8> {
  /// The number of seven bits a byte, least first, at `position`, which moves behind it; nil when it has no end
  /// within the slice or more than 64 bits.
  func varint(at position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < endIndex else { return nil }
      let byte = self[position]
      position += 1
      // The tenth byte has room for one bit.
      guard shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  /// The bytes as a little-endian integer; there have to be as many as it has.
  func littleEndian<Integer: FixedWidthInteger>() -> Integer {
    reversed().reduce(0) { $0 << 8 | Integer($1) }
  }
}
