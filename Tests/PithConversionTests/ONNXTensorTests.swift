import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Tensors and attributes made by hand: forms that the onnx package does not write, and lies.
@Suite struct ONNXTensorTests {
  @Test func valuesThatAreNotPackedAreRead() throws {
    let size = Wire.integer(1, 2)
    let float = try Wire.tensor(
      size + Wire.integer(2, 1) + Wire.float(4, 1.5)
        + Wire.bytes(4, Wire.little(Float(2).bitPattern)))
    #expect(try float.floats() == [1.5, 2])
    let double = try Wire.tensor(
      size + Wire.integer(2, 11) + Wire.double(10, -0.5) + Wire.double(10, 1e-300))
    #expect(try double.floats() == [-0.5, 0])
    let integer = try Wire.tensor(
      size + Wire.integer(2, 7) + Wire.integer(7, -5) + Wire.bytes(7, [3]))
    #expect(try integer.integers() == [-5, 3])
    let unsigned = try Wire.tensor(
      size + Wire.integer(2, 12) + Wire.integer(11, 0xFFFF_FFFF) + Wire.integer(11, 1))
    #expect(try unsigned.integers() == [0xFFFF_FFFF, 1])
    // The sizes packed, and behind the values.
    let late = try Wire.tensor(
      Wire.bytes(4, Wire.little(UInt64(0))) + Wire.bytes(1, [1, 2]) + Wire.integer(2, 1))
    #expect(late.shape == [1, 2])
    #expect(try late.floats() == [0, 0])
  }

  @Test func halfPrecisionIsABitPatternInAnInteger() throws {
    let half = try Wire.tensor(Wire.integer(2, 10) + Wire.integer(5, 0x3E00))
    #expect(try half.floats() == [1.5])
    let brain = try Wire.tensor(Wire.integer(2, 16) + Wire.integer(5, 0x3FC0))
    #expect(try brain.floats() == [1.5])
  }

  private static let tensors: [Lie] = [
    Lie(Wire.integer(1, 2), problem: "TensorProto, byte 6: the tensor 'w' has no element type"),
    Lie(
      Wire.integer(2, 0),
      problem: "TensorProto, byte 9: 'data_type' is 0, which is no element type that is known"
    ),
    Lie(
      Wire.integer(1, -1), Wire.integer(2, 1),
      problem: "TensorProto, byte 6: shape [-1] has a negative dimension"
    ),
    Lie(
      Wire.integer(1, .max), Wire.integer(1, 2), Wire.integer(2, 1),
      problem:
        "TensorProto, byte 6: the number of elements of shape [9223372036854775807, 2] does not fit 64 bits (9223372036854775807 * 2); the file is damaged or was made to harm"
    ),
    Lie(
      Wire.integer(1, 1 << 40), Wire.integer(2, 1),
      problem: "TensorProto, byte 6: the tensors have more than 2147483648 values together"
    ),
    Lie(
      Wire.bytes(1, [UInt8](repeating: 1, count: 9)), Wire.integer(2, 1),
      problem: "TensorProto, byte 9: a tensor has more than 8 dimensions"
    ),
    Lie(
      Wire.bytes(1, [0x80]), Wire.integer(2, 1),
      problem:
        "TensorProto, byte 9: a number in 'dims' does not end within 10 bytes, 64 bits and the field"
    ),
    Lie(
      Wire.float(1, 1),
      problem:
        "TensorProto, byte 9: 'dims' (field 1) has the wire type of 32 bits; that of a varint or of bytes was expected"
    ),
    Lie(
      Wire.integer(1, 2), Wire.integer(2, 1), Wire.bytes(9, [0, 0, 0, 0]),
      problem: "tensor 'w': the shape 2 and the type float32 need 8 bytes but there are 4"
    ),
    Lie(
      Wire.integer(1, 2), Wire.integer(2, 1), Wire.float(4, 1),
      problem:
        "tensor 'w': the shape 2 and the type float32 need 2 values but there are 1 in float_data"
    ),
    Lie(
      Wire.integer(1, 1), Wire.integer(2, 1), Wire.bytes(4, [0, 0, 0, 0, 0]),
      problem: "TensorProto, byte 13: 'float_data' has 5 bytes, which are no whole numbers of 4"
    ),
    Lie(
      Wire.integer(2, 11), Wire.bytes(10, [UInt8](repeating: 0, count: 9)),
      problem: "TensorProto, byte 11: 'double_data' has 9 bytes, which are no whole numbers of 8"
    ),
    Lie(
      Wire.integer(2, 11), Wire.integer(10, 1),
      problem:
        "TensorProto, byte 11: 'double_data' (field 10) has the wire type of a varint; that of 64 bits or of bytes was expected"
    ),
    Lie(
      Wire.integer(2, 1), Wire.float(4, 1), Wire.bytes(9, [0, 0, 0, 0]),
      problem: "TensorProto, byte 6: the tensor 'w' has both raw_data and float_data"
    ),
    Lie(
      Wire.integer(2, 1), Wire.float(4, 1), Wire.integer(5, 0),
      problem: "TensorProto, byte 16: the tensor has both float_data and int32_data"
    ),
    Lie(
      Wire.integer(2, 7), Wire.float(4, 1),
      problem: "TensorProto, byte 6: the tensor 'w' of type int64 has float_data"
    ),
    Lie(
      Wire.integer(2, 7), Wire.text(6, "1"),
      problem: "TensorProto, byte 6: the tensor 'w' of type int64 has string_data"),
    Lie(
      Wire.integer(2, 2), Wire.integer(5, 256),
      problem: "tensor 'w': the value 256 does not fit the type uint8"
    ),
    Lie(
      Wire.integer(2, 10), Wire.integer(5, -1),
      problem: "tensor 'w': the value -1 does not fit the type float16"
    ),
    Lie(
      Wire.integer(2, 12), Wire.integer(11, 1 << 32),
      problem: "tensor 'w': the value 4294967296 does not fit the type uint32"
    ),
    Lie(
      Wire.integer(2, 1), Wire.bytes(9, [0]), Wire.bytes(9, [0]),
      problem: "TensorProto, byte 14: 'raw_data' is given twice"
    ),
    Lie(
      Wire.integer(2, 1), Wire.bytes(3, []),
      problem: "TensorProto, byte 11: the tensor is one segment of several"
    ),
    Lie(
      Wire.integer(2, 1), Wire.integer(14, 2),
      problem: "TensorProto, byte 11: 2 is no location of data; 0 (here) and 1 (external) are"
    ),
  ]

  @Test(arguments: tensors)
  func impossibleTensorsAreRefused(_ lie: Lie) {
    #expect(Wire.problem(Wire.model(tensor: lie.bytes)) == "initializer 0, \(lie.problem)")
  }

  @Test func valuesAboveTheGreatestIntegerAreRefusedWhenAskedFor() throws {
    let problem =
      "tensor 'w': a value of type uint64 is above 9223372036854775807, the greatest read"
    let typed = try Wire.tensor(Wire.integer(2, 13) + Wire.integer(11, -1))
    #expect(pithError { try typed.integers() }?.description == problem)
    let raw = try Wire.tensor(Wire.integer(2, 13) + Wire.bytes(9, Wire.little(UInt64.max)))
    #expect(pithError { try raw.integers() }?.description == problem)
  }

  @Test func attributesWithoutATypeHaveThatOfTheirValue() throws {
    for (bytes, expected) in [
      (Wire.integer(3, 7), "integer(7)"), (Wire.float(2, 0.5), "real(0.5)"),
      (Wire.integer(8, 1) + Wire.integer(8, 2), "integers([1, 2])"),
      (Wire.float(7, 1) + Wire.bytes(7, Wire.little(Float(2).bitPattern)), "reals([1.0, 2.0])"),
      (Wire.text(9, "a") + Wire.text(9, ""), "texts([\"a\", \"\"])"),
      // Written by proto3: the type, and no field for zero.
      (Wire.integer(20, 2), "integer(0)"), (Wire.integer(20, 1), "real(0.0)"),
      (Wire.integer(20, 3), "text(\"\")"), (Wire.integer(20, 7), "integers([])"),
      (Wire.bytes(4, [0xFF]), "other(\"text that cannot be shown\")"),
      (Wire.bytes(9, [0x1B]) + Wire.text(9, "a"), "other(\"text that cannot be shown\")"),
      (Wire.bytes(6, [0xFF]), "other(\"graph\")"),
      (Wire.integer(20, 12), "other(\"sparse tensors\")"),
    ] {
      let attribute = try #require(try Wire.attribute(bytes))
      #expect("\(attribute)" == expected)
    }
  }

  private static let attributes: [Lie] = [
    Lie([], problem: "the attribute 'a' has neither a type nor a value"),
    Lie(Wire.integer(20, 99), problem: "the attribute 'a' has the unknown type 99"),
    Lie(
      Wire.integer(20, 2), Wire.float(2, 1),
      problem: "the attribute 'a' is of the type integer but also has a value of the type float"
    ),
    Lie(
      Wire.integer(3, 1), Wire.float(2, 1),
      problem: "the attribute 'a' is of the type float but also has a value of the type integer"
    ),
    Lie(Wire.integer(20, 4), problem: "the attribute 'a' is of the type tensor but has none"),
  ]

  @Test(arguments: attributes)
  func impossibleAttributesAreRefused(_ lie: Lie) {
    #expect(
      Wire.problem(Wire.model(attribute: lie.bytes))
        == "node 0, AttributeProto, byte 12: \(lie.problem)")
  }
}
