import PithConversion
import PithGraph
import PithTensor
import Testing

/// What exporters write in several nodes becomes one layer, unless another layer or the caller sees the middle.
@Suite struct ONNXSimplificationTests {
  struct Rewrite: Sendable, CustomStringConvertible {
    var description: String
    var sizes: [Int64] = [2]
    var nodes: [ONNXFile.Node]
    /// The values in the middle; each, used once more or given to the caller, keeps the layers apart.
    var middle: [String]
    var operations: [PithGraph.Operation]
  }

  static let rewrites = [
    Rewrite(
      description: "MatMul and Add",
      nodes: [.node("MatMul", ["x", "w"], ["p"]), .node("Add", ["b", "p"])], middle: ["p"],
      operations: [.fullyConnected(FullyConnected(outputs: 2)), .identity]),
    Rewrite(
      description: "Conv and Add", sizes: [2, 3, 3],
      nodes: [.node("Conv", ["x", "k"], ["p"]), .node("Add", ["p", "kb"])], middle: ["p"],
      operations: [.convolution(Convolution(outputs: 2, kernel: Extent(1))), .identity]),
    Rewrite(
      description: "x * sigmoid(x)",
      nodes: [.node("Sigmoid", ["x"], ["s"]), .node("Mul", ["s", "x"])], middle: ["s"],
      operations: [.silu]),
    Rewrite(
      description: "clip(x + 3, 0, 6) / 6",
      nodes: [
        .node("Add", ["3", "x"], ["a"]), .node("Clip", ["a", "zero", "six"], ["c"]),
        .node("Div", ["c", "6"]),
      ],
      middle: ["a", "c"], operations: [.hardSigmoid(HardSigmoid())]),
    Rewrite(
      description: "x * clip(x + 3, 0, 6) / 6",
      nodes: [
        .node("Add", ["3", "x"], ["a"]), .node("Clip", ["a", "zero", "six"], ["c"]),
        .node("Div", ["c", "6"], ["h"]), .node("Mul", ["x", "h"]),
      ],
      middle: ["a", "c", "h"], operations: [.hardSwish]),
    Rewrite(
      description: "x * hard_sigmoid(x)",
      nodes: [
        .node("HardSigmoid", ["x"], ["s"], with: ["alpha": .real(1 / 6)]),
        .node("Mul", ["x", "s"]),
      ],
      middle: ["s"], operations: [.hardSwish]),
    Rewrite(
      description: "x * (1 + erf(x / sqrt(2))) * 0.5",
      nodes: [
        .node("Div", ["x", "root"], ["d"]), .node("Erf", ["d"], ["e"]),
        .node("Add", ["e", "one"], ["a"]), .node("Mul", ["x", "a"], ["m"]),
        .node("Mul", ["m", "half"]),
      ],
      middle: ["d", "e", "a", "m"], operations: [.gelu(GELU())]),
    Rewrite(
      description: "(0.5 * x) * (1 + erf(x * sqrt(0.5)))",
      nodes: [
        .node("Mul", ["inverse", "x"], ["d"]), .node("Erf", ["d"], ["e"]),
        .node("Add", ["one", "e"], ["a"]), .node("Mul", ["half", "x"], ["m"]),
        .node("Mul", ["m", "a"]),
      ],
      middle: ["d", "e", "a", "m"], operations: [.gelu(GELU())]),
    Rewrite(
      description: "Pad and Conv", sizes: [2, 3, 3],
      nodes: [.node("Pad", ["x", "pads"], ["p"]), .node("Conv", ["p", "k"])], middle: ["p"],
      operations: [
        .convolution(
          Convolution(
            outputs: 2, kernel: Extent(1),
            padding: Padding(top: 1, left: 2, bottom: 3, right: 4), bias: false))
      ]),
  ]

  private func file(_ rewrite: Rewrite) -> ONNXFile {
    var file = ONNXFile(rewrite.sizes, batch: .named("N"), rewrite.nodes)
    file.floats = [
      ("w", [2, 2], [1, 2, 3, 4]), ("b", [2], [5, 6]), ("k", [2, 2, 1, 1], [1, 2, 3, 4]),
      ("kb", [1, 2, 1, 1], [5, 6]), ("zero", [], [0]), ("3", [], [3]), ("6", [], [6]),
      ("six", [], [6]), ("half", [], [0.5]), ("one", [], [1]), ("root", [], [1.4142135]),
      ("inverse", [], [0.70710677]),
    ]
    file.integers = [("pads", [0, 0, 1, 2, 0, 0, 3, 4])]
    return file
  }

  private func isDone(_ rewrite: Rewrite, _ network: ONNXNetwork) -> Bool {
    network.graph.layers.contains { $0.operation == rewrite.operations[0] }
  }

  @Test(arguments: rewrites)
  func severalNodesBecomeOneLayer(rewrite: Rewrite) throws {
    let network = try file(rewrite).network()
    #expect(network.graph.layers.map(\.operation) == rewrite.operations)
    #expect(network.graph.outputs == ["y"])
    let needed = try network.graph.resolved().parameters.map(\.name)
    #expect(needed == network.state.entries.map(\.name))
  }

  @Test(arguments: rewrites)
  func aValueThatIsSeenElsewhereKeepsTheLayersApart(rewrite: Rewrite) throws {
    for name in rewrite.middle {
      var shown = file(rewrite)
      shown.outputs.append(name)
      let network = try shown.network()
      #expect(network.graph.outputs == ["y", name])
      #expect(!isDone(rewrite, network), "\(name) is a result")

      var used = file(rewrite)
      used.nodes.append(.node("Tanh", [name], ["t"]))
      used.outputs.append("t")
      #expect(try !isDone(rewrite, used.network()), "\(name) is used twice")
    }
  }

  @Test(arguments: [
    ("3", Float(2)), ("6", 5), ("six", 5), ("one", 2), ("half", 0.25), ("root", 1.5),
    ("inverse", 0.5),
  ])
  func anotherNumberIsAnotherFunction(name: String, value: Float) throws {
    let affected = Self.rewrites.filter { $0.nodes.contains { $0.inputs.contains(name) } }
    #expect(!affected.isEmpty)
    for rewrite in affected {
      var changed = file(rewrite)
      changed.floats = changed.floats.map { $0.0 == name ? ($0.0, $0.1, [value]) : $0 }
      #expect(try !isDone(rewrite, changed.network()), "\(rewrite)")
    }
  }

  /// Without a batch a number may have dimensions, which the result has then.
  @Test func aRewriteKeepsTheShape() throws {
    var wide = file(Self.rewrites[6])
    wide.inputs = [("x", [.fixed(2)])]
    wide.floats = wide.floats.map { $0.0 == "half" ? ($0.0, [1, 1], $0.2) : $0 }
    #expect(try wide.network(hasBatch: false).graph.resolved().shapes["y"] == [1, 2])
  }
}
