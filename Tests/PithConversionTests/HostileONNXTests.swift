import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Models made by hand that lie.
@Suite struct HostileONNXTests {
  private static let models: [Lie] = [
    // The wire format.
    Lie([0x3A, 0x05, 0], problem: "ModelProto, byte 2: field 7 needs 5 bytes but 1 are left"),
    Lie(
      [0x3A], [UInt8](repeating: 0xFF, count: 9) + [1],
      problem: "ModelProto, byte 2: field 7 needs 18446744073709551615 bytes but 0 are left"
    ),
    Lie(
      [0x28], [UInt8](repeating: 0xFF, count: 9) + [2],
      problem: "ModelProto, byte 2: a number does not end within 10 bytes, 64 bits and the message"
    ),
    Lie(
      [0x28], [UInt8](repeating: 0x80, count: 10) + [0],
      problem: "ModelProto, byte 2: a number does not end within 10 bytes, 64 bits and the message"
    ),
    Lie(
      [0x28, 0x80],
      problem: "ModelProto, byte 2: a number does not end within 10 bytes, 64 bits and the message"
    ),
    Lie([0x02, 0], problem: "ModelProto, byte 2: 0 is not a field number; 1 to 536870911 are"),
    Lie(
      [0x82, 0x80, 0x80, 0x80, 0x10, 0],
      problem: "ModelProto, byte 2: 536870912 is not a field number; 1 to 536870911 are"
    ),
    Lie([0x3B], problem: "ModelProto, byte 2: field 7 is a group, which no message of today has"),
    Lie([0x3C], problem: "ModelProto, byte 2: field 7 is a group, which no message of today has"),
    Lie([0x3E], problem: "ModelProto, byte 2: field 7 has the wire type 6; there is none"),
    Lie([0x09, 0, 0, 0], problem: "ModelProto, byte 2: field 1 needs 8 bytes but 3 are left"),
    Lie([0x0D, 0, 0], problem: "ModelProto, byte 2: field 1 needs 4 bytes but 2 are left"),
    // Types of fields.
    Lie(
      [0x38, 1],
      problem:
        "ModelProto, byte 2: 'graph' (field 7) has the wire type of a varint; that of bytes was expected"
    ),
    Lie(
      [0x0A, 0],
      problem:
        "ModelProto, byte 2: 'ir_version' (field 1) has the wire type of bytes; that of a varint was expected"
    ),
    Lie(
      [0x15, 0, 0, 0, 0],
      problem:
        "ModelProto, byte 2: 'producer_name' (field 2) has the wire type of 32 bits; that of bytes was expected"
    ),
    // ModelProto.
    Lie([], problem: "ModelProto: the file has no graph"),
    Lie([0x3A, 0, 0x3A, 0], problem: "ModelProto, byte 4: 'graph' is given twice"),
    Lie([0x12, 1, 0xFF], problem: "ModelProto, byte 2: 'producer_name' is not valid UTF-8"),
    Lie([0x12, 1, 0x1B], problem: "ModelProto, byte 2: 'producer_name' has control characters"),
    Lie(
      Wire.bytes(8, Wire.integer(2, 17)),
      Wire.bytes(8, Wire.text(1, "ai.onnx"), Wire.integer(2, 18)),
      problem: "ModelProto, byte 6: the operator set '' is given twice with different versions"
    ),
    Lie(
      Wire.bytes(8, Wire.integer(2, -1)),
      problem: "OperatorSetIdProto, byte 4: -1 is no version of an operator set"
    ),
  ]

  @Test(arguments: models)
  func impossibleModelsAreRefused(_ lie: Lie) {
    #expect(Wire.problem(Wire.integer(1, 8) + lie.bytes) == lie.problem)
  }

  @Test func oldVersionsAreRefused() {
    let error = pithError { try ONNXModel(reading: Wire.integer(1, 2) + Wire.bytes(7, [])) }
    #expect(error?.code == .unsupportedVersion)
    #expect(
      error?.description
        == "ModelProto: the file has the IR version 2; 3 and later are read; "
        + "convert it with onnx.version_converter, or export it again")
  }

  @Test func unknownFieldsAreSkippedAndTheLastOfSeveralNumbersCounts() throws {
    let unknown =
      Wire.integer(100, -1) + Wire.bytes(1000, [1, 2, 3]) + Wire.float(2000, 1)
      + Wire.double(3000, 1)
    let model = try ONNXModel(
      reading: Wire.integer(1, 8) + unknown + Wire.bytes(7, unknown) + Wire.integer(1, 10)
        + Wire.text(2, "a") + Wire.text(2, "b"))
    #expect(model.irVersion == 10)
    #expect(model.producer == "b")
  }

  private static let graphs: [Lie] = [
    Lie(
      Wire.bytes(1, Wire.text(1, "x")),
      problem: "node 0, NodeProto, byte 6: the node '' has no operation"
    ),
    Lie(
      Wire.bytes(1, Wire.text(4, "A")), Wire.bytes(1, Wire.text(4, "B") + [0x08, 0]),
      problem:
        "node 1, NodeProto, byte 14: 'input' (field 1) has the wire type of a varint; that of bytes was expected"
    ),
    Lie(
      Wire.bytes(1, Wire.text(4, "A\n")),
      problem: "node 0, NodeProto, byte 6: 'op_type' has control characters"
    ),
    Lie(
      Wire.bytes(1, Wire.text(1, String(repeating: "x", count: 1025))),
      problem: "node 0, NodeProto, byte 8: 'input' has 1025 bytes but may have at most 1024"
    ),
    Lie(
      Wire.bytes(1, Wire.bytes(5, [])),
      problem: "node 0, AttributeProto, byte 8: an attribute has no name"
    ),
    Lie(
      Wire.bytes(
        1,
        Wire.bytes(5, Wire.text(1, "a"), Wire.integer(3, 1)),
        Wire.bytes(5, Wire.text(1, "a"), Wire.integer(3, 1))),
      problem: "node 0, NodeProto, byte 13: the attribute 'a' is given twice"
    ),
    Lie(
      Wire.bytes(5, Wire.integer(2, 1)),
      problem:
        "initializer 0, tensor '': the shape scalar and the type float32 need 4 bytes but there are 0"
    ),
    Lie(
      Wire.bytes(5, Wire.integer(1, 0), Wire.integer(2, 1)),
      problem: "GraphProto, byte 4: an initializer has no name"
    ),
    Lie(
      Wire.bytes(5, Wire.text(8, "w"), Wire.integer(1, 0), Wire.integer(2, 1)),
      Wire.bytes(5, Wire.text(8, "w"), Wire.integer(1, 0), Wire.integer(2, 1)),
      problem: "GraphProto, byte 13: two initializers have the name 'w'"
    ),
    Lie(
      Wire.bytes(11, Wire.text(1, "x")), Wire.bytes(11, Wire.text(1, "x")),
      problem: "GraphProto, byte 9: two inputs have the name 'x'"
    ),
    Lie(
      Wire.bytes(11, Wire.text(1, "x"), Wire.bytes(2, Wire.bytes(1, Wire.integer(1, 99)))),
      problem:
        "input 0, TypeProto.Tensor, byte 13: 'elem_type' is 99, which is no element type that is known"
    ),
    Lie(
      Wire.bytes(11, Wire.text(1, "x"), Wire.bytes(2, Wire.bytes(1, []))),
      problem: "input 0, TypeProto.Tensor, byte 13: the tensor 'x' has no element type"
    ),
    Lie(
      Wire.bytes(
        12,
        Wire.bytes(
          2,
          Wire.bytes(
            1,
            Wire.integer(1, 1), Wire.bytes(2, Wire.bytes(1, Wire.integer(1, -2)))))),
      problem: "output 0, TensorShapeProto.Dimension, byte 16: -2 is no size of a dimension"
    ),
    Lie(
      Wire.bytes(12, Wire.bytes(2, Wire.bytes(1, Wire.bytes(2, [])), Wire.bytes(1, []))),
      problem: "output 0, TypeProto, byte 12: 'tensor_type' is given twice"
    ),
  ]

  @Test(arguments: graphs)
  func impossibleGraphsAreRefused(_ lie: Lie) {
    #expect(Wire.problem(Wire.model(lie.bytes)) == lie.problem)
  }

  @Test func sizesThatAreNotKnownMayBeMinusOne() throws {
    let shape = Wire.bytes(1, Wire.integer(1, -1)) + Wire.bytes(1, Wire.integer(1, 3))
    let type = Wire.bytes(1, Wire.integer(1, 1) + Wire.bytes(2, shape))
    let model = try ONNXModel(
      reading: Wire.model(Wire.bytes(11, Wire.text(1, "x") + Wire.bytes(2, type))))
    #expect(model.graph.inputs[0].dimensions == [.unknown, .fixed(3)])
  }

  @Test func limitsHoldBeforeMemoryIsSpent() {
    var limits = Limits()
    limits.protocolBufferFields = 10
    let nodes = [[UInt8]](repeating: Wire.bytes(1, Wire.text(4, "A")), count: 10).flatMap(\.self)
    #expect(
      Wire.problem(Wire.model(nodes), limits: limits)
        == "GraphProto, byte 24: the file has more than 10 fields and numbers")
    let integers = Wire.bytes(8, [UInt8](repeating: 1, count: 100))
    #expect(
      Wire.problem(Wire.model(attribute: integers), limits: limits)
        == "node 0, AttributeProto, byte 15: the file has more than 10 fields and numbers")
    limits = Limits()
    limits.tensors = 1
    let tensors = ["a", "b"].map {
      Wire.bytes(5, Wire.text(8, $0) + Wire.integer(1, 0) + Wire.integer(2, 1))
    }
    #expect(
      Wire.problem(Wire.model(tensors.flatMap(\.self)), limits: limits)
        == "GraphProto, byte 13: the graph has more than 1 initializers")
    limits = Limits()
    limits.tensorValues = 5
    let tensor = Wire.integer(1, 6) + Wire.integer(2, 3) + Wire.bytes(9, [1, 2, 3, 4, 5, 6])
    #expect(
      Wire.problem(Wire.model(tensor: tensor), limits: limits)
        == "initializer 0, TensorProto, byte 6: the tensors have more than 5 values together")
  }
}
