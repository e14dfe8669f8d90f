import Pith
import PithGraph
import PithTensor
import Testing

@Suite struct GraphSectionTests {
  private let section = GraphSamples.everything.section

  @Test func theSampleHasEveryOperationAndResolves() throws {
    let graph = GraphSamples.everything
    #expect(
      Set(graph.layers.map(\.operation.name)) == Set(Operation.examples.map(\.name)))
    #expect(try graph.resolved().shapes["fc"] == [3])
  }

  @Test func aGraphComesBack() throws {
    let graph = try Graph(section: section[...], limits: Limits())
    #expect(graph == GraphSamples.everything)
    #expect(graph.section == section)
  }

  @Test func everyPrefixIsRefused() {
    for count in 0..<section.count {
      let error = #expect(throws: PithError.self) {
        try Graph(section: section[..<count], limits: Limits())
      }
      #expect(error?.rule == "F-60")
      #expect(error?.place?.hasPrefix("section 'graph', byte ") == true)
    }
  }

  /// Any single byte with any of these values: an error with a rule, or a graph that runs.
  @Test func noChangedByteTraps() throws {
    var limits = Limits()
    limits.activationBytes = 1 << 16
    var refused = 0
    var resolved = 0
    for position in section.indices {
      let byte = section[position]
      for value in Set([0, 1, 2, 0x7F, 0x80, 0xFF, byte &+ 1, byte &- 1, byte ^ 0x80, byte ^ 0x10])
      where value != byte {
        var changed = section
        changed[position] = value
        do {
          let graph = try Graph(section: changed[...], limits: limits)
          #expect(graph.section.count > 0)
          try run(graph, limits: limits)
          resolved += 1
        } catch let error as PithError {
          #expect(error.rule?.hasPrefix("F-6") == true, "\(error)")
          #expect(error.place != nil || error.rule == "F-69", "\(error)")
          refused += 1
        }
      }
    }
    #expect(refused > 1000)
    #expect(resolved > 100)
  }

  /// Runs the graph once unless that would take long.
  private func run(_ graph: Graph, limits: Limits) throws {
    let resolved = try graph.resolved(limits: limits)
    guard resolved.layers.allSatisfy({ $0.multiplyAdds < 1 << 20 }),
      resolved.parameters.allSatisfy({ $0.shape.count < 1 << 20 })
    else { return }
    let network = try ReferenceNetwork<Double>(
      Network(graph: graph, parameters: GraphSamples.parameters(of: resolved, seed: 1)))
    let outputs = try network.run(GraphSamples.inputs(of: graph, seed: 2))
    for name in graph.outputs { #expect(outputs[name]?.count == resolved.shapes[name]?.count) }
  }

  @Test func bytesBehindTheLastFieldAreRefused() {
    expect(
      section + [0],
      "section 'graph', byte \(section.count): 1 bytes are left over after the last field [F-60]")
  }

  @Test func hugeCountsAreRefusedBeforeMemoryIsSpent() {
    let huge: [UInt8] = [255, 255, 255, 255]
    expect(
      huge,
      "section 'graph', byte 0: the number of inputs of the graph is 4294967295 but may be at most 65536 "
        + "[F-60]")
    expect(
      [0, 0, 0, 0] + huge,
      "section 'graph', byte 4: the number of layers is 4294967295 but may be at most 65536 [F-60]")
    expect(
      [0, 0, 0, 0, 0, 0, 1, 0],
      "section 'graph', byte 8: 65536 layers do not fit the 0 bytes that are left [F-60]")
    expect(
      [1, 0, 0, 0] + huge + [0, 0, 0, 0],
      "section 'graph', byte 4: the length of the name of an input is 4294967295 but may be at most 1024 "
        + "[F-60]")
  }

  @Test func sizesThatDoNotMultiplyOutAreRefused() {
    expect(
      bytes { writer in
        writer.count32(1)
        writer.string("image")
        writer.count32(8)
        for _ in 0..<8 { writer.count32(1 << 29) }
      },
      "input 'image': the number of elements of shape \([Int](repeating: 1 << 29, count: 8)) "
        + "does not fit 64 bits (288230376151711744 * 536870912) [F-68]; "
        + "the file is damaged or was made to harm")
  }

  @Test func layersUseOnlyWhatStandsBeforeThem() {
    for (index, text) in [(1, "1"), (2, "2"), (UInt32.max, "4294967295")] {
      expect(
        oneLayer("relu") { $0.references([index]) },
        "section 'graph', byte 38: an input of layer 'a' refers to value \(text), but only 1 are defined "
          + "before it [F-65]")
    }
  }

  @Test func outputsExist() {
    expect(
      bytes { writer in
        writer.image()
        writer.count32(0)
        writer.references([1])
      },
      "section 'graph', byte 25: an output refers to value 1, but only 1 are defined before it [F-69]"
    )
  }

  @Test func operationsAndAttributesAreKnown() {
    expect(
      oneLayer("warp") { $0.references([0]) },
      "layer 'a': the operation 'warp' is not known [F-63]; 'pith ops' lists those that are; "
        + "a later version of Pith may know more")
    func attribute(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
      oneLayer("relu") { writer in
        writer.references([0])
        writer.count32(1)
        writer.string("x")
        writer.integer(type)
        writer.append(value)
      }
    }
    expect(
      attribute(3, [1]),
      "layer 'a': relu has attributes that are not known: x [F-63]; it has none; "
        + "a later version of Pith may know more"
    )
    expect(
      attribute(3, [2]),
      "section 'graph', byte 52: an attribute of layer 'a' is the flag 2; it must be 0 or 1 [F-63]")
    expect(
      attribute(9, [2]),
      "section 'graph', byte 51: an attribute of layer 'a' has the type 9, which is not known [F-63]; "
        + "a later version of Pith may know it"
    )
  }

  /// What a reader takes is what the writer would make.
  @Test func attributesAreWrittenInOneWayOnly() {
    func refused(_ operation: String, _ attributes: [Attribute], _ expected: String) {
      expect(
        oneLayer(operation, attributes),
        "layer 'a': must be written with \(expected): in their order and shortest form, "
          + "without those at their default [F-62]")
    }
    let needed = [Attribute("outputs", .integer(2)), Attribute("kernel", .integer(3))]
    refused("convolution", needed.reversed(), "'outputs 2, kernel 3'")
    refused("convolution", needed + [Attribute("stride", .integer(1))], "'outputs 2, kernel 3'")
    refused(
      "convolution", [needed[0], Attribute("kernel", .integers([3, 3]))], "'outputs 2, kernel 3'")
    refused("clip", [Attribute("maximum", .integer(6))], "'maximum 6.0'")
    refused(
      "pad",
      [
        Attribute("before", .integers([0])), Attribute("after", .integers([0])),
        Attribute("value", .real(-0.0)),
      ], "'before [0], after [0]'")
    refused("fully_connected", [needed[0], Attribute("bias", .flag(true))], "'outputs 2'")
    refused("dropout", [Attribute("rate", .real(0.5))], "no attributes")
  }

  @Test func attributesAreNumbers() {
    expect(
      oneLayer("clip", [Attribute("minimum", .real(.nan))]),
      "section 'graph', byte 58: an attribute of layer 'a' is NaN; it must be a number [F-63]")
  }

  @Test func namesHaveNoControlCharacters() {
    expect(
      oneLayer("re\u{1B}[2Jlu") { $0.references([0]) },
      "section 'graph', byte 30: the operation of layer 'a' has control characters [F-61]"
    )
  }

  private func expect(_ bytes: [UInt8], _ text: String) {
    let error = #expect(throws: PithError.self) {
      try Graph(section: bytes[...], limits: Limits())
    }
    #expect(error?.description == text)
  }

  private func bytes(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    body(&writer)
    return writer.bytes
  }

  /// The image, then the layer 'a' with these attributes.
  private func oneLayer(_ operation: String, _ attributes: [Attribute]) -> [UInt8] {
    oneLayer(operation) { writer in
      writer.references([0])
      writer.count32(attributes.count)
      for attribute in attributes {
        writer.string(attribute.name)
        switch attribute.value {
        case .integer(let value):
          writer.append([1])
          writer.integer(Int64(value))
        case .real(let value):
          writer.append([2])
          writer.double(value)
        case .flag(let value): writer.append([3, value ? 1 : 0])
        case .integers(let values):
          writer.append([4])
          writer.count32(values.count)
          for value in values { writer.integer(Int64(value)) }
        }
      }
    }
  }

  /// The image, then the layer 'a' up to the fields that `rest` writes.
  private func oneLayer(_ operation: String, _ rest: (inout ByteWriter) -> Void) -> [UInt8] {
    bytes { writer in
      writer.image()
      writer.count32(1)
      writer.string("a")
      writer.string(operation)
      rest(&writer)
      writer.count32(0)
      writer.count32(0)
    }
  }
}

extension ByteWriter {
  /// One input `i` of two values: 17 bytes.
  fileprivate mutating func image() {
    count32(1)
    string("i")
    count32(1)
    count32(2)
  }

  fileprivate mutating func references(_ indices: [UInt32]) {
    count32(indices.count)
    for index in indices { integer(index) }
  }
}
