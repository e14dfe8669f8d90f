import PithTensor

/// One field of a message, as it stands in the file.
///
/// The accessors take the field's name for errors and refuse the wire types that it does not have.
struct ProtocolBufferField {
  /// A value by its wire type.
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)

    fileprivate var kind: String {
      switch self {
      case .varint: "a varint"
      case .fixed64: "64 bits"
      case .bytes: "a length and bytes"
      case .fixed32: "32 bits"
      }
    }
  }

  let number: Int
  let value: Value
  /// The message that it belongs to.
  let message: String
  /// The index of its first byte in the file.
  let position: Int

  /// An `int64`, `int32` or enumeration.
  func integer(_ name: String) throws -> Int64 {
    guard case .varint(let bits) = value else { throw mismatch(name, "a varint") }
    return Int64(bitPattern: bits)
  }

  /// A `float`.
  func float(_ name: String) throws -> Float {
    guard case .fixed32(let bits) = value else { throw mismatch(name, "32 bits") }
    return Float(bitPattern: bits)
  }

  /// `bytes`, or the bytes of a message inside.
  func bytes(_ name: String) throws -> ArraySlice<UInt8> {
    guard case .bytes(let slice) = value else { throw mismatch(name, "a length and bytes") }
    return slice
  }

  /// A `string` that can be shown.
  func text(_ name: String, limits: Limits) throws -> String {
    let slice = try bytes(name)
    guard slice.count <= limits.nameBytes else {
      throw PithError(
        .limitExceeded, place: place,
        "'\(name)' has \(slice.count) bytes but may have at most \(limits.nameBytes)")
    }
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw error("'\(name)' is not valid UTF-8")
    }
    guard !text.hasControlCharacters else { throw error("'\(name)' has control characters") }
    return text
  }

  /// Each number of a repeated `int64`, `int32` or `uint64`, packed or not.
  func forEachVarint(_ name: String, _ body: (UInt64) throws -> Void) throws {
    switch value {
    case .varint(let bits): try body(bits)
    case .bytes(let slice):
      var position = slice.startIndex
      while position < slice.endIndex {
        guard let bits = slice.varint(at: &position) else {
          throw error("a number in '\(name)' does not end within 10 bytes, 64 bits and the field")
        }
        try body(bits)
      }
    case .fixed64, .fixed32: throw mismatch(name, "a varint or packed varints")
    }
  }

  /// Each number of a repeated `float`, packed or not.
  func forEachFloat(_ name: String, _ body: (Float) throws -> Void) throws {
    switch value {
    case .fixed32(let bits): try body(Float(bitPattern: bits))
    case .bytes(let slice):
      try whole(slice, 4, name)
      for start in stride(from: slice.startIndex, to: slice.endIndex, by: 4) {
        try body(Float(bitPattern: slice[start..<start + 4].littleEndian()))
      }
    case .fixed64, .varint: throw mismatch(name, "32 bits or packed ones")
    }
  }

  /// Each number of a repeated `double`, packed or not.
  func forEachDouble(_ name: String, _ body: (Double) throws -> Void) throws {
    switch value {
    case .fixed64(let bits): try body(Double(bitPattern: bits))
    case .bytes(let slice):
      try whole(slice, 8, name)
      for start in stride(from: slice.startIndex, to: slice.endIndex, by: 8) {
        try body(Double(bitPattern: slice[start..<start + 8].littleEndian()))
      }
    case .fixed32, .varint: throw mismatch(name, "64 bits or packed ones")
    }
  }

  /// How many numbers of `byteCount` bytes, or varints when nil, a repeated field holds. Nothing else is checked.
  func elementCount(byteCount: Int?) -> Int {
    guard case .bytes(let slice) = value else { return 1 }
    guard let byteCount else { return slice.count { $0 < 0x80 } }
    return slice.count / byteCount
  }

  /// `NodeProto, byte 12`.
  var place: String { "\(message), byte \(position)" }

  /// An error at the field.
  func error(_ problem: String, code: PithError.Code = .malformedCheckpoint) -> PithError {
    PithError(code, place: place, problem)
  }

  private func whole(_ slice: ArraySlice<UInt8>, _ size: Int, _ name: String) throws {
    guard slice.count % size == 0 else {
      throw error("'\(name)' has \(slice.count) bytes, which are no whole numbers of \(size)")
    }
  }

  private func mismatch(_ name: String, _ expected: String) -> PithError {
    error("'\(name)' (field \(number)) is \(value.kind); \(expected) was expected")
  }
}
