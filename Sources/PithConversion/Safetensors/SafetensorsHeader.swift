import PithTensor

/// The header of a safetensors file: where each tensor is in the bytes behind it.
///
/// Source: section "Format" of the README of huggingface/safetensors.
struct SafetensorsHeader {
  /// A tensor whose range is that of its shape and type.
  struct Tensor {
    var name: String
    var type: SourceType
    var shape: Shape
    /// Counted from the end of the header.
    var range: Range<Int>
  }

  /// In the order of the header.
  var tensors: [Tensor] = []
  /// What `__metadata__` says, in the order of the header.
  var metadata: [(key: String, value: String)] = []
  /// The bytes behind the header.
  private(set) var data: ArraySlice<UInt8>

  /// The longest header that the format allows.
  static let maximum = 100_000_000

  private static let metadataKey = "__metadata__"

  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, `unsupported` or `limitExceeded`.
  init(_ bytes: ArraySlice<UInt8>, limits: Limits) throws {
    var reader = ByteReader(bytes, what: "safetensors file", code: .malformedCheckpoint)
    let length = try reader.count(upTo: Self.maximum, "the length of the header")
    let text = try reader.read(length, "the header")
    guard text.first == 0x7B else {
      throw reader.error("the header does not begin with '{'", at: 8)
    }
    data = bytes[text.endIndex...]
    var json = JSONReader(text, what: "header")
    try json.object("the header", atMost: limits.tensors + 1, keyBytes: limits.nameBytes) {
      json, key in
      if key == Self.metadataKey {
        metadata = try Self.metadata(&json, limits)
      } else {
        tensors.append(try Self.tensor(key, &json, limits))
      }
    }
    try json.end()
    try checkCoverage()
  }

  private static func metadata(
    _ json: inout JSONReader, _ limits: Limits
  ) throws -> [(key: String, value: String)] {
    var entries: [(key: String, value: String)] = []
    try json.object(metadataKey, atMost: limits.tensors, keyBytes: limits.nameBytes) { json, key in
      let value = try json.anyString("the value of '\(key)'", atMost: maximum)
      entries.append((key, value))
    }
    return entries
  }

  private static func tensor(
    _ name: String, _ json: inout JSONReader, _ limits: Limits
  ) throws -> Tensor {
    guard !name.isEmpty else { throw json.error("a tensor has no name", at: json.position) }
    let place = "tensor '\(name)'"
    var code: String?
    var sizes: [Int]?
    var offsets: [Int]?
    try json.object(place, atMost: 3, keyBytes: limits.nameBytes) { json, key in
      switch key {
      case "dtype": code = try json.string("the dtype of \(place)", atMost: limits.nameBytes)
      case "shape": sizes = try json.counts("the shape of \(place)", atMost: limits.rank)
      case "data_offsets": offsets = try json.counts("data_offsets of \(place)", atMost: 2)
      default: throw json.error("\(place) has the unknown key '\(key)'", at: json.position)
      }
    }
    guard let code, let sizes, let offsets, offsets.count == 2 else {
      throw json.error(
        "\(place) needs a dtype, a shape and two data_offsets", at: json.position)
    }
    guard let type = SourceType(safetensorsName: code) else {
      let known = SourceType.allCases.map(\.safetensorsName).joined(separator: ", ")
      throw PithError(
        .unsupported, place: place, "the dtype is '\(code)'; \(known) are read",
        advice: "convert the tensor, to F32 for example, before it is saved")
    }
    guard offsets[0] <= offsets[1] else {
      throw PithError(
        .malformedCheckpoint, place: place, "data_offsets run from \(offsets[0]) to \(offsets[1])")
    }
    return try checked(name, type, sizes, offsets[0]..<offsets[1])
  }

  private static func checked(
    _ name: String, _ type: SourceType, _ sizes: [Int], _ range: Range<Int>
  ) throws -> Tensor {
    let place = "tensor '\(name)'"
    do {
      let shape = try Shape(checking: sizes)
      let expected = try shape.count.checkedMultiplying(type.byteCount, "the size of the tensor")
      guard range.count == expected else {
        throw PithError(
          .malformedCheckpoint,
          "the shape \(shape) and the dtype \(type.safetensorsName) need \(expected) bytes "
            + "but data_offsets give it \(range.count)")
      }
      return Tensor(name: name, type: type, shape: shape, range: range)
    } catch let error as PithError {
      throw error.at(place)
    }
  }

  /// Each byte behind the header belongs to exactly one tensor.
  private func checkCoverage() throws {
    var end = 0
    var previous: Tensor?
    let sorted = tensors.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for tensor in sorted {
      let start = tensor.range.lowerBound
      guard start >= end else {
        throw PithError(
          .malformedCheckpoint, place: "tensor '\(tensor.name)'",
          "the tensor begins at byte \(start) of the data but '\(previous?.name ?? "")' ends at \(end)"
        )
      }
      guard start == end else {
        throw PithError(
          .malformedCheckpoint, place: "tensor '\(tensor.name)'",
          "the tensor begins at byte \(start) of the data; bytes \(end) to \(start - 1) belong to no tensor"
        )
      }
      end = tensor.range.upperBound
      previous = tensor
    }
    guard end == data.count else {
      throw PithError(
        .malformedCheckpoint, place: "safetensors file",
        "the tensors need \(end) bytes of data but \(data.count) follow the header")
    }
  }
}

extension SourceType {
  /// `F32`, `BF16`, `BOOL`: the name in the header.
  var safetensorsName: String {
    switch self {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  init?(safetensorsName name: String) {
    guard let type = SourceType.allCases.first(where: { $0.safetensorsName == name }) else {
      return nil
    }
    self = type
  }
}
