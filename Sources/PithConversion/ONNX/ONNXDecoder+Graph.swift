import PithTensor

extension ONNXDecoder {
  mutating func graph(_ bytes: ArraySlice<UInt8>) throws -> ONNXGraph {
    var reader = ProtocolBufferReader(bytes, message: "GraphProto")
    var graph = ONNXGraph(
      name: "", nodes: [], initializers: [], sparseInitializers: [], inputs: [], outputs: [])
    var tensorNames: Set<String> = []
    var inputNames: Set<String> = []
    while let field = try next(&reader) {
      switch field.number {
      case 1:
        let place = "node \(graph.nodes.count)"
        graph.nodes.append(try within(place) { try $0.node(try field.bytes("node")) })
      case 2: graph.name = try field.text("name", limits: limits)
      case 5:
        guard graph.initializers.count < limits.tensors else {
          throw PithError(
            .limitExceeded, place: field.place,
            "the graph has more than \(limits.tensors) initializers")
        }
        let tensor = try within("initializer \(graph.initializers.count)") {
          try $0.tensor(try field.bytes("initializer"))
        }
        guard !tensor.name.isEmpty else { throw field.error("an initializer has no name") }
        guard tensorNames.insert(tensor.name).inserted else {
          throw field.error("two initializers have the name '\(tensor.name)'")
        }
        graph.initializers.append(tensor)
      case 11:
        let input = try within("input \(graph.inputs.count)") {
          try $0.valueInfo(try field.bytes("input"))
        }
        guard inputNames.insert(input.name).inserted else {
          throw field.error("two inputs have the name '\(input.name)'")
        }
        graph.inputs.append(input)
      case 12:
        let place = "output \(graph.outputs.count)"
        graph.outputs.append(try within(place) { try $0.valueInfo(try field.bytes("output")) })
      case 15:
        graph.sparseInitializers.append(try sparseName(try field.bytes("sparse_initializer")))
      default: continue
      }
    }
    return graph
  }

  /// Decodes a part and adds to its errors which one it is.
  private mutating func within<Part>(
    _ place: String, _ decode: (inout ONNXDecoder) throws -> Part
  ) throws -> Part {
    do {
      return try decode(&self)
    } catch let error as PithError {
      throw error.within(place)
    }
  }

  private mutating func node(_ bytes: ArraySlice<UInt8>) throws -> ONNXNode {
    var reader = ProtocolBufferReader(bytes, message: "NodeProto")
    var node = ONNXNode(
      name: "", operation: "", domain: "", inputs: [], outputs: [], attributes: [:])
    while let field = try next(&reader) {
      switch field.number {
      case 1: node.inputs.append(try field.text("input", limits: limits))
      case 2: node.outputs.append(try field.text("output", limits: limits))
      case 3: node.name = try field.text("name", limits: limits)
      case 4: node.operation = try field.text("op_type", limits: limits)
      case 5:
        let (name, value) = try attribute(try field.bytes("attribute"))
        guard node.attributes.updateValue(value, forKey: name) == nil else {
          throw field.error("the attribute '\(name)' is given twice")
        }
      case 7: node.domain = Self.domain(try field.text("domain", limits: limits))
      default: continue
      }
    }
    guard !node.operation.isEmpty else {
      throw PithError(
        .malformedCheckpoint, place: "NodeProto, byte \(bytes.startIndex)",
        "the node '\(node.name)' has no operation")
    }
    return node
  }

  private mutating func sparseName(_ bytes: ArraySlice<UInt8>) throws -> String {
    var reader = ProtocolBufferReader(bytes, message: "SparseTensorProto")
    var name = ""
    while let field = try next(&reader) {
      guard field.number == 1 else { continue }
      var values = ProtocolBufferReader(try field.bytes("values"), message: "TensorProto")
      while let field = try next(&values) {
        if field.number == 8 { name = try field.text("name", limits: limits) }
      }
    }
    return name
  }

  // MARK: Types

  private mutating func valueInfo(_ bytes: ArraySlice<UInt8>) throws -> ONNXValueInfo {
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
