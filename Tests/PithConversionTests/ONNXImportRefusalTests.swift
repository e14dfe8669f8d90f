import PithConversion
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// What cannot be converted is said at once, and no number of a file makes the importer trap or take much memory.
@Suite struct ONNXImportRefusalTests {
  @Test func everythingIsListedAtOnceWithTheNamesOfNodes() {
    var file = ONNXFile(
      [3, 8, 8], batch: .named("N"),
      [
        .node("GridSample", ["x", "x"], ["a"], name: "warp"),
        .node("Relu", ["a"], ["b"]),
        .node("MaxPool", ["x"], ["c"], with: ["kernel_shape": .integers([2, 2, 2])]),
        .node("Swizzle", ["x"], ["d"]),
        .node("Block", ["x"], ["e"]),
        .node("Add", ["b", "c"], ["f"]),
        .node("Dropout", ["x"], ["g", "mask"], name: "drop"),
        .node("Sum", ["d", "e", "f", "g"]),
        .node("Unknown", ["x"], ["not needed"]),
      ])
    file.nodes[3].domain = "com.example"
    file.nodes[4].domain = "own"
    file.functions = [("own", "Block")]
    file.outputs = ["y", "mask", "none", "w", "c"]
    file.floats = [("w", [1], [1])]
    #expect(
      pithError { try file.network() }?.description
        == """
        7 things of the graph cannot be converted:
          node 'warp' (GridSample): the operator is not known
          node 'c' (MaxPool): kernel_shape is [2, 2, 2]; only windows of two dimensions are read
          node 'd' (Swizzle): is an operator of 'com.example', which is not known
          node 'e' (Block): is a function that the file defines; export it with its functions laid out
          the output 'mask': is output 1 of node 'drop' (Dropout), which is not computed
          the output 'none' is given by no node
          the output 'w' does not depend on the input; 'pith ops' lists what can be
        """)
  }

  private static let missing =
    "which no node before it gives: the graph has a cycle or misses a part"
  static let refusals: [([ONNXFile.Node], String)] = [
    (
      [.node("Relu", ["a"], ["b"]), .node("Relu", ["b"], ["a"]), .node("Relu", ["b"])],
      "node 'b' (Relu): uses 'a', " + missing
    ),
    ([.node("Relu", ["gone"])], "node 'y' (Relu): uses 'gone', " + missing),
    ([.node("Add", ["x"])], "node 'y' (Add): input 1 is missing"),
    (
      [.node("Relu", ["x"], ["x"]), .node("Relu", ["x"])],
      "node 'x' (Relu): gives 'x', which is given before it"
    ),
    (
      [
        .node("Relu", ["x"], ["a"]), .node("Tanh", ["x"], ["b", "a"], name: "second"),
        .node("Add", ["a", "b"]),
      ],
      "node 'second' (Tanh): gives 'a', which is given before it"
    ),
    (
      [
        .node(
          "BatchNormalization", ["x", "w", "w", "w", "w"], with: ["training_mode": .integer(1)])
      ],
      "node 'y' (BatchNormalization): is in training mode, where the statistics are those of the batch; export the model in evaluation mode"
    ),
    (
      [.node("Dropout", ["x", "", "true"])],
      "node 'y' (Dropout): is in training mode; export the model in evaluation mode"
    ),
    (
      [.node("Elu", ["x"], with: ["alpha": .text("one")])],
      "node 'y' (Elu): the attribute 'alpha' must be a number"
    ),
    (
      [.node("Conv", ["x", "x"])], "node 'y' (Conv): the weight depends on the input of the network"
    ),
    (
      [.node("Cast", ["x"], with: ["to": .integer(7)])],
      "node 'y' (Cast): makes of the values what are not floating-point numbers"
    ),
    (
      [
        .node("Constant", [], ["c"], with: ["value_int": .integer(300)]),
        .node("Cast", ["c"], ["u"], with: ["to": .integer(2)]),
        .node("Cast", ["u"], ["f"], with: ["to": .integer(1)]), .node("Add", ["x", "f"]),
      ],
      "node 'u' (Cast): makes of the values what are not floating-point numbers"
    ),
    (
      [
        .node("Constant", [], ["c"], with: ["value_int": .integer(3), "value_float": .real(2)]),
        .node("Add", ["x", "c"]),
      ],
      "node 'c' (Constant): has several values: value_float, value_int"
    ),
  ]

  @Test(arguments: refusals)
  func aNodeThatCannotBeConvertedIsNamed(nodes: [ONNXFile.Node], reason: String) {
    var file = ONNXFile([2, 4, 4], batch: .named("N"), nodes)
    file.floats = [("w", [2], [1, 1])]
    file.integers = [("true", [1])]
    #expect(file.problem == reason)
  }

  @Test func versionSixTrainsUnlessItSaysThatItDoesNot() {
    var file = ONNXFile([2], version: 6, batch: .named("N"), [.node("Dropout", ["x"])])
    #expect(
      file.problem
        == "node 'y' (Dropout): is in training mode; export the model in evaluation mode")
    file.nodes[0].attributes = ["is_test": .integer(1)]
    #expect(file.problem == nil)
    file.nodes[0].attributes = [:]
    file.version = 7
    #expect(file.problem == nil)
  }

  @Test(arguments: [5, 27] as [Int64])
  func otherVersionsAreRefused(version: Int64) {
    let file = ONNXFile([2], version: version, batch: .named("N"), [.node("Relu", ["x"])])
    #expect(
      file.problem
        == "is of version \(version) of the operators of ONNX; 6 to 26 are read; export it anew, or lift it with onnx.version_converter"
    )
  }

  static let inputs: [([ONNXFile.Size], String)] = [
    ([.fixed(0), .fixed(3)], "input 'x': has a batch of 0 images"),
    ([.fixed(1), .fixed(0)], "input 'x': has the empty shape 0"),
    (
      [.fixed(1), .fixed(1 << 40)],
      "input 'x': the shape 1099511627776 needs more than the 4294967296 bytes that activations may take"
    ),
    (
      [.fixed(1), .fixed(Int64.max), .fixed(2)],
      "input 'x': the number of elements of shape [9223372036854775807, 2] does not fit 64 bits (9223372036854775807 * 2); the file is damaged or was made to harm"
    ),
    (
      [.fixed(1), .named("W")],
      "input 'x': the file leaves its size along axis 1 open; say with --resize or --crop how large images are"
    ),
    (
      [],
      "input 'x': is a single number, so it has no batch; say with --no-batch that the first dimension of the inputs is not a batch"
    ),
  ]

  @Test(arguments: inputs)
  func impossibleInputsAreRefused(sizes: [ONNXFile.Size], reason: String) {
    var file = ONNXFile([], [.node("Relu", ["x"])])
    file.inputs = [("x", sizes)]
    #expect(file.problem == reason)
  }

  // MARK: hostile numbers

  private static func nodes(with number: Int64) -> [ONNXFile.Node] {
    let one = ONNXFile.Attribute.integer(number)
    let two = ONNXFile.Attribute.integers([number, number])
    let square = ONNXFile.Attribute.integers([2, 2])
    return [
      .node("ConstantOfShape", ["n"]),
      .node("ConstantOfShape", ["n"], with: ["value": .whole(1)]),
      .node("Expand", ["x", "n4"]), .node("Expand", ["c", "n"]), .node("Reshape", ["x", "n4"]),
      .node("Reshape", ["c", "n"]),
      .node("Split", ["x", "n"], ["y", "z"], with: ["axis": .integer(1)]),
      .node("Split", ["x"], ["y", "z"], with: ["axis": one]),
      .node("Pad", ["x", "n8"]), .node("Pad", ["x", "n", "", "n"]),
      .node("Slice", ["x", "n", "n"]), .node("Slice", ["x", "n", "0", "1", "n"]),
      .node("Slice", ["x", "0", "n1", "1", "n1"]), .node("Slice", ["c", "n1", "0", "0", "n1"]),
      .node("Slice", ["c", "0", "n1", "0", "n1"]),
      .node("Gather", ["x", "n"], with: ["axis": .integer(1)]), .node("Gather", ["c", "n"]),
      .node("Gather", ["x", "0"], with: ["axis": one]),
      .node("Squeeze", ["x", "n"]), .node("Unsqueeze", ["x", "n"]),
      .node("Unsqueeze", ["c", "n1"]),
      .node("Transpose", ["x"], with: ["perm": two]),
      .node("Transpose", ["c"], with: ["perm": two]),
      .node("Concat", ["x", "x"], with: ["axis": one]),
      .node("Concat", ["c", "c"], with: ["axis": one]),
      .node("Flatten", ["x"], with: ["axis": one]), .node("Softmax", ["x"], with: ["axis": one]),
      .node("ReduceMean", ["x", "n"]), .node("Shape", ["x"], with: ["start": one, "end": one]),
      .node("LRN", ["x"], with: ["size": one]),
      .node("MaxPool", ["x"], with: ["kernel_shape": two]),
      .node("MaxPool", ["x"], with: ["kernel_shape": square, "strides": two]),
      .node("AveragePool", ["x"], with: ["kernel_shape": square, "dilations": two]),
      .node(
        "MaxPool", ["x"],
        with: ["kernel_shape": two, "strides": two, "auto_pad": .text("SAME_UPPER")]),
      .node(
        "Conv", ["x", "k"],
        with: ["strides": two, "dilations": two, "auto_pad": .text("SAME_LOWER")]),
      .node(
        "Conv", ["x", "k"], with: ["pads": .integers([number, number, number, number])]),
      .node("Conv", ["x", "k"], with: ["group": one]),
      .node("Mul", ["n", "n"]), .node("Sub", ["0", "n"]), .node("Div", ["n", "n"]),
      .node("Add", ["n", "n"]), .node("Max", ["0", "n"]), .node("Clip", ["x", "n1"]),
      .node("Cast", ["n"], with: ["to": .integer(6)]),
    ]
  }

  private static let small = {
    var limits = Limits()
    limits.foldedValues = 1 << 16
    return limits
  }()

  /// Numbers at the ends of their range, in every place where an operator takes some.
  @Test(arguments: [Int64.max, Int64.min, Int64.min + 1, -1, 0, 1 << 32, 1 << 62])
  func noNumberMakesTheImporterTrap(number: Int64) throws {
    // A constant that is folded is a shape then.
    let end = ONNXFile.Node.node("Reshape", ["x", "y"], ["w"])
    for node in Self.nodes(with: number) {
      for (nodes, output) in [([node], "y"), ([node, end], "w")] {
        var file = ONNXFile([2, 4, 4], batch: .fixed(1), nodes)
        file.outputs = [output]
        file.integers = [
          ("n", [number, number]), ("n1", [number]), ("0", [0]), ("1", [1]),
          ("n4", [number, number, number, number]), ("n8", [Int64](repeating: number, count: 8)),
        ]
        file.floats = [("c", [2, 2], [1, 2, 3, 4]), ("k", [2, 2, 1, 1], [1, 2, 3, 4])]
        for hasBatch in [true, false] {
          // Either a network that resolves or an error of Pith.
          do {
            _ = try file.network(hasBatch: hasBatch, limits: Self.small).graph.resolved()
          } catch is PithError {}
        }
      }
    }
  }

  @Test func constantsAreHeldToABudget() {
    var file = ONNXFile(
      [2], batch: .named("N"),
      [.node("ConstantOfShape", ["n"], ["c"]), .node("Add", ["x", "c"])])
    file.integers = [("n", [1 << 10, 1 << 7])]
    let error = pithError { try file.network(limits: Self.small) }
    #expect(
      error?.problem
        == """
        one thing of the graph cannot be converted:
          node 'c' (ConstantOfShape): constants of more values are computed than a conversion may take
        """)
  }

  @Test func rowsWithoutValuesAreNotCounted() throws {
    var file = ONNXFile(
      [2], batch: .named("N"),
      [
        .node("Concat", ["empty", "empty"], ["e"], with: ["axis": .integer(1)]),
        .node("Shape", ["e"], ["s"]), .node("Cast", ["s"], ["f"], with: ["to": .integer(1)]),
        .node("Add", ["x", "f"]),
      ])
    file.floats = [("empty", [1 << 60, 0], [])]
    #expect(try file.network().state.entries.map(\.tensor.values) == [[Float(1 << 60), 0]])
  }
}
