import PithConversion
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// The batch is free, whatever the file says; what would mix images is refused.
@Suite struct ONNXImportBatchTests {
  private static let withoutBatchAdvice =
    "; say with --no-batch that the first dimension of the inputs is not a batch"

  private func reshape(_ sizes: [Int64], batch: Int64) -> ONNXFile {
    var file = ONNXFile([6, 2, 2], batch: .fixed(batch), [.node("Reshape", ["x", "s"])])
    file.integers = [("s", sizes)]
    return file
  }

  static let reshapes: [([Int64], Int64, PithGraph.Operation)] = [
    ([4, 24], 4, .flatten), ([4, -1], 4, .flatten), ([0, -1], 4, .flatten),
    ([-1, 24], 4, .flatten),
    ([4, 3, 8], 4, .reshape(Reshape([3, 8]))), ([1, 0, 4], 1, .reshape(Reshape([6, 4]))),
  ]

  @Test(arguments: reshapes)
  func aStaticBatchBecomesFree(sizes: [Int64], batch: Int64, expected: PithGraph.Operation) throws {
    let layers = try reshape(sizes, batch: batch).network().graph.layers
    #expect(layers == [Layer("y", expected, inputs: ["x"])])
  }

  @Test(arguments: [[2, 48], [96], [1, 96], [-1, 12], [8, 12]] as [[Int64]])
  func aReshapeThatMixesImagesIsRefused(sizes: [Int64]) {
    #expect(
      reshape(sizes, batch: 4).problem
        == "node 'y' (Reshape): reshapes 6x2x2 of each image so that values of several images share a row"
        + Self.withoutBatchAdvice)
  }

  /// What exporters write for `x.view(x.size(0), -1)` and its kin.
  @Test func shapesThatAreComputedFromTheBatchFold() throws {
    var file = ONNXFile(
      [6, 2, 2], batch: .named("N"),
      [
        .node("Constant", [], ["zero"], with: ["value": .whole(0)]),
        .node("Shape", ["x"], ["shape"]),
        .node("Gather", ["shape", "zero"], ["n"], with: ["axis": .integer(0)]),
        .node("Unsqueeze", ["n", "zeros"], ["first"]),
        .node("Slice", ["shape", "one", "huge"], ["inner"]),
        .node("Slice", ["inner", "zeros", "one"], ["channels"]),
        .node("Mul", ["channels", "four"], ["values"]),
        .node("Concat", ["first", "values"], ["sizes"], with: ["axis": .integer(0)]),
        .node("Reshape", ["x", "sizes"]),
      ])
    file.integers = [("zeros", [0]), ("one", [1]), ("huge", [Int64.max]), ("four", [4])]
    #expect(try file.network().graph.layers == [Layer("y", .flatten, inputs: ["x"])])
  }

  static let refusals: [(ONNXFile.Node, String)] = [
    (
      .node("Transpose", ["x"], with: ["perm": .integers([1, 0, 2, 3])]),
      "moves the batch to another place"
    ),
    (.node("Slice", ["x", "1", "2"]), "takes some of the images"),
    (.node("Pad", ["x", "pads"]), "adds images to the batch"),
    (
      .node("Softmax", ["x"], with: ["axis": .integer(0)]),
      "computes across images: axis 0 is the batch"
    ),
    (
      .node("Concat", ["x", "x"], with: ["axis": .integer(-4)]),
      "computes across images: axis -4 is the batch"
    ),
    (.node("ReduceMean", ["x"]), "computes across images: axis 0 is the batch"),
    (.node("Unsqueeze", ["x", "0"]), "puts a dimension before the batch"),
    (
      .node("Squeeze", ["x"]),
      "takes every dimension of size 1 away, that of the batch among them; "
        + "export the model with a batch that may vary, or name the axes"
    ),
    (.node("Squeeze", ["x", "0"]), "takes the dimension of the batch away"),
    (
      .node("Flatten", ["x"], with: ["axis": .integer(2)]),
      "with axis 2, images and their values share a dimension" + withoutBatchAdvice
    ),
    (
      .node("Add", ["x", "many"]),
      "a constant of shape [2, 3, 1, 4] would be another for each image, or give the result another dimension"
    ),
    (
      .node("Concat", ["x", "image"], with: ["axis": .integer(1)]),
      "a constant of shape [3, 1, 4] is put beside a value of 4 dimensions"
    ),
    (.node("Expand", ["x", "sizes"]), "repeats images, or gives the value another dimension"),
    (
      .node("Softmax", ["image"], with: ["axis": .integer(1)]),
      "works on a constant, which is not folded; export the model with constant folding"
    ),
  ]

  @Test(arguments: refusals)
  func whatTouchesTheBatchIsRefused(node: ONNXFile.Node, reason: String) {
    var file = ONNXFile([3, 1, 4], batch: .fixed(1), [node])
    file.integers = [
      ("0", [0]), ("1", [1]), ("2", [2]), ("pads", [1, 0, 0, 0, 0, 0, 0, 0]),
      ("sizes", [2, 3, 1, 4]),
    ]
    file.floats = [
      ("many", [2, 3, 1, 4], [Float](repeating: 1, count: 24)),
      ("image", [3, 1, 4], [Float](repeating: 1, count: 12)),
    ]
    #expect(file.problem == "node 'y' (\(node.operation)): \(reason)")
  }

  /// A batch of one beside which only one dimension is left: nothing can be mistaken.
  @Test func theLastSqueezeKeepsTheBatch() throws {
    let file = ONNXFile([5, 1, 1], batch: .fixed(1), [.node("Squeeze", ["x"])])
    #expect(try file.network().graph.resolved().shapes["y"] == [5])
  }

  @Test func withoutABatchEveryDimensionIsOneOfTheValues() throws {
    let turn = ONNXFile(
      [2, 3, 4], [.node("Transpose", ["x"], with: ["perm": .integers([1, 0, 2])])])
    let network = try turn.network(hasBatch: false)
    #expect(network.graph.inputs.map(\.shape) == [[2, 3, 4]])
    #expect(network.graph.layers.map(\.operation) == [.transpose(Transpose(order: [1, 0, 2]))])
    let error = pithError {
      try ONNXFile([2, 3, 4, 4], [.node("GlobalMaxPool", ["x"])]).network(hasBatch: false)
    }
    #expect(
      error?.description
        == """
        one thing of the graph cannot be converted:
          node 'y' (GlobalMaxPool): takes a batch first, and --no-batch says that there is none; 'pith ops' lists what can be
        """)
  }
}
