import PithTensor

/// Turns the messages of onnx.proto into ``ONNXModel`` and its parts. Field numbers are those of that file.
///
/// What is followed is a fixed tree (model, graph, node, attribute, tensor), so no file makes it deep.
struct ONNXDecoder {
  let folder: String?
  let limits: Limits
  private var fields = 0
  private var values = 0

  init(folder: String?, limits: Limits) {
    self.folder = folder
    self.limits = limits
  }

  /// The next field, which counts.
  mutating func next(_ reader: inout ProtocolBufferReader) throws -> ProtocolBufferField? {
    guard let field = try reader.next() else { return nil }
    try spend(1, field)
    return field
  }

  /// Counts what is kept of a field: its numbers when there are several.
  mutating func spend(_ count: Int, _ field: ProtocolBufferField) throws {
    guard count <= limits.protocolBufferFields - fields else {
      throw PithError(
        .limitExceeded, place: field.place,
        "the file has more than \(limits.protocolBufferFields) fields and numbers")
    }
    fields += count
  }

  /// Counts the values of a tensor.
  mutating func spendValues(_ count: Int) throws {
    guard count <= limits.tensorValues - values else {
      throw PithError(
        .limitExceeded, "the tensors have more than \(limits.tensorValues) values together")
    }
    values += count
  }

  mutating func model(_ bytes: ArraySlice<UInt8>) throws -> ONNXModel {
    var reader = ProtocolBufferReader(bytes, message: "ModelProto")
    var version: Int64 = 0
    var producer = ("", "")
    var sets: [String: Int] = [:]
    var functions: [String] = []
    var graphBytes: ArraySlice<UInt8>?
    while let field = try next(&reader) {
      switch field.number {
      case 1: version = try field.integer("ir_version")
      case 2: producer.0 = try field.text("producer_name", limits: limits)
      case 3: producer.1 = try field.text("producer_version", limits: limits)
      case 7: try field.once(&graphBytes, try field.bytes("graph"), "graph")
      case 8:
        let (domain, version) = try operatorSet(try field.bytes("opset_import"))
        guard sets.updateValue(version, forKey: domain) ?? version == version else {
          throw field.error("the operator set '\(domain)' is given twice with different versions")
        }
      case 25: functions.append(try function(try field.bytes("functions")))
      default: continue
      }
    }
    guard version >= 3 else {
      throw PithError(
        .unsupportedVersion, place: "ModelProto",
        "the file has the IR version \(version); 3 and later are read",
        advice: "convert it with onnx.version_converter, or export it again")
    }
    guard let graphBytes else {
      throw PithError(.malformedCheckpoint, place: "ModelProto", "the file has no graph")
    }
    return ONNXModel(
      irVersion: Int(version),
      producer: producer.1.isEmpty ? producer.0 : "\(producer.0) \(producer.1)",
      operatorSets: sets, graph: try graph(graphBytes), functions: functions)
  }

  private mutating func operatorSet(_ bytes: ArraySlice<UInt8>) throws -> (String, Int) {
    var reader = ProtocolBufferReader(bytes, message: "OperatorSetIdProto")
    var domain = ""
    var version: Int64 = 0
    while let field = try next(&reader) {
      switch field.number {
      case 1: domain = Self.domain(try field.text("domain", limits: limits))
      case 2:
        version = try field.integer("version")
        guard version > 0 else { throw field.error("\(version) is no version of an operator set") }
      default: continue
      }
    }
    return (domain, Int(version))
  }

  private mutating func function(_ bytes: ArraySlice<UInt8>) throws -> String {
    var reader = ProtocolBufferReader(bytes, message: "FunctionProto")
    var (domain, name) = ("", "")
    while let field = try next(&reader) {
      switch field.number {
      case 1: name = try field.text("name", limits: limits)
      case 10: domain = try field.text("domain", limits: limits)
      default: continue
      }
    }
    return "\(domain).\(name)"
  }

  /// `ai.onnx` is the long name of the standard domain.
  static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }
}

extension ProtocolBufferField {
  /// Sets a singular message, which may be given once; protocol buffers would merge the two.
  func once<Message>(_ place: inout Message?, _ value: Message, _ name: String) throws {
    guard place == nil else { throw error("'\(name)' is given twice") }
    place = value
  }
}
