package import PithTensor

/// The section `graph` of a file, as `Format.md` describes it.
extension Graph {
  /// The bytes of the section. Deterministic: the same graph gives the same bytes.
  package var section: [UInt8] {
    var writer = ByteWriter()
    var indices: [String: Int] = [:]
    writer.count32(inputs.count)
    for input in inputs {
      indices[input.name] = indices.count
      writer.string(input.name)
      writer.count32(input.shape.rank)
      for size in input.shape.dimensions { writer.count32(size) }
    }
    writer.count32(layers.count)
    for layer in layers {
      writer.string(layer.name)
      writer.string(layer.operation.name)
      writer.count32(layer.inputs.count)
      // A name that is not defined before its use gets an index that no reader accepts.
      for name in layer.inputs { writer.integer(UInt32(indices[name] ?? Int(UInt32.max))) }
      indices[layer.name] = indices.count
      let attributes = layer.operation.attributes
      writer.count32(attributes.count)
      for attribute in attributes {
        writer.string(attribute.name)
        writer.attributeValue(attribute.value)
      }
    }
    writer.count32(outputs.count)
    for name in outputs { writer.integer(UInt32(indices[name] ?? Int(UInt32.max))) }
    return writer.bytes
  }

  /// The lowest minor version of the format that has every operation of the graph.
  package var minorVersion: UInt16 { layers.map(\.operation.minorVersion).max() ?? 0 }

  /// Reads the section; the result still has to be resolved.
  ///
  /// - Throws: ``PithError`` with the rule that is broken.
  package init(section bytes: ArraySlice<UInt8>, limits: Limits) throws {
    var reader = ByteReader(bytes, what: "section 'graph'")
    do {
      try self.init(&reader, limits: limits)
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }

  private init(_ reader: inout ByteReader, limits: Limits) throws {
    let inputs = try reader.list(
      upTo: limits.layers, minimumBytes: 8, "inputs of the graph"
    ) { reader, _ in
      let name = try reader.name(limits, "the name of an input")
      let sizes = try reader.list(
        upTo: limits.rank, minimumBytes: 4, "dimensions of input '\(name)'"
      ) { reader, _ in
        try reader.count32(upTo: limits.activationBytes / 4, "a size of input '\(name)'")
      }
      do {
        return Input(name, shape: try Shape(checking: sizes))
      } catch let error as PithError {
        throw error.at("input '\(name)'").underRule("F-68")
      }
    }
    var names = inputs.map(\.name)
    let layers = try reader.list(upTo: limits.layers, minimumBytes: 16, "layers") { reader, index in
      let layer = try Layer(&reader, index: index, names: names, limits: limits)
      names.append(layer.name)
      return layer
    }
    let outputs = try reader.list(upTo: limits.layers, minimumBytes: 4, "outputs") { reader, _ in
      try reader.reference(to: names, rule: "F-69", "an output")
    }
    self.init(inputs: inputs, layers: layers, outputs: outputs)
  }
}

extension Layer {
  /// - Parameters:
  ///   - index: the position of the layer, for errors.
  ///   - names: the inputs of the graph and the layers before this one.
  fileprivate init(
    _ reader: inout ByteReader, index: Int, names: [String], limits: Limits
  ) throws {
    let name = try reader.name(limits, "the name of layer \(index)")
    let operation = try reader.name(limits, "the operation of layer '\(name)'")
    let inputs = try reader.list(
      upTo: limits.layers, minimumBytes: 4, "inputs of layer '\(name)'"
    ) { reader, _ in
      try reader.reference(to: names, rule: "F-65", "an input of layer '\(name)'")
    }
    let attributes = try reader.list(
      upTo: Attribute.greatestCount, minimumBytes: 6, "attributes of layer '\(name)'"
    ) { reader, _ in
      Attribute(
        try reader.name(limits, "the name of an attribute of layer '\(name)'"),
        try reader.attributeValue(limits: limits, "an attribute of layer '\(name)'"))
    }
    do {
      self.init(name, try Operation(name: operation, attributes: attributes), inputs: inputs)
    } catch let error as PithError {
      // F-63: only operations and attributes that are known.
      throw error.at("layer '\(name)'").underRule("F-63")
    }
    // F-62: a layer is written in one way only, so that a network has one identity.
    guard self.operation.attributes == attributes else {
      let expected = self.operation.attributes.map { "\($0.name) \($0.value)" }
      throw PithError(
        .malformedFile, place: "layer '\(name)'",
        "must be written with "
          + (expected.isEmpty ? "no attributes" : "'\(expected.joined(separator: ", "))'")
          + ": in their order and shortest form, without those at their default",
        rule: "F-62")
    }
  }
}

extension ByteWriter {
  fileprivate mutating func attributeValue(_ value: AttributeValue) {
    switch value {
    case .integer(let value):
      integer(UInt8(1))
      integer(Int64(value))
    case .real(let value):
      integer(UInt8(2))
      double(value)
    case .flag(let value):
      integer(UInt8(3))
      integer(UInt8(value ? 1 : 0))
    case .integers(let values):
      integer(UInt8(4))
      count32(values.count)
      for value in values { integer(Int64(value)) }
    }
  }
}

extension ByteReader {
  /// The name of an input, a layer, an operation or an attribute.
  fileprivate mutating func name(
    _ limits: Limits, _ field: @autoclosure () -> String
  ) throws -> String {
    // F-61: an error or a listing that shows the name cannot steer a terminal.
    try text(upTo: limits.nameBytes, rule: "F-61", field())
  }

  /// An index into what was defined so far.
  fileprivate mutating func reference(
    to names: [String], rule: String, _ field: @autoclosure () -> String
  ) throws -> String {
    let start = offset
    let index = Int(try integer(UInt32.self, field()))
    guard index < names.count else {
      throw error(
        "\(field()) refers to value \(index), but only \(names.count) are defined before it",
        rule: rule, at: start)
    }
    return names[index]
  }

  fileprivate mutating func attributeValue(
    limits: Limits, _ field: @autoclosure () -> String
  ) throws -> AttributeValue {
    let start = offset
    switch try integer(UInt8.self, "the type of \(field())") {
    case 1: return .integer(Int(try integer(Int64.self, field())))
    case 2:
      let value = try double(field())
      guard !value.isNaN else {
        throw error("\(field()) is NaN; it must be a number", rule: "F-63", at: start + 1)
      }
      return .real(value)
    case 3:
      switch try integer(UInt8.self, field()) {
      case 0: return .flag(false)
      case 1: return .flag(true)
      case let other:
        throw error(
          "\(field()) is the flag \(other); it must be 0 or 1", rule: "F-63", at: start + 1)
      }
    case 4:
      return .integers(
        try list(
          upTo: AttributeValue.greatestCount, minimumBytes: 8, "integers of \(field())"
        ) { reader, _ in
          Int(try reader.integer(Int64.self, "an integer"))
        })
    case let type:
      throw PithError(
        .unsupported, place: "\(what), byte \(start)",
        "\(field()) has the type \(type), which is not known",
        advice: "a later version of Pith may know it", rule: "F-63")
    }
  }
}
