import Pith
import PithGraph
import PithKernels
import PithTensor
import PithThreads
import Testing

/// Plans with the operations of every kind among layers that are fused.
@Suite struct OperationPlanTests {
  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), [UInt64(1), 2, 3, 4])
  func randomNetworksOfAllOperationsAgreeWithDoublePrecision(
    kernels: InstructionSet, seed: UInt64
  ) throws {
    let graph = try RandomNetwork.graph(layers: 90, seed: seed)
    let network = try RandomNetwork.network(graph, seed: seed)
    try expectAgreement(of: network, kernels: kernels)
  }

  /// Otherwise the test above would prove less than it says.
  @Test func randomNetworksHaveEveryOperationAndFusedOnesAmongThem() throws {
    var names: Set<String> = ["constant"]
    var fused = 0
    for seed in UInt64(1)...4 {
      let graph = try RandomNetwork.graph(layers: 90, seed: seed)
      names.formUnion(graph.layers.map(\.operation.name))
      let plan = try Plan(RandomNetwork.network(graph, seed: seed))
      fused += plan.steps.count { $0.layers.count > 1 }
    }
    #expect(names == Set(Operation.examples.map(\.name)))
    #expect(fused >= 10)
  }

  /// Layers that leave every value where it is have no step and no activation.
  @Test(arguments: [
    Operation.adaptiveAveragePool(AdaptiveAveragePool(Extent(1, 5))),
    .mean(Mean(axes: [2])), .mean(Mean(axes: [2], keep: false)),
    .transpose(Transpose(order: [1, 0, 2])), .transpose(Transpose(order: [0, 1, 2])),
    .pad(Pad(before: [0, 0, 0], after: [0, 0, 0], value: 7)),
    .slice(Slice(starts: [0, 0, 0], ends: [4, 1, 5], steps: [1, 9, 1])),
    .concat(Concat()), .flatten, .reshape(Reshape([5, 4])), .identity, .dropout(Dropout()),
  ])
  func whatOnlyRenamesCostsNothing(_ operation: Operation) throws {
    try expectRenaming(operation, of: [4, 1, 5])
  }

  @Test(arguments: [
    Operation.globalAveragePool, .globalMaxPool, .mean(Mean(axes: [2, 3])),
    .adaptiveAveragePool(AdaptiveAveragePool(Extent(1))),
  ])
  func poolsOfOnePixelCostNothing(_ operation: Operation) throws {
    try expectRenaming(operation, of: [6, 1, 1])
  }

  @Test(arguments: [
    Operation.adaptiveAveragePool(AdaptiveAveragePool(Extent(5, 1))),
    .mean(Mean(axes: [1])), .transpose(Transpose(order: [2, 1, 0])), .globalMaxPool,
    .slice(Slice(starts: [0, 0, 1], ends: [4, 1, 5], steps: [1, 1, 1])),
  ])
  func whatMovesValuesHasAStep(_ operation: Operation) throws {
    // Values that are put into blocks for a step, and back, are the same values.
    let steps = try plan(of: operation, [4, 1, 5]).steps.filter {
      $0.kernel != "to_blocks" && $0.kernel != "from_blocks"
    }
    #expect(steps.map(\.layers) == [["relu"], ["layer"], ["tanh"]])
  }

  /// A kernel has no weights that a file would have to hold, so only its reach in the image may take time.
  @Test func windowsFarLargerThanTheImageTakeNoTime() throws {
    for dilation in [1, 3] {
      let half = dilation << 29
      let window = Window(
        kernel: Extent(1 << 30), stride: Extent(1), padding: Padding(half + 1),
        dilation: Extent(dilation))
      let shape: Shape = [1, dilation, 3]
      for operation in [
        Operation.maxPool(MaxPool(window)),
        .averagePool(AveragePool(window, includePadding: false)),
      ] {
        let plan = try plan(of: operation, shape)
        let results = try Session(plan, threads: 1)
          .run(["image": Tensor(shape: shape, repeating: 2)])
        #expect(Set(results["layer"]?.values ?? []) == [2])
      }
    }
  }

  /// A few bytes of a file may ask for any padding; no copy of it is made.
  @Test func convolutionsFarLargerThanTheImageTakeNoMemory() throws {
    let far = 1 << 28
    let graph = Graph(
      inputs: [Graph.Input("image", shape: [8, 3, 3])],
      layers: [
        Layer(
          "conv",
          .convolution(
            Convolution(
              outputs: 8, kernel: Extent(1, 2),
              padding: Padding(top: 0, left: far, bottom: 0, right: 0), dilation: Extent(1, far))),
          inputs: ["image"])
      ], outputs: ["conv"])
    for kernels in InstructionSet.allCases where kernels.isAvailable {
      try expectAgreement(of: RandomNetwork.network(graph, seed: 4), kernels: kernels)
    }
  }

  /// Matrix kernels read one image after the other; a constant is there once for all of them.
  @Test func layersOfAConstantAreTheSameForEveryImage() throws {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: [3, 5, 5])],
      layers: [
        Layer("constant", .constant(Constant(shape: [2, 5, 5])), inputs: []),
        Layer(
          "conv", .convolution(Convolution(outputs: 3, kernel: Extent(3), padding: Padding(1))),
          inputs: ["constant"]),
        Layer("flat", .flatten, inputs: ["constant"]),
        Layer("fc", .fullyConnected(FullyConnected(outputs: 5)), inputs: ["flat"]),
        Layer("sum", .add, inputs: ["image", "conv"]),
        Layer("out", .multiply, inputs: ["sum", "fc"]),
      ], outputs: ["out"])
    for kernels in InstructionSet.allCases where kernels.isAvailable {
      try expectAgreement(of: RandomNetwork.network(graph, seed: 9), kernels: kernels)
    }
  }

  private func plan(of operation: Operation, _ shape: Shape) throws -> Plan {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: shape)],
      layers: [
        Layer("relu", .relu, inputs: ["image"]), Layer("layer", operation, inputs: ["relu"]),
        Layer("tanh", .tanh, inputs: ["layer"]),
      ], outputs: ["layer", "tanh"])
    return try Plan(Network(graph: graph, parameters: [:]))
  }

  /// The layer has no step, its values are those before it, and those behind it see them.
  private func expectRenaming(_ operation: Operation, of shape: Shape) throws {
    let plan = try plan(of: operation, shape)
    #expect(plan.steps.map(\.layers) == [["relu"], ["tanh"]])
    let values = RandomNetwork.values(2 * shape.count, seed: 3)
    let batch = try Shape(checking: [2] + shape.dimensions)
    let results = try Session(plan, pool: ThreadPool(threads: 1), batch: 2)
      .run(["image": Tensor(shape: batch, values: values)])
    #expect(results["layer"]?.values == values.map { max($0, 0) })
    let expected = try Session(self.plan(of: .identity, shape), threads: 1)
      .run(["image": Tensor(shape: batch, values: values)])
    #expect(results["tanh"]?.values == expected["tanh"]?.values)
  }

  /// A plan's outputs for three images are those of the reference in double precision.
  private func expectAgreement(of network: Network, kernels: InstructionSet) throws {
    let plan = try Plan(network, kernels: KernelSet(kernels))
    let session = Session(plan, pool: ThreadPool(threads: 2), batch: 2)
    let input = network.graph.inputs[0]
    let values = RandomNetwork.values(3 * input.shape.count, seed: 7)
    let results = try session.run([
      input.name: Tensor(shape: Shape(checking: [3] + input.shape.dimensions), values: values)
    ])
    let reference = try ReferenceNetwork<Double>(network)
    for image in 0..<3 {
      let pixels = values[image * input.shape.count..<(image + 1) * input.shape.count]
      let expected = try reference.run([input.name: pixels.map(Double.init)])
      for (name, exact) in expected {
        let found = try #require(
          results[name]?.values[image * exact.count..<(image + 1) * exact.count])
        let scale = exact.map(abs).reduce(1, max)
        let difference = zip(found, exact).map { abs(Double($0) - $1) }.reduce(0, max)
        #expect(scale.isFinite && difference <= 1e-4 * scale, "\(name): \(difference) of \(scale)")
      }
    }
  }
}
