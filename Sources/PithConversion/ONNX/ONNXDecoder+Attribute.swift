import PithTensor

extension ONNXDecoder {
  /// The name and the value of an attribute.
  mutating func attribute(_ bytes: ArraySlice<UInt8>) throws -> (String, ONNXAttribute) {
    var reader = ProtocolBufferReader(bytes, message: "AttributeProto")
    var draft = AttributeDraft()
    while let field = try next(&reader) {
      switch field.number {
      case 1: draft.name = try field.text("name", limits: limits)
      case 20: draft.type = try field.integer("type")
      case 21: draft.reference = try field.text("ref_attr_name", limits: limits)
      default:
        guard let kind = AttributeKind(field: field.number) else { continue }
        try spend(kind.numbers(in: field), field)
        try read(kind, field, &draft)
      }
    }
    guard !draft.name.isEmpty else {
      throw PithError(
        .malformedCheckpoint, place: "AttributeProto, byte \(bytes.startIndex)",
        "an attribute has no name")
    }
    do {
      return (draft.name, try draft.attribute())
    } catch let error as PithError {
      throw error.at("AttributeProto, byte \(bytes.startIndex)")
    }
  }

  private mutating func read(
    _ kind: AttributeKind, _ field: ProtocolBufferField, _ draft: inout AttributeDraft
  ) throws {
    switch kind {
    case .float: draft.values[kind] = .real(try field.float("f"))
    case .int: draft.values[kind] = .integer(try field.integer("i"))
    case .string:
      draft.values[kind] = Self.text(try field.bytes("s")).map { .text($0) } ?? .unreadableText
    case .tensor:
      let value = ONNXAttribute.tensor(try tensor(try field.bytes("t")))
      try field.once(&draft.values[kind], value, "t")
    case .floats:
      try field.forEachFloat("floats") { draft.reals.append($0) }
      draft.values[kind] = .reals([])
    case .ints:
      try field.forEachVarint("ints") { draft.integers.append(Int64(bitPattern: $0)) }
      draft.values[kind] = .integers([])
    case .strings:
      if let text = Self.text(try field.bytes("strings")) {
        draft.texts.append(text)
      } else {
        draft.hasUnreadableTexts = true
      }
      draft.values[kind] = .texts([])
    case .graph, .sparseTensor, .typeProto, .tensors, .graphs, .sparseTensors, .typeProtos:
      _ = try field.bytes(kind.name)
      draft.values[kind] = .other(kind.name)
    }
  }

  /// Nil when it cannot be shown.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    String(validating: bytes, as: UTF8.self).flatMap { $0.hasControlCharacters ? nil : $0 }
  }
}

extension ONNXAttribute {
  fileprivate static let unreadableText = ONNXAttribute.other("text that cannot be shown")
}

/// The kinds of values, with their numbers in AttributeProto.AttributeType.
private enum AttributeKind: Int64 {
  case float = 1
  case int = 2
  case string = 3
  case tensor = 4
  case graph = 5
  case floats = 6
  case ints = 7
  case strings = 8
  case tensors = 9
  case graphs = 10
  case sparseTensor = 11
  case sparseTensors = 12
  case typeProto = 13
  case typeProtos = 14

  /// The kind whose values are in this field.
  init?(field: Int) {
    switch field {
    case 2: self = .float
    case 3: self = .int
    case 4: self = .string
    case 5: self = .tensor
    case 6: self = .graph
    case 7: self = .floats
    case 8: self = .ints
    case 9: self = .strings
    case 10: self = .tensors
    case 11: self = .graphs
    case 14: self = .typeProto
    case 15: self = .typeProtos
    case 22: self = .sparseTensor
    case 23: self = .sparseTensors
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .float: "float"
    case .int: "integer"
    case .string: "text"
    case .tensor: "tensor"
    case .graph: "graph"
    case .floats: "floats"
    case .ints: "integers"
    case .strings: "texts"
    case .tensors: "tensors"
    case .graphs: "graphs"
    case .sparseTensor: "sparse tensor"
    case .sparseTensors: "sparse tensors"
    case .typeProto: "type"
    case .typeProtos: "types"
    }
  }

  /// How many numbers a field adds to a list.
  func numbers(in field: ProtocolBufferField) -> Int {
    switch self {
    case .floats: field.elementCount(byteCount: 4)
    case .ints: field.elementCount(byteCount: nil)
    case .float, .int, .string, .tensor, .graph, .strings, .tensors, .graphs, .sparseTensor,
      .sparseTensors, .typeProto, .typeProtos:
      0
    }
  }
}

/// The fields of an attribute before it is known which of them count.
private struct AttributeDraft {
  var name = ""
  var type: Int64 = 0
  var reference = ""
  /// Of the kinds that have a value; of lists only that there is one.
  var values: [AttributeKind: ONNXAttribute] = [:]
  var reals: [Float] = []
  var integers: [Int64] = []
  var texts: [String] = []
  var hasUnreadableTexts = false

  /// The value of the kind that the type says, or of the only kind when it says none.
  func attribute() throws -> ONNXAttribute {
    guard reference.isEmpty else { return .other("reference to an attribute of a function") }
    let only = values.keys.min { $0.rawValue < $1.rawValue }
    guard let kind = type == 0 ? only : AttributeKind(rawValue: type) else {
      throw PithError(
        .malformedCheckpoint,
        type == 0
          ? "the attribute '\(name)' has neither a type nor a value"
          : "the attribute '\(name)' has the unknown type \(type)")
    }
    let others = values.keys.filter { $0 != kind }.sorted { $0.rawValue < $1.rawValue }
    guard others.isEmpty else {
      throw PithError(
        .malformedCheckpoint,
        "the attribute '\(name)' is of the type \(kind.name) but also has a value of the type "
          + others.map(\.name).joined(separator: ", "))
    }
    // Writers of proto3 leave out zeros and what is empty.
    switch kind {
    case .float: return values[kind] ?? .real(0)
    case .int: return values[kind] ?? .integer(0)
    case .string: return values[kind] ?? .text("")
    case .floats: return .reals(reals)
    case .ints: return .integers(integers)
    case .strings: return hasUnreadableTexts ? .unreadableText : .texts(texts)
    case .tensor:
      guard let value = values[kind] else {
        throw PithError(
          .malformedCheckpoint, "the attribute '\(name)' is of the type tensor but has none")
      }
      return value
    case .graph, .tensors, .graphs, .sparseTensor, .sparseTensors, .typeProto, .typeProtos:
      return .other(kind.name)
    }
  }
}
