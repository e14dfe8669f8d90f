import PithTensor

extension ONNXDecoder {
  /// A tensor, with values as many as its shape says.
  mutating func tensor(_ bytes: ArraySlice<UInt8>) throws -> ONNXTensor {
    var reader = ProtocolBufferReader(bytes, message: "TensorProto")
    var draft = TensorDraft()
    // Not counted: values are held to the limit of values.
    while let field = try reader.next() {
      switch field.number {
      case 1:
        try field.forEachVarint("dims") { bits in
          try draft.append(dimension: Int64(bitPattern: bits), field, limits)
        }
      case 2: draft.type = try field.elementType("data_type")
      case 3:
        throw field.error("the tensor is one segment of several", code: .unsupported)
      case 8: draft.name = try field.text("name", limits: limits)
      case 9: try field.once(&draft.raw, try field.bytes("raw_data"), "raw_data")
      case 13:
        try spend(1, field)
        try readExternalEntry(try field.bytes("external_data"), &draft)
      case 14: draft.isExternal = try Self.isExternal(field)
      default:
        if let kind = TypedData(rawValue: field.number) { try draft.count(kind, field) }
      }
    }
    do {
      return try finish(draft, bytes)
    } catch let error as PithError {
      throw error.at("TensorProto, byte \(bytes.startIndex)")
    }
  }

  private static func isExternal(_ field: ProtocolBufferField) throws -> Bool {
    let location = try field.integer("data_location")
    guard 0...1 ~= location else {
      throw field.error("\(location) is no location of data; 0 (here) and 1 (external) are")
    }
    return location == 1
  }

  private mutating func readExternalEntry(
    _ bytes: ArraySlice<UInt8>, _ draft: inout TensorDraft
  ) throws {
    var reader = ProtocolBufferReader(bytes, message: "StringStringEntryProto")
    var (key, value) = ("", "")
    while let field = try next(&reader) {
      switch field.number {
      case 1: key = try field.text("key", limits: limits)
      case 2: value = try field.text("value", limits: limits)
      default: continue
      }
    }
    guard draft.external.updateValue(value, forKey: key) == nil else {
      throw PithError(
        .malformedCheckpoint, place: "StringStringEntryProto, byte \(bytes.startIndex)",
        "external_data has '\(key)' twice")
    }
  }

  private mutating func finish(
    _ draft: TensorDraft, _ bytes: ArraySlice<UInt8>
  ) throws -> ONNXTensor {
    guard let type = draft.type else {
      throw PithError(.malformedCheckpoint, "the tensor '\(draft.name)' has no element type")
    }
    let shape = try Shape(checking: draft.dimensions)
    try spendValues(shape.count)
    var tensor = ONNXTensor(
      name: draft.name, type: type, shape: shape.dimensions, storage: .raw(draft.raw ?? []))
    let hasRaw = draft.raw.map { !$0.isEmpty } ?? false
    if draft.isExternal {
      guard !hasRaw, draft.typed == nil else {
        throw PithError(
          .malformedCheckpoint, "the tensor '\(draft.name)' has values here and in another file")
      }
      tensor.storage = .external(
        try ONNXExternalData(entries: draft.external, folder: folder, tensor: draft.name))
    } else if let typed = draft.typed {
      guard !hasRaw else {
        throw PithError(
          .malformedCheckpoint,
          "the tensor '\(draft.name)' has both raw_data and \(typed.name)")
      }
      guard typed.types.contains(type) else {
        throw PithError(
          .malformedCheckpoint, "the tensor '\(draft.name)' of type \(type) has \(typed.name)")
      }
      if typed != .string, tensor.isReadable {
        guard draft.typedCount == shape.count else {
          throw tensor.countError("\(shape.count) values", "\(draft.typedCount) in \(typed.name)")
        }
        tensor.storage = try storage(typed, bytes, shape.count)
      }
    }
    if tensor.isReadable { try tensor.checkStorage() }
    return tensor
  }

  /// Reads the message again, now that it is known how many values there are.
  private func storage(
    _ typed: TypedData, _ bytes: ArraySlice<UInt8>, _ count: Int
  ) throws -> ONNXTensor.Storage {
    var floats: [Float] = []
    var doubles: [Double] = []
    var integers: [Int64] = []
    switch typed {
    case .float: floats.reserveCapacity(count)
    case .double: doubles.reserveCapacity(count)
    case .int32, .int64, .uint64: integers.reserveCapacity(count)
    case .string: break
    }
    var reader = ProtocolBufferReader(bytes, message: "TensorProto")
    while let field = try reader.next() {
      guard field.number == typed.rawValue else { continue }
      switch typed {
      case .float: try field.forEachFloat(typed.name) { floats.append($0) }
      case .double: try field.forEachDouble(typed.name) { doubles.append($0) }
      case .int32:
        try field.forEachVarint(typed.name) {
          integers.append(Int64(Int32(truncatingIfNeeded: $0)))
        }
      case .int64, .uint64:
        try field.forEachVarint(typed.name) { integers.append(Int64(bitPattern: $0)) }
      case .string: break
      }
    }
    switch typed {
    case .float: return .floats(floats)
    case .double: return .doubles(doubles)
    case .int32, .int64, .uint64, .string: return .integers(integers)
    }
  }
}

/// The fields of a tensor, of which the values are only counted.
private struct TensorDraft {
  var name = ""
  var type: ONNXElementType?
  var dimensions: [Int] = []
  var raw: ArraySlice<UInt8>?
  var external: [String: String] = [:]
  var isExternal = false
  var typed: TypedData?
  var typedCount = 0

  mutating func append(
    dimension: Int64, _ field: ProtocolBufferField, _ limits: Limits
  ) throws {
    guard dimensions.count < limits.rank else {
      throw field.error("a tensor has more than \(limits.rank) dimensions", code: .limitExceeded)
    }
    dimensions.append(Int(dimension))
  }

  /// Counts the values of a field and refuses those of a second kind.
  mutating func count(_ kind: TypedData, _ field: ProtocolBufferField) throws {
    let count = field.elementCount(byteCount: kind.byteCount)
    guard count > 0 else { return }
    guard typed == nil || typed == kind else {
      throw field.error("the tensor has both \(typed?.name ?? "") and \(kind.name)")
    }
    typed = kind
    typedCount = try typedCount.checkedAdding(count, "the number of values")
  }
}

/// The fields of TensorProto for values by their types; the numbers are those of the fields.
private enum TypedData: Int {
  case float = 4
  case int32 = 5
  case string = 6
  case int64 = 7
  case double = 10
  case uint64 = 11

  var name: String {
    switch self {
    case .float: "float_data"
    case .int32: "int32_data"
    case .string: "string_data"
    case .int64: "int64_data"
    case .double: "double_data"
    case .uint64: "uint64_data"
    }
  }

  /// Of a packed value; nil: a varint.
  var byteCount: Int? {
    switch self {
    case .float: 4
    case .double: 8
    case .int32, .int64, .uint64: nil
    // Every field is a value.
    case .string: .max
    }
  }

  /// The types whose values the field may have.
  var types: Set<ONNXElementType> {
    switch self {
    case .float: [.float32, .complex64]
    case .double: [.float64, .complex128]
    case .int64: [.int64]
    case .uint64: [.uint32, .uint64]
    case .string: [.string]
    case .int32:
      [
        .int32, .int16, .int8, .int4, .int2, .uint16, .uint8, .uint4, .uint2, .bool, .float16,
        .bfloat16,
        .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0, .float4E2M1,
      ]
    }
  }
}
