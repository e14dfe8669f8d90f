package import Pith
import PithFormat
import PithTensor

/// A model as the library safetensors saves it: its tensors under the trainer's names, and what the model says beside them.
///
/// Source: README of huggingface/safetensors.
package enum SafetensorsExport {
  /// The bytes of the file.
  ///
  /// Each tensor has the type that it is stored in, `F32`, `F16` or `BF16`, so that no value changes; one of integers with a
  /// scale, for which the format has no place, becomes `F32`. `__metadata__` has the network in the network language, the
  /// recipe in the options of `pith convert`, the meaning of the outputs, labels, a line each, and where the model came from.
  ///
  /// - Throws: ``PithError`` with the code `checksumMismatch` when a chunk of the file is damaged.
  package static func bytes(of model: Model) throws -> [UInt8] {
    let tensors = try model.container.decodeAll().byName()
    // Wide types first keep every tensor aligned to its own type.
    let entries = model.container.tensors.sorted {
      (-WrittenType($0).byteCount, $0.name) < (-WrittenType($1).byteCount, $1.name)
    }
    var metadata: [(String, String)] = [("format", "pt")]
    metadata += ExportFacts(model).entries.map { ($0.name, $0.text) }
    var header = "{\"__metadata__\":{"
    header += metadata.map { "\(JSONText.quoted($0)):\(JSONText.quoted($1))" }
      .joined(separator: ",")
    header += "}"
    var values = ByteWriter()
    for entry in entries {
      guard let tensor = tensors[entry.name] else { continue }
      let start = values.bytes.count
      let type = WrittenType(entry)
      type.append(tensor.values, to: &values)
      header +=
        ",\(JSONText.quoted(entry.name)):{\"dtype\":\"\(type.rawValue)\","
        + "\"shape\":[\(entry.shape.dimensions.map(String.init).joined(separator: ","))],"
        + "\"data_offsets\":[\(start),\(values.bytes.count)]}"
    }
    header += "}"
    // The values begin at a multiple of eight bytes.
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    var writer = ByteWriter()
    writer.count(header.utf8.count)
    writer.append(header.utf8)
    writer.append(values.bytes)
    return writer.bytes
  }

  /// What a tensor is written as, by its name in the header.
  private enum WrittenType: String {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    init(_ entry: TensorEntry) {
      self =
        switch entry.storedType {
        // Integers with a scale become the numbers that they stand for.
        case .float32, .int8: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }

    var byteCount: Int { self == .float32 ? 4 : 2 }

    func append(_ values: [Float], to writer: inout ByteWriter) {
      for value in values {
        switch self {
        case .float32: writer.float(value)
        case .float16: writer.integer(HalfPrecision.float16Bits(value))
        case .bfloat16: writer.integer(HalfPrecision.bfloat16Bits(value))
        }
      }
    }
  }
}

/// Texts as JSON writes them (RFC 8259).
enum JSONText {
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
