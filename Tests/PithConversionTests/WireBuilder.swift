import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Bytes of protocol buffers made by hand, for files that no library would write.
enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80
      ? [UInt8(value)] : [UInt8(truncatingIfNeeded: value) | 0x80] + varint(value >> 7)
  }

  static func integer(_ number: UInt64, _ value: Int64) -> [UInt8] {
    varint(number << 3) + varint(UInt64(bitPattern: value))
  }

  static func bytes(_ number: UInt64, _ parts: [UInt8]...) -> [UInt8] {
    let content = parts.flatMap(\.self)
    return varint(number << 3 | 2) + varint(UInt64(content.count)) + content
  }

  static func text(_ number: UInt64, _ content: String) -> [UInt8] {
    bytes(number, Array(content.utf8))
  }

  static func float(_ number: UInt64, _ value: Float) -> [UInt8] {
    varint(number << 3 | 5) + little(value.bitPattern)
  }

  static func double(_ number: UInt64, _ value: Double) -> [UInt8] {
    varint(number << 3 | 1) + little(value.bitPattern)
  }

  static func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    var writer = ByteWriter()
    writer.integer(value)
    return writer.bytes
  }

  /// A model of IR version 8 whose graph has these bytes.
  static func model(_ graph: [UInt8]) -> [UInt8] { integer(1, 8) + bytes(7, graph) }

  /// A model with one initializer, `w`, of these bytes beside its name.
  static func model(tensor: [UInt8]) -> [UInt8] { model(bytes(5, text(8, "w") + tensor)) }

  /// A model with one node `Op` that has this attribute.
  static func model(attribute: [UInt8]) -> [UInt8] {
    model(bytes(1, text(4, "Op") + bytes(5, text(1, "a") + attribute)))
  }

  /// The tensor `w` of a model that has it.
  static func tensor(_ bytes: [UInt8]) throws -> ONNXTensor {
    try ONNXModel(reading: model(tensor: bytes)).graph.initializers[0]
  }

  /// What the attribute is read as.
  static func attribute(_ bytes: [UInt8]) throws -> ONNXAttribute? {
    try ONNXModel(reading: model(attribute: bytes)).graph.nodes[0].attributes["a"]
  }

  /// The text of the error of a model.
  static func problem(_ bytes: [UInt8], limits: Limits = Limits()) -> String? {
    pithError { try ONNXModel(reading: bytes, limits: limits) }?.description
  }
}

/// Bytes that have to be refused, and the text of the error.
struct Lie: Sendable, CustomTestStringConvertible {
  var bytes: [UInt8]
  var problem: String

  init(_ parts: [UInt8]..., problem: String) {
    bytes = parts.flatMap(\.self)
    self.problem = problem
  }

  var testDescription: String { problem }
}
