import CZlib
import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

/// Files that every later release must read as this one does.
struct GoldenFileTests {
  /// What `all-types.pith` holds, in the order of its directory.
  static let tensors:
    [(
      name: String, shape: Shape, logical: ElementType, stored: ElementType, values: [Float],
      asked: ElementType?
    )] = [
      ("conv.weight", [2, 3], .float32, .float32, [0.1, -0.2, 0.3, -0.4, 0.5, 1e-30], nil),
      ("conv.again", [3, 2], .float32, .float32, [0.1, -0.2, 0.3, -0.4, 0.5, 1e-30], nil),
      ("norm.gamma", [4], .float32, .float16, [1, 0.5, -2, 0.25], nil),
      ("norm.wide", [3], .float32, .bfloat16, [0x1p100, -0x1p-100, 3 * 0x1p60], nil),
      ("half", [4], .float16, .float16, [1.5, 65504, 0x1p-24, -0.0], nil),
      ("brain", [3], .bfloat16, .bfloat16, [0.0078125, -.infinity, .nan], nil),
      (
        "quantized", [2, 2, 2], .float32, .int8,
        [63.5, -32, 0, 0.5, -3.96875, 0.09375, 2.8125, 0.0625], .int8
      ),
      ("integers", [3], .int8, .int8, [31.75, -0.25, 0], nil),
      ("scalar", [], .float32, .float32, [3.14159265], nil),
      ("nothing", [0, 3], .float32, .float16, [], nil),
      ("température", [1], .float32, .float16, [1], nil),
    ]

  @Test func allTypesDecodeToTheirValues() throws {
    let container = try Container(bytes: FormatFixtures.bytes("all-types"))
    #expect(container.version == FormatVersion(major: 1, minor: 0))
    #expect(container.kind == .model)
    #expect(container.tensors.map(\.name) == Self.tensors.map(\.name))
    let decoded = try container.decodeAll()
    for (entry, expected) in zip(container.tensors, Self.tensors) {
      #expect(entry.shape == expected.shape, "\(entry.name)")
      #expect(entry.logicalType == expected.logical, "\(entry.name)")
      #expect(entry.storedType == expected.stored, "\(entry.name)")
      let alone = try container.tensor(named: entry.name)
      #expect(bits(alone.values) == bits(expected.values), "\(entry.name)")
      #expect(bits(try decoded.tensor(entry).values) == bits(expected.values), "\(entry.name)")
    }
    #expect(
      container.storedIdentity
        == "db9fdb592dacf7f3076118cb6c978a09445c8cf573933212c3e88801cff17fa9")
    try container.checkIdentity(of: decoded)
  }

  @Test func unknownOptionalSectionsAreKept() throws {
    let container = try Container(bytes: FormatFixtures.bytes("all-types"))
    let note = try container.section(SectionName(checking: "x-note"))
    #expect(note.map { String(decoding: $0, as: UTF8.self) } == "golden files are read for ever\n")
    #expect(container.section(.graph) == nil)
  }

  @Test func deflatedPlanesDecode() throws {
    let container = try Container(bytes: FormatFixtures.bytes("deflated"))
    let weight = try container.tensor(named: "weight")
    // The sequence of the generator: a linear congruential one.
    var state: UInt64 = 1
    let expected = (0..<500).map { _ in
      state = (state * 1_103_515_245 + 12345) % (1 << 31)
      return Float(Double(state) / 0x1p31 - 0.5)
    }
    #expect(weight.values == expected)
    #expect(
      try container.tensor(named: "levels").values == (0..<300).map { Float($0 % 5 - 2) * 0.125 })
    let raw = 501 * 4 + 300
    #expect(container.sections.first { $0.name == .data }?.length == 1759)
    #expect(1759 < raw)
    try container.checkIdentity(of: container.decodeAll())
  }

  @Test func trainingCheckpointsHaveTheirKind() throws {
    let container = try Container(bytes: FormatFixtures.bytes("training"))
    #expect(container.kind == .training)
    #expect(container.tensors.isEmpty)
    #expect(
      try container.section(SectionName(checking: "x-step")) == [0xE8, 3, 0, 0, 0, 0, 0, 0])
    try container.checkIdentity(of: container.decodeAll())
  }

  /// The files were made by another program from the specification alone.
  @Test(.enabled(if: String(cString: zlibVersion()) == "1.2.13", "made with zlib 1.2.13"))
  func theWriterMakesTheSameBytes() throws {
    var writer = ContainerWriter(kind: .model)
    try writer.add(
      section: SectionName(checking: "x-note"), isRequired: false,
      bytes: Array("golden files are read for ever\n".utf8))
    for tensor in Self.tensors {
      try writer.add(
        tensor: tensor.name, Tensor(shape: tensor.shape, values: tensor.values),
        logicalType: tensor.logical, storedType: tensor.asked)
    }
    #expect(try writer.encoded() == FormatFixtures.bytes("all-types"))
    let folder = try TemporaryFolder()
    try writer.save(to: folder.path("all-types.pith"))
    #expect(try folder.bytes("all-types.pith") == FormatFixtures.bytes("all-types"))
  }

  /// Recorded when files were still made in memory as a whole.
  @Test(.enabled(if: String(cString: zlibVersion()) == "1.2.13", "made with zlib 1.2.13"))
  func filesOfSeveralChunksStayTheSame() throws {
    let folder = try TemporaryFolder()
    for (number, digest) in [
      (1, "e1b97cd9c49baf309a82158dc71e8cab55166e507bd7d56f0b797abf959f40ff"),
      (2, "74e3589644291751ad6d25ef562ddd9c3cb4a364d904eba8b7ad51f9b0c7f47f"),
    ] {
      let writer = try SampleContent.writer(number: number)
      try writer.save(to: folder.path("sample.pith"))
      #expect(SHA256.hexadecimal(of: try folder.bytes("sample.pith")) == digest)
      #expect(SHA256.hexadecimal(of: try writer.encoded()) == digest)
    }
  }
}
