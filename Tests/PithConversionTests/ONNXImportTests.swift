import PithConversion
import PithGraph
import PithTensor
import Testing

/// What nodes become: names, parameters and layers.
@Suite struct ONNXImportTests {
  private func operations(_ network: ONNXNetwork) -> [PithGraph.Operation] {
    network.graph.layers.map(\.operation)
  }

  @Test func layersHaveTheNamesOfTheirParametersAndOutputsKeepTheirs() throws {
    var file = ONNXFile(
      [2, 4, 4], batch: .named("N"),
      [
        .node("Conv", ["x", "stem.conv.weight", "stem.conv.bias"], ["a"], name: "/stem/Conv"),
        .node("Relu", ["a"], ["b"], name: "/stem/Relu"),
        .node("Relu", ["b"]),
      ])
    file.floats = [
      ("stem.conv.weight", [3, 2, 1, 1], [1, 2, 3, 4, 5, 6]), ("stem.conv.bias", [3], [7, 8, 9]),
    ]
    let network = try file.network()
    #expect(network.graph.inputs == [Graph.Input("x", shape: [2, 4, 4])])
    #expect(network.graph.layers.map(\.name) == ["stem.conv", "/stem/Relu", "y"])
    #expect(network.graph.outputs == ["y"])
    #expect(network.state.entries.map(\.name) == ["stem.conv.weight", "stem.conv.bias"])
    #expect(network.state.entries.map(\.tensor.values) == [[1, 2, 3, 4, 5, 6], [7, 8, 9]])
  }

  /// A last layer whose parameters have the output's name needs no other, and no layer behind it.
  @Test func aLastLayerWithParametersKeepsTheNameOfTheOutput() throws {
    for (weight, node, layers, tensors) in [
      ("y.weight", "/fc/Gemm", ["y"], ["y.weight"]), ("w", "y", ["y"], ["y.weight"]),
      ("w", "", ["y"], ["y.weight"]), ("w", "/fc/Gemm", ["/fc/Gemm", "y"], ["/fc/Gemm.weight"]),
      ("fc.weight", "/fc/Gemm", ["fc", "y"], ["fc.weight"]),
    ] {
      var file = ONNXFile(
        [2], batch: .named("N"), [.node("Gemm", ["x", weight], ["y"], name: node)])
      file.floats = [(weight, [2, 1], [3, 4])]
      let network = try file.network()
      #expect(network.graph.layers.map(\.name) == layers)
      #expect(network.graph.outputs == ["y"])
      #expect(network.state.entries.map(\.name) == tensors)
    }
  }

  static let paddings: [(String, Padding)] = [
    ("SAME_UPPER", Padding(top: 0, left: 1, bottom: 1, right: 1)),
    ("SAME_LOWER", Padding(top: 1, left: 1, bottom: 0, right: 1)), ("VALID", Padding(0)),
  ]

  /// Two of six rows in steps of three reach over seven; three columns with three around each over five.
  @Test(arguments: paddings)
  func automaticPaddingIsWorkedOut(mode: String, padding: Padding) throws {
    var file = ONNXFile(
      [1, 6, 3], batch: .named("N"),
      [.node("Conv", ["x", "w"], with: ["auto_pad": .text(mode), "strides": .integers([3, 1])])])
    file.floats = [("w", [1, 1, 4, 3], [Float](repeating: 1, count: 12))]
    guard case .convolution(let layer)? = try operations(file.network()).first else {
      Issue.record("there is no convolution")
      return
    }
    #expect(layer.padding == padding)
    #expect(layer.stride == Extent(3, 1))
  }

  @Test func everyFlagOfGemmIsRead() throws {
    var file = ONNXFile(
      [2], batch: .named("N"),
      [.node("Gemm", ["x", "w", "c"], with: ["alpha": .real(2), "beta": .real(3)])])
    file.floats = [("w", [2, 3], [1, 2, 3, 4, 5, 6]), ("c", [1, 3], [1, 2, 3])]
    let network = try file.network()
    #expect(operations(network).first == .fullyConnected(FullyConnected(outputs: 3)))
    #expect(network.state.entries.map(\.tensor.values) == [[2, 8, 4, 10, 6, 12], [3, 6, 9]])

    file.nodes[0].attributes = ["transB": .integer(1), "beta": .real(0)]
    file.floats[0].1 = [3, 2]
    let transposed = try file.network()
    #expect(
      operations(transposed).first == .fullyConnected(FullyConnected(outputs: 3, bias: false)))
    #expect(transposed.state.entries.map(\.tensor.values) == [[1, 2, 3, 4, 5, 6]])

    file.nodes[0].attributes = ["transA": .integer(1)]
    #expect(file.problem == "node 'y' (Gemm): turns images into values: input 0 is transposed")
  }

  static let softmaxes: [(version: Int64, axis: Int64?, [PithGraph.Operation])] = [
    // All axes from the first on are one before version 13.
    (12, nil, [.reshape(Reshape([12])), .softmax(Softmax()), .reshape(Reshape([3, 4]))]),
    (12, 2, [.softmax(Softmax(axis: 2))]),
    (13, nil, [.softmax(Softmax(axis: 2))]),
    (13, 1, [.softmax(Softmax(axis: 1))]),
  ]

  @Test(arguments: softmaxes)
  func theAxesOfSoftmaxDependOnTheVersion(
    version: Int64, axis: Int64?, expected: [PithGraph.Operation]
  ) throws {
    var file = ONNXFile([3, 4], version: version, batch: .named("N"), [.node("Softmax", ["x"])])
    if let axis { file.nodes[0].attributes = ["axis": .integer(axis)] }
    #expect(try operations(file.network()) == expected)
  }

  @Test func versionSixPutsTheRightSideAtAnAxis() throws {
    var file = ONNXFile(
      [3, 2, 2], version: 6, batch: .named("N"),
      [.node("Mul", ["x", "c"], with: ["broadcast": .integer(1), "axis": .integer(1)])])
    file.floats = [("c", [3], [1, 2, 3])]
    let network = try file.network()
    #expect(operations(network) == [.constant(Constant(shape: [3, 1, 1])), .multiply])
  }

  @Test func severalPlacesArePutTogether() throws {
    // Blue, green, red.
    var file = ONNXFile(
      [3, 2, 2], batch: .named("N"), [.node("Gather", ["x", "i"], with: ["axis": .integer(1)])])
    file.integers = [("i", [2, 1, 0])]
    let network = try file.network()
    let starts = operations(network).compactMap { operation in
      if case .slice(let slice) = operation { slice.starts[0] } else { nil }
    }
    #expect(starts == [2, 1, 0])
    #expect(operations(network).last == .concat(Concat(axis: 1)))
    #expect(try network.graph.resolved().shapes["y"] == [3, 2, 2])
    // Those that follow each other are one slice.
    file.integers = [("i", [1, 2])]
    let slice = Slice(starts: [1, 0, 0], ends: [3, 2, 2], steps: [1, 1, 1])
    #expect(try operations(file.network()) == [.slice(slice)])
  }

  private static let softmaxReason =
    "the graph ends in a softmax: the outputs are probabilities"
  static let ends: [([String], OutputMeaning, String?)] = [
    (["Softmax"], .probabilities, softmaxReason),
    (["Softmax", "Identity"], .probabilities, softmaxReason),
    (
      ["Sigmoid"], .probabilities,
      "the graph ends in a sigmoid: each output is a probability of its own"
    ),
    (["Softmax", "Relu"], .logits, nil),
    (["LogSoftmax"], .logits, nil),
  ]

  @Test(arguments: ends)
  func theEndSaysWhatTheOutputsMean(
    nodes: [String], meaning: OutputMeaning, reason: String?
  ) throws {
    let names = ["x"] + (1..<nodes.count).map { "\($0)" } + ["y"]
    let file = ONNXFile(
      [5], batch: .named("N"),
      nodes.enumerated().map { .node($1, [names[$0]], [names[$0 + 1]]) })
    let network = try file.network()
    #expect(network.output == meaning)
    #expect(network.outputReason == reason)
  }
}
