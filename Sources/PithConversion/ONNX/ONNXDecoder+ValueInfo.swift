import PithTensor

extension ONNXDecoder {
  /// The type and sizes of an input or output.
  mutating func valueInfo(_ bytes: ArraySlice<UInt8>) throws -> ONNXValueInfo {
    var reader = ProtocolBufferReader(bytes, message: "ValueInfoProto")
    var info = ONNXValueInfo(name: "", type: nil, dimensions: nil)
    var type: ArraySlice<UInt8>?
    while let field = try next(&reader) {
      switch field.number {
      case 1: info.name = try field.text("name", limits: limits)
      case 2: try field.once(&type, try field.bytes("type"), "type")
      default: continue
      }
    }
    var tensor: ArraySlice<UInt8>?
    var typeReader = ProtocolBufferReader(type ?? [], message: "TypeProto")
    while let field = try next(&typeReader) {
      guard field.number == 1 else { continue }
      try field.once(&tensor, try field.bytes("tensor_type"), "tensor_type")
    }
    if let tensor { try tensorType(tensor, &info) }
    return info
  }

  private mutating func tensorType(
    _ bytes: ArraySlice<UInt8>, _ info: inout ONNXValueInfo
  ) throws {
    var reader = ProtocolBufferReader(bytes, message: "TypeProto.Tensor")
    var shape: ArraySlice<UInt8>?
    while let field = try next(&reader) {
      switch field.number {
      case 1: info.type = try field.elementType("elem_type")
      case 2: try field.once(&shape, try field.bytes("shape"), "shape")
      default: continue
      }
    }
    guard info.type != nil else {
      throw PithError(
        .malformedCheckpoint, place: "TypeProto.Tensor, byte \(bytes.startIndex)",
        "the tensor '\(info.name)' has no element type")
    }
    guard let shape else { return }
    var dimensions: [ONNXValueInfo.Dimension] = []
    var shapeReader = ProtocolBufferReader(shape, message: "TensorShapeProto")
    while let field = try next(&shapeReader) {
      guard field.number == 1 else { continue }
      guard dimensions.count < limits.rank else {
        throw PithError(
          .limitExceeded, place: field.place,
          "'\(info.name)' has more than \(limits.rank) dimensions")
      }
      dimensions.append(try dimension(try field.bytes("dim")))
    }
    info.dimensions = dimensions
  }

  private mutating func dimension(_ bytes: ArraySlice<UInt8>) throws -> ONNXValueInfo.Dimension {
    var reader = ProtocolBufferReader(bytes, message: "TensorShapeProto.Dimension")
    var dimension = ONNXValueInfo.Dimension.unknown
    while let field = try next(&reader) {
      switch field.number {
      case 1:
        let size = try field.integer("dim_value")
        // Some exporters write -1 for a size that is not known.
        guard size >= -1 else { throw field.error("\(size) is no size of a dimension") }
        dimension = size < 0 ? .unknown : .fixed(Int(size))
      case 2:
        let name = try field.text("dim_param", limits: limits)
        dimension = name.isEmpty ? .unknown : .named(name)
      default: continue
      }
    }
    return dimension
  }
}

extension ProtocolBufferField {
  /// A number of TensorProto.DataType.
  func elementType(_ name: String) throws -> ONNXElementType {
    let number = try integer(name)
    guard let type = ONNXElementType(rawValue: Int(number)) else {
      throw error("'\(name)' is \(number), which is no element type that is known")
    }
    return type
  }
}
