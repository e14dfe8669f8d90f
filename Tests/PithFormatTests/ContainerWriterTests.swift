import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

struct ContainerWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func storedType(of values: [Float]) throws -> ElementType? {
    var writer = ContainerWriter(kind: .model)
    try writer.add(tensor: "x", Tensor(shape: Shape(checking: [values.count]), values: values))
    let container = try Container(bytes: writer.encoded())
    #expect(try bits(container.tensor(named: "x").values) == bits(values))
    return container.entry(named: "x")?.storedType
  }

  @Test func theSmallestExactTypeIsChosen() throws {
    #expect(try Self.storedType(of: [1, -0.5, 65504, 0x1p-24, .infinity]) == .float16)
    #expect(try Self.storedType(of: [65536, 0x1p-25]) == .bfloat16)
    #expect(try Self.storedType(of: [-0.0, 0x1p-126]) == .bfloat16)
    #expect(try Self.storedType(of: [0.1]) == .float32)
    #expect(try Self.storedType(of: [Float(bitPattern: 0x7F80_0001)]) == .float32)
    #expect(try Self.storedType(of: [.leastNonzeroMagnitude]) == .float32)
  }

  @Test func equalTensorsAreStoredOnce() throws {
    let values = SampleContent.weights(10_000, seed: 1)
    func file(_ shapes: [Shape]) throws -> Container {
      var writer = ContainerWriter(kind: .model)
      for (index, shape) in shapes.enumerated() {
        try writer.add(tensor: "x\(index)", Tensor(shape: shape, values: values))
      }
      return try Container(bytes: writer.encoded())
    }
    let one = try file([[10_000]])
    let three = try file([[10_000], [100, 100], [10_000]])
    #expect(one.tensorByteCount == three.tensorByteCount)
    #expect(Set(three.tensors.map(\.position)) == [0])
    #expect(try three.tensor(named: "x1").shape == [100, 100])
  }

  @Test func zerosOfDifferentSignAreNotEqual() throws {
    var writer = ContainerWriter(kind: .model)
    try writer.add(tensor: "plus", Tensor(shape: [2], values: [0, 0.1]))
    try writer.add(tensor: "minus", Tensor(shape: [2], values: [-0.0, 0.1]))
    let container = try Container(bytes: writer.encoded())
    #expect(try container.tensor(named: "plus").values[0].sign == .plus)
    #expect(try container.tensor(named: "minus").values[0].sign == .minus)
  }

  @Test func theSameContentMakesTheSameBytes() throws {
    let writer = try SampleContent.writer(number: 1)
    #expect(try writer.encoded() == SampleContent.writer(number: 1).encoded())
  }

  @Test func theIdentityDoesNotDependOnTheStorage() throws {
    func identity(_ stored: ElementType?, _ order: [Int], _ value: Float = 2) throws -> String {
      var writer = ContainerWriter(kind: .model)
      for index in order {
        try writer.add(
          tensor: "x\(index)", Tensor(shape: [2], values: [value, Float(index)]),
          storedType: stored)
      }
      return try Container(bytes: writer.encoded()).storedIdentity
    }
    let first = try identity(nil, [1, 2, 3])
    #expect(try identity(.float32, [3, 1, 2]) == first)
    #expect(try identity(.bfloat16, [2, 3, 1]) == first)
    #expect(try identity(nil, [1, 2, 3], 2.5) != first)
  }

  @Test func quantisedZerosAndTinyValuesStayFinite() throws {
    var writer = ContainerWriter(kind: .model)
    let values: [Float] = [0, -0.0, .leastNonzeroMagnitude, 0, 1e38, -1e38]
    try writer.add(tensor: "x", Tensor(shape: [3, 2], values: values), storedType: .int8)
    try writer.add(tensor: "scalar", Tensor(shape: [], values: [0.3]), storedType: .int8)
    try writer.add(tensor: "none", Tensor(shape: [0, 2], values: []), storedType: .int8)
    let container = try Container(bytes: writer.encoded())
    let read = try container.tensor(named: "x").values
    #expect(Array(read[..<4]) == [0, 0, .leastNonzeroMagnitude, 0])
    #expect(abs(read[4] - 1e38) < 1e32 && read[5] == -read[4])
    #expect(try abs(container.tensor(named: "scalar").values[0] - 0.3) < 1e-7)
    #expect(try container.tensor(named: "none").values.isEmpty)
    try container.checkIdentity(of: container.decodeAll())
  }

  @Test func valuesThatDoNotFitAreNamed() throws {
    var writer = ContainerWriter(kind: .model)
    let big = try Tensor(shape: [2], values: [1, 1e6])
    #expect(
      pithError { try writer.add(tensor: "fc", big, storedType: .float16) }?.description
        == "tensor 'fc': the value 1000000.0 cannot be stored as f16; store the tensor as f32")
    let nan = try Tensor(shape: [1], values: [.nan])
    #expect(
      pithError { try writer.add(tensor: "fc", nan, storedType: .int8) }?.description
        == "tensor 'fc': the value nan cannot be stored as i8; store the tensor as f32")
    let third = try Tensor(shape: [1], values: [1.0 / 3])
    #expect(
      pithError { try writer.add(tensor: "fc", third, logicalType: .bfloat16) }?.description
        == "tensor 'fc': the value 0.33333334 cannot be stored as bf16; store the tensor as f32")
    #expect(
      pithError {
        try writer.add(tensor: "fc", third, logicalType: .float16, storedType: .int8)
      }?.description == "tensor 'fc': f16 values cannot be stored as i8")
  }

  @Test func contentThatBreaksARuleIsNotWritten() throws {
    var twice = ContainerWriter(kind: .model)
    for _ in 0..<2 { try twice.add(tensor: "x", Tensor(shape: [1], values: [1])) }
    #expect(pithError { try twice.encoded() }?.rule == "F-32")
    var control = ContainerWriter(kind: .model)
    try control.add(tensor: "x\n", Tensor(shape: [1], values: [1]))
    #expect(pithError { try control.encoded() }?.rule == "F-31")
    var required = ContainerWriter(kind: .model)
    try required.add(section: SectionName(checking: "x-new"), isRequired: true, bytes: [])
    #expect(pithError { try required.encoded() }?.rule == "F-14")
    #expect(
      pithError { try required.add(section: .data, isRequired: true, bytes: []) }?.description
        == "section 'data' is there already")
    #expect(
      pithError { try SectionName(checking: "Graph") }?.description
        == "'Graph' cannot name a section: 1 to 31 of the characters a-z, 0-9 and - can")
    let deep = Tensor(shape: try Shape(checking: Array(repeating: 1, count: 9)), repeating: 1)
    #expect(
      pithError { try control.add(tensor: "x", deep) }?.description
        == "tensor 'x': its name or its shape 1x1x1x1x1x1x1x1x1 is larger than a file can hold")
  }

  @Test func filesAreSavedAndReadBack() throws {
    let path = folder.path("model.pith")
    let writer = try SampleContent.writer(number: 1)
    try writer.save(to: path)
    try writer.save(to: path)
    let container = try Container(contentsOf: path)
    #expect(try container.byteCount == writer.encoded().count)
    #expect(try folder.names() == ["model.pith"])
  }
}
