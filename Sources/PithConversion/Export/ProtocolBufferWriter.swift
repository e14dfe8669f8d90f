import PithTensor

/// The fields of one message in the wire format of protocol buffers, as ``ProtocolBufferReader`` reads them.
///
/// Source: "Encoding" in the documentation of Protocol Buffers.
struct ProtocolBufferWriter {
  private(set) var bytes: [UInt8] = []

  /// An `int64`, `int32` or enumeration.
  mutating func integer(_ number: UInt64, _ value: Int) {
    varint(number << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// A `float`.
  mutating func float(_ number: UInt64, _ value: Float) {
    varint(number << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A `string`.
  mutating func text(_ number: UInt64, _ value: String) { data(number, Array(value.utf8)) }

  /// `bytes`.
  mutating func data(_ number: UInt64, _ value: [UInt8]) {
    varint(number << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  /// A message inside.
  mutating func message(_ number: UInt64, _ body: (inout ProtocolBufferWriter) -> Void) {
    var inner = ProtocolBufferWriter()
    body(&inner)
    data(number, inner.bytes)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
