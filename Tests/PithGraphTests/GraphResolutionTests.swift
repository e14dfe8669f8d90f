import PithGraph
import PithTensor
import Testing

@Suite struct GraphResolutionTests {
  private func graph(_ layers: [Layer], outputs: [String] = ["a"]) -> Graph {
    Graph(inputs: [Graph.Input("image", shape: [2, 4, 4])], layers: layers, outputs: outputs)
  }

  @Test func shapesParametersAndSizesAreKnown() throws {
    let resolved = try graph([
      Layer("a", .convolution(Convolution(outputs: 5, kernel: Extent(3))), inputs: ["image"]),
      Layer("b", .batchNorm(BatchNorm()), inputs: ["a"]),
    ]).resolved()
    #expect(resolved.shapes == ["image": [2, 4, 4], "a": [5, 2, 2], "b": [5, 2, 2]])
    #expect(
      resolved.parameters.map(\.name) == [
        "a.weight", "a.bias", "b.weight", "b.bias", "b.running_mean", "b.running_var",
      ])
    #expect(resolved.parameters[0].shape == [5, 2, 3, 3])
    #expect(resolved.layers.map(\.multiplyAdds) == [360, 0])
    #expect(resolved.layers[0].inputShapes == [[2, 4, 4]])
  }

  @Test func anInputMayBeAnOutput() throws {
    #expect(try graph([], outputs: ["image"]).resolved().layers.isEmpty)
  }

  @Test func cyclesAndForwardReferencesAreRefused() {
    let advice = "the graph has a cycle, is out of order, or misses a layer"
    expect(
      .invalidGraph, graph([Layer("a", .relu, inputs: ["a"])]),
      "layer 'a' (relu): uses 'a', which is neither an input of the graph nor a layer before it "
        + "[F-65]; \(advice)")
    expect(
      .invalidGraph,
      graph([Layer("a", .relu, inputs: ["b"]), Layer("b", .relu, inputs: ["a"])]),
      "layer 'a' (relu): uses 'b', which is neither an input of the graph nor a layer before it "
        + "[F-65]; \(advice)")
  }

  @Test func namesAreGivenOnceAndCanBeShown() {
    expect(
      .invalidGraph,
      graph([Layer("a", .relu, inputs: ["image"]), Layer("a", .relu, inputs: ["image"])]),
      "layer 'a' (relu): the name 'a' is given twice [F-64]")
    expect(
      .invalidGraph, graph([Layer("image", .relu, inputs: ["image"])]),
      "layer 'image' (relu): the name 'image' is given twice [F-64]")
    expect(
      .invalidGraph,
      Graph(
        inputs: [Graph.Input("i", shape: [1]), Graph.Input("i", shape: [1])], outputs: ["i"]),
      "input 'i': the name 'i' is given twice [F-64]")
    // One name in Unicode's eyes, in two spellings.
    expect(
      .invalidGraph,
      graph([
        Layer("caf\u{E9}", .relu, inputs: ["image"]),
        Layer("cafe\u{301}", .relu, inputs: ["image"]),
      ]), "layer 'cafe\u{301}' (relu): the name 'cafe\u{301}' is given twice [F-64]")
    expect(
      .invalidGraph, graph([Layer("", .relu, inputs: ["image"])]),
      "graph: a name has 0 bytes; it must have 1 to 1024 [F-64]")
    expect(
      .invalidGraph, graph([Layer(String(repeating: "é", count: 513), .relu, inputs: ["image"])]),
      "graph: a name has 1026 bytes; it must have 1 to 1024 [F-64]")
    expect(
      .invalidGraph, graph([Layer("a\nb", .relu, inputs: ["image"])]),
      #"graph: the name "a\nb" has control characters [F-61]"#)
  }

  @Test func shapesAreHeldToTheirRules() {
    expect(
      .shapeMismatch,
      graph([Layer("a", .fullyConnected(FullyConnected(outputs: 1)), inputs: ["image"])]),
      "layer 'a' (fully_connected): needs an input of one dimension but gets 2x4x4 [F-66]; "
        + "put a flatten layer before it")
    expect(
      .shapeMismatch, Graph(inputs: [Graph.Input("image", shape: [0, 4])], outputs: ["image"]),
      "input 'image': 'image' has the empty shape 0x4 [F-67]")
    expect(
      .limitExceeded,
      graph([Layer("a", .reshape(Reshape([2, 4, 4, 1, 1, 1, 1, 1, 1])), inputs: ["image"])]),
      "layer 'a' (reshape): 'a' has 9 dimensions but at most 8 are read [F-67]")
  }

  @Test func layersAndActivationsAreHeldToTheLimits() {
    var limits = Limits()
    limits.layers = 1
    expect(
      .limitExceeded,
      graph([Layer("a", .relu, inputs: ["image"]), Layer("b", .relu, inputs: ["a"])]),
      "the graph has 2 layers but at most 1 are read [F-60]", limits: limits)

    limits = Limits()
    limits.activationBytes = 255
    expect(
      .limitExceeded, graph([Layer("a", .relu, inputs: ["image"])]),
      "layer 'a' (relu): the activations of an image up to 'a', which has 32 values, need more than "
        + "the 255 bytes that are allowed [F-68]", limits: limits)
    limits.activationBytes = 256
    #expect(throws: Never.self) {
      try graph([Layer("a", .relu, inputs: ["image"])]).resolved(limits: limits)
    }
    limits.activationBytes = .max
    expect(
      .limitExceeded,
      graph([
        Layer("a", .pad(Pad(before: [0, 0, 0], after: [0, 0, 1 << 59])), inputs: ["image"])
      ]),
      "layer 'a' (pad): the activations of an image up to 'a', which has 4611686018427387936 values, "
        + "need more than the 9223372036854775807 bytes that are allowed [F-68]", limits: limits)
  }

  @Test func aGraphHasInputsAndOutputs() {
    expect(
      .invalidGraph, graph([], outputs: []), "the graph has no input or no output [F-69]")
    expect(
      .invalidGraph, graph([], outputs: ["a"]),
      "the output 'a' is neither an input nor a layer [F-69]")
  }

  /// Attributes come from files: any 64-bit integer and any double in any of them is an error or a graph.
  @Test func noAttributeTraps() throws {
    let integers = [Int.max, Int.min, Int.max - 1, -1, 0, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 62]
    let reals = [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1, 0]
    var limits = [Limits(), Limits()]
    limits[1].activationBytes = .max
    var attempts = 0
    for layer in GraphSamples.everything.layers {
      let attributes = all(layer.operation)
      for (index, attribute) in attributes.enumerated() {
        for value in changes(attribute.value, integers: integers, reals: reals) {
          var changed = attributes
          changed[index] = Attribute(attribute.name, value)
          guard let operation = try? Operation(name: layer.operation.name, attributes: changed)
          else { continue }
          var graph = GraphSamples.everything
          for position in graph.layers.indices where graph.layers[position].name == layer.name {
            graph.layers[position].operation = operation
          }
          for limits in limits {
            attempts += 1
            do { _ = try graph.resolved(limits: limits) } catch {
              #expect(error is PithError)
            }
          }
          // The rule itself, for the shape that is worst for it.
          for shape: Shape in [[1, 1, .max], [1, .max, 1], [.max, 1, 1], [.max]] {
            let inputs = [Shape](repeating: shape, count: operation.inputCount.lowerBound)
            if let output = try? operation.outputShape(inputs) {
              _ = try? operation.parameters(inputs)
              _ = try? operation.multiplyAdds(inputs, output: output)
            }
          }
        }
      }
    }
    #expect(attempts > 1000)
  }

  /// Also those at their defaults, so that each of them is changed.
  private func all(_ operation: Operation) -> [Attribute] {
    let defaults: [Attribute] =
      switch operation {
      case .convolution:
        [
          Attribute("stride", .integers([1, 1])), Attribute("padding", .integers([0, 0, 0, 0])),
          Attribute("dilation", .integers([1, 1])), Attribute("groups", .integer(1)),
        ]
      case .maxPool, .averagePool:
        [
          Attribute("stride", .integers([2, 2])), Attribute("padding", .integers([0, 0, 0, 0])),
          Attribute("ceil", .flag(true)),
        ]
      case .batchNorm: [Attribute("momentum", .real(0))]
      case .softmax, .concat: [Attribute("axis", .integer(1))]
      default: []
      }
    let present = operation.attributes
    return present
      + defaults.filter { attribute in !present.contains { $0.name == attribute.name } }
  }

  private func changes(
    _ value: AttributeValue, integers: [Int], reals: [Double]
  ) -> [AttributeValue] {
    switch value {
    case .integer: integers.map { .integer($0) } + integers.map { .integers([$0, $0]) }
    case .real: reals.map { .real($0) }
    case .flag(let flag): [.flag(!flag)]
    case .integers(let list):
      list.indices.flatMap { index in
        integers.map { integer in
          var changed = list
          changed[index] = integer
          return .integers(changed)
        }
      } + integers.map { .integers([Int](repeating: $0, count: list.count)) } + [.integers([])]
    }
  }

  private func expect(
    _ code: PithError.Code, _ graph: Graph, _ text: String, limits: Limits = Limits()
  ) {
    let error = #expect(throws: PithError.self) { try graph.resolved(limits: limits) }
    #expect(error?.code == code)
    #expect(error?.description == text)
  }
}
