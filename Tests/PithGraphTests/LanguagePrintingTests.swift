import PithGraph
import PithTensor
import Testing

/// The printed text of a graph is read back as the same graph.
@Suite struct LanguagePrintingTests {
  @Test func theCoreIsALineForEachLayer() throws {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: [3, 32, 32]), Graph.Input("scale", shape: [])],
      layers: [
        Layer(
          "conv1",
          .convolution(
            Convolution(outputs: 16, kernel: Extent(3), padding: Padding(1), bias: false)),
          inputs: ["image"]),
        Layer("layer1.0.bn", .batchNorm(BatchNorm(epsilon: 1e-3)), inputs: ["conv1"]),
        Layer("/features/0 \"a\" {b} \\", .relu, inputs: ["layer1.0.bn"]),
        Layer("input", .multiply, inputs: ["/features/0 \"a\" {b} \\", "scale"]),
        Layer("value", .constant(Constant(shape: [1])), inputs: []),
        Layer("clip", .clip(Clip(minimum: -.infinity, maximum: 6.5)), inputs: ["input"]),
        Layer("add", .add, inputs: ["clip", "value"]),
      ],
      outputs: ["add", "input"])
    #expect(
      graph.text == """
        input image: [3, 32, 32]
        input scale: []
        conv1 = convolution(image) outputs: 16 kernel: 3 padding: 1 bias: false
        layer1.0.bn = batch_norm(conv1) epsilon: 0.001
        "/features/0 \\"a\\" \\{b} \\\\" = relu(layer1.0.bn)
        "input" = multiply("/features/0 \\"a\\" \\{b} \\\\", scale)
        value = constant() shape: [1]
        clip = clip("input") maximum: 6.5
        add = add(clip, value)
        output add, "input"

        """)
    #expect(try Graph(text: graph.text) == graph)
  }

  @Test func everyOperationIsReadBack() throws {
    #expect(try Graph(text: GraphSamples.everything.text) == GraphSamples.everything)
  }

  @Test(arguments: BuiltInNetwork.all.map(\.name))
  func everyBuiltInNetworkIsReadBack(_ name: String) throws {
    let network = try BuiltInNetwork.named(name)
    let graph = try NetworkText(parsing: network.text()).graph(network.values)
    _ = try graph.resolved()
    #expect(try Graph(text: graph.text) == graph)
    #expect(try Graph(text: graph.text).section == graph.section)
  }

  /// Random networks whose names and attributes are as odd as can be; together they have every operation.
  @Test func randomGraphsAreReadBack() throws {
    var operations: Set<String> = []
    for seed in 0..<400 {
      var maker = RandomGraph(seed: UInt64(seed))
      let graph = try maker.graph(layers: 24)
      _ = try graph.resolved()
      let read = try Graph(text: graph.text)
      #expect(read == graph, "seed \(seed)")
      #expect(read.text == graph.text, "seed \(seed)")
      operations.formUnion(graph.layers.map(\.operation.name))
    }
    #expect(operations == Set(Operation.examples.map(\.name)))
  }

  @Test func numbersKeepEveryBit() throws {
    for value in [
      0.1, 1e-300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3, -0.5, 3, 1e22,
      .infinity,
    ] {
      let graph = Graph(
        inputs: [Graph.Input("x", shape: [1])],
        layers: [
          Layer("pad", .pad(Pad(before: [1], after: [0], value: value)), inputs: ["x"]),
          Layer("clip", .clip(Clip(minimum: -.infinity, maximum: -value)), inputs: ["pad"]),
        ],
        outputs: ["clip"])
      #expect(try Graph(text: graph.text) == graph, "\(value)")
    }
  }
}

/// Makes graphs that resolve of random operations on small values.
private struct RandomGraph {
  private var random: SeededRandom
  private var shapes: [(name: String, shape: Shape)] = []
  private var names: Set<String> = []

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func graph(layers count: Int) throws -> Graph {
    let inputs = try (0..<Int.random(in: 1...3, using: &random)).map { _ in
      let rank = Int.random(in: 0...4, using: &random)
      let shape = try Shape(
        checking: (0..<(shapes.isEmpty ? 3 : rank)).map { _ in
          Int.random(in: 1...8, using: &random)
        })
      let input = Graph.Input(name(), shape: shape)
      shapes.append((input.name, shape))
      return input
    }
    var layers: [Layer] = []
    while layers.count < count {
      let example = Operation.examples[Int.random(in: 0..<Operation.examples.count, using: &random)]
      let inputCount =
        example.name == "concat"
        ? Int.random(in: 1...3, using: &random) : example.inputCount.lowerBound
      let taken = (0..<inputCount).map { _ in
        // Often the last value, so that the graphs grow deep.
        Bool.random(using: &random)
          ? shapes[shapes.count - 1] : shapes[Int.random(in: 0..<shapes.count, using: &random)]
      }
      let operation = operation(like: example, on: taken.first?.shape ?? [])
      guard let shape = try? operation.outputShape(taken.map(\.shape)), shape.count <= 4096,
        shape.count > 0, shape.rank <= 8, (try? operation.parameters(taken.map(\.shape))) != nil
      else { continue }
      let layer = Layer(name(), operation, inputs: taken.map(\.name))
      layers.append(layer)
      shapes.append((layer.name, shape))
    }
    let outputs = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      shapes[Int.random(in: 0..<shapes.count, using: &random)].name
    }
    return Graph(inputs: inputs, layers: layers, outputs: outputs)
  }

  /// A name that no other value has.
  private mutating func name() -> String {
    let parts = [
      "a", "_", "9", ".", "\"", "\\", "{", "}", " ", "é", "日本", "🐈", "-", "#", ";", "=", "(", ",",
      "input", "true", "repeat", "/", "e\u{301}", "\u{200D}", "\\u{41}", "relu",
    ]
    while true {
      let name = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        parts[Int.random(in: 0..<parts.count, using: &random)]
      }.joined()
      if names.insert(name).inserted { return name }
    }
  }

  private mutating func integer(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func real() -> Double {
    [0.5, 0, 1, 1e-5, 0.1, 1 / 3, 2.5, 1e-300][integer(0...7)]
  }

  /// The attributes of an example, some of them replaced by random ones that the value may allow.
  private mutating func operation(like example: Operation, on shape: Shape) -> Operation {
    let sizes = shape.dimensions
    let attributes: [Attribute] =
      switch example {
      case .convolution:
        [
          Attribute("outputs", .integer(integer(1...8))), extent("kernel"), extent("stride"),
          padding(), extent("dilation"), Attribute("groups", .integer(integer(1...2))),
          flag("bias"),
        ]
      case .batchNorm: [number("epsilon"), number("momentum")]
      case .localResponseNorm:
        [
          Attribute("size", .integer(integer(1...5))), number("alpha"), number("beta"),
          number("offset"),
        ]
      case .fullyConnected: [Attribute("outputs", .integer(integer(1...8))), flag("bias")]
      case .maxPool:
        [extent("kernel"), extent("stride"), padding(), extent("dilation"), flag("ceil")]
      case .averagePool:
        [extent("kernel"), extent("stride"), padding(), flag("ceil"), flag("include_padding")]
      case .adaptiveAveragePool: [extent("size")]
      case .mean:
        [
          Attribute("axes", .integers((1...4).filter { _ in Bool.random(using: &random) })),
          flag("keep"),
        ]
      case .clip:
        [Attribute("minimum", .real(-real())), Attribute("maximum", .real(real()))]
      case .leakyReLU: [number("slope")]
      case .prelu: [flag("shared")]
      case .elu: [number("alpha")]
      case .hardSigmoid: [number("slope"), number("offset")]
      case .gelu: [flag("approximate")]
      case .softmax, .logSoftmax, .concat: [Attribute("axis", .integer(integer(1...3)))]
      case .reshape:
        [Attribute("shape", .integers(Bool.random(using: &random) ? [-1, 1] : sizes.reversed()))]
      case .transpose: [Attribute("order", .integers(sizes.indices.shuffled(using: &random)))]
      case .pad:
        [
          Attribute("before", .integers(sizes.map { _ in integer(0...1) })),
          Attribute("after", .integers(sizes.map { _ in integer(0...1) })), number("value"),
        ]
      case .slice:
        [
          Attribute("starts", .integers(sizes.map { integer(0...($0 - 1)) / 2 })),
          Attribute("ends", .integers(sizes)),
          Attribute("steps", .integers(sizes.map { _ in integer(1...3) })),
        ]
      case .dropout: [Attribute("rate", .real(min(1, real())))]
      case .constant:
        [Attribute("shape", .integers((0..<integer(0...3)).map { _ in integer(1...4) }))]
      case .matrixMultiply, .globalMaxPool, .globalAveragePool, .relu, .sigmoid, .hardSwish, .silu,
        .erf, .tanh, .add, .subtract, .multiply, .divide, .flatten, .identity:
        []
      }
    return (try? Operation(name: example.name, attributes: attributes)) ?? example
  }

  private mutating func extent(_ name: String) -> Attribute {
    Attribute(name, .integers([integer(1...3), integer(1...3)]))
  }

  private mutating func padding() -> Attribute {
    Attribute("padding", .integers((0..<4).map { _ in integer(0...1) }))
  }

  private mutating func flag(_ name: String) -> Attribute {
    Attribute(name, .flag(Bool.random(using: &random)))
  }

  private mutating func number(_ name: String) -> Attribute { Attribute(name, .real(real())) }
}
