import Pith
import PithGraph
import PithTensor
import Testing

@Suite struct PassTests {
  private static let image = Graph.Input("image", shape: [3, 6, 5])

  private static func convolution(_ name: String, from source: String, bias: Bool = false) -> Layer
  {
    Layer(
      name,
      .convolution(
        Convolution(outputs: 4, kernel: Extent(3), padding: Padding(1), bias: bias)),
      inputs: [source])
  }

  private static func norm(_ name: String, from source: String, epsilon: Double = 1e-5) -> Layer {
    Layer(name, .batchNorm(BatchNorm(epsilon: epsilon)), inputs: [source])
  }

  /// A graph with the layers that are left and the outputs after folding.
  struct Folding: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let layers: [Layer]
    let outputs: [String]
    let left: [String]
    let newOutputs: [String]

    init(
      _ name: String, _ layers: [Layer], outputs: [String], left: [String], newOutputs: [String]
    ) {
      testDescription = name
      self.layers = layers
      self.outputs = outputs
      self.left = left
      self.newOutputs = newOutputs
    }
  }

  private static let foldings: [Folding] = [
    Folding(
      "after a convolution without and one with bias",
      [
        convolution("a", from: "image"), norm("an", from: "a", epsilon: 0.1),
        Layer("relu", .relu, inputs: ["an"]),
        convolution("b", from: "relu", bias: true), norm("bn", from: "b"),
        Layer("last", .tanh, inputs: ["bn"]),
      ], outputs: ["last"], left: ["a", "relu", "b", "last"], newOutputs: ["last"]),
    Folding(
      "depthwise",
      [
        Layer(
          "a",
          .convolution(
            Convolution(outputs: 6, kernel: Extent(3), stride: Extent(2), groups: 3, bias: false)),
          inputs: ["image"]), norm("an", from: "a"),
      ], outputs: ["an"], left: ["a"], newOutputs: ["a"]),
    Folding(
      "after a fully connected layer",
      [
        Layer("flat", .flatten, inputs: ["image"]),
        Layer("fc", .fullyConnected(FullyConnected(outputs: 5, bias: false)), inputs: ["flat"]),
        norm("n", from: "fc"),
      ], outputs: ["n"], left: ["flat", "fc"], newOutputs: ["fc"]),
    Folding(
      "as an output that others use too",
      [
        convolution("a", from: "image"), norm("an", from: "a"),
        Layer("relu", .relu, inputs: ["an"]),
      ], outputs: ["an", "relu"], left: ["a", "relu"], newOutputs: ["a", "relu"]),
    Folding(
      "a convolution that is an output stays",
      [convolution("a", from: "image"), norm("an", from: "a")],
      outputs: ["a", "an"], left: ["a", "an"], newOutputs: ["a", "an"]),
    Folding(
      "a convolution that others use stays",
      [
        convolution("a", from: "image"), norm("an", from: "a"), norm("bn", from: "a"),
        Layer("add", .add, inputs: ["an", "bn"]),
      ], outputs: ["add"], left: ["a", "an", "bn", "add"], newOutputs: ["add"]),
    Folding(
      "after another batch norm",
      [convolution("a", from: "image"), norm("an", from: "a"), norm("bn", from: "an", epsilon: 1)],
      outputs: ["bn"], left: ["a"], newOutputs: ["a"]),
    Folding(
      "after another batch norm that others use",
      [
        convolution("a", from: "image"), norm("an", from: "a"), norm("bn", from: "an"),
        Layer("add", .add, inputs: ["an", "bn"]),
      ], outputs: ["add"], left: ["a", "bn", "add"], newOutputs: ["add"]),
    Folding(
      "after an addition",
      [
        convolution("a", from: "image"), convolution("b", from: "image"),
        Layer("add", .add, inputs: ["a", "b"]), norm("n", from: "add"),
      ], outputs: ["n"], left: ["a", "b", "add", "n"], newOutputs: ["n"]),
    Folding(
      "of the image itself",
      [norm("n", from: "image"), convolution("a", from: "n")],
      outputs: ["a"], left: ["n", "a"], newOutputs: ["a"]),
    Folding(
      "a residual block with branches and a concat",
      [
        convolution("a", from: "image"), norm("an", from: "a"),
        Layer("relu", .relu, inputs: ["an"]),
        convolution("b", from: "relu"), norm("bn", from: "b"),
        convolution("c", from: "relu"), norm("cn", from: "c"),
        Layer("add", .add, inputs: ["bn", "relu"]),
        Layer("cat", .concat(Concat()), inputs: ["add", "cn", "bn"]),
        norm("n", from: "cat"),
      ], outputs: ["n"], left: ["a", "relu", "b", "c", "add", "cat", "n"], newOutputs: ["n"]),
    Folding(
      "through dropout and identity",
      [
        convolution("a", from: "image"), Layer("drop", .dropout(Dropout()), inputs: ["a"]),
        Layer("same", .identity, inputs: ["drop"]), norm("n", from: "same"),
      ], outputs: ["n"], left: ["a"], newOutputs: ["a"]),
    Folding(
      "identities as outputs, one of the image",
      [
        Layer("i", .identity, inputs: ["image"]), Layer("j", .identity, inputs: ["i"]),
        convolution("a", from: "j"), Layer("k", .dropout(Dropout()), inputs: ["a"]),
      ], outputs: ["k", "j", "a"], left: ["a"], newOutputs: ["a", "image", "a"]),
  ]

  @Test(arguments: foldings, [UInt64(1), 2, 3])
  func preparationKeepsTheOutputs(_ folding: Folding, _ seed: UInt64) throws {
    let graph = Graph(inputs: [Self.image], layers: folding.layers, outputs: folding.outputs)
    let network = Network(
      graph: graph, parameters: try GraphSamples.parameters(of: graph.resolved(), seed: seed))
    let prepared = try network.preparedForInference()
    #expect(prepared.graph.layers.map(\.name) == folding.left)
    #expect(prepared.graph.outputs == folding.newOutputs)

    let inputs = GraphSamples.inputs(of: graph, seed: seed &+ 100)
    let before = try ReferenceNetwork<Double>(network).run(inputs)
    // Also checks that no parameter of a folded layer is left behind.
    let after = try ReferenceNetwork<Double>(prepared).run(inputs)
    for (old, new) in zip(folding.outputs, folding.newOutputs) {
      let (expected, found) = (try #require(before[old]), try #require(after[new]))
      try #require(expected.count == found.count)
      let scale = expected.map(abs).reduce(1, max)
      let difference = zip(expected, found).map { abs($0 - $1) }.reduce(0, max)
      #expect(difference <= 1e-5 * scale)
    }
  }

  @Test func preparingTwiceChangesNothingMore() throws {
    let graph = GraphSamples.everything
    let network = Network(
      graph: graph, parameters: try GraphSamples.parameters(of: graph.resolved(), seed: 5))
    let once = try network.preparedForInference()
    let twice = try once.preparedForInference()
    #expect(once.graph == twice.graph)
    #expect(once.parameters == twice.parameters)
    #expect(once.graph.layers.count == graph.layers.count - 3)
  }

  @Test func aNetworkThatDoesNotFitIsRefusedBeforePassesRun() throws {
    let graph = Graph(
      inputs: [Self.image], layers: [Layer("n", .batchNorm(BatchNorm()), inputs: [])],
      outputs: ["n"])
    let shape = #expect(throws: PithError.self) {
      try Network(graph: graph, parameters: [:]).preparedForInference()
    }
    #expect(
      shape?.description
        == "layer 'n' (batch_norm): batch_norm takes one input but is given 0 [F-66]")

    let folding = Self.foldings[0]
    let network = Network(
      graph: Graph(inputs: [Self.image], layers: folding.layers, outputs: folding.outputs),
      parameters: [:])
    let missing = #expect(throws: PithError.self) { try network.preparedForInference() }
    #expect(missing?.code == .tensorMismatch)
    #expect(
      missing?.description.hasPrefix(
        "the tensors do not fit the graph:\n  missing: 'a.weight' of shape 4x3x3x3\n") == true)
  }
}
