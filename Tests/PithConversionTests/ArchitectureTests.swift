import Pith
import PithConversion
import PithGraph
import PithTensor
import Testing

@Suite struct ArchitectureTests {
  @Test func everyArchitectureHasFacts() {
    #expect(Set(Architecture.all.map(\.name)) == Set(ArchitectureFacts.all.keys))
  }

  @Test(arguments: Architecture.all.map(\.name))
  func tensorsHaveTheNamesAndShapesOfPyTorch(_ name: String) throws {
    let (facts, graph) = try usual(name)
    let found = graph.parameters.map { "\($0.name) \($0.shape)" }
    #expect(found.sorted() == facts.tensors.sorted())
  }

  @Test(arguments: Architecture.all.map(\.name))
  func sizesAreThoseOfPyTorch(_ name: String) throws {
    let (facts, graph) = try usual(name)
    let running = [".running_mean", ".running_var"]
    let trainable = graph.parameters.filter { parameter in
      !running.contains { parameter.name.hasSuffix($0) }
    }
    #expect(trainable.map(\.shape.count).reduce(0, +) == facts.parameters)
    #expect(graph.layers.map(\.multiplyAdds).reduce(0, +) == facts.multiplyAdds)
    #expect(try #require(graph.shapes[graph.graph.outputs[0]]).dimensions == [facts.classes])
  }

  /// The published numbers, so that the fixture and the code cannot be wrong together.
  @Test(arguments: [
    ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032),
    ("vgg16", 138_357_544), ("mobilenet_v2", 3_504_872), ("squeezenet1_1", 1_235_496),
    ("resnet20-cifar", 269_722),
  ])
  func trainableNumbersAreThosePublished(_ name: String, _ count: Int) throws {
    #expect(try usual(name).facts.parameters == count)
  }

  /// Other input sizes, channels and classes than the usual ones, folded and not.
  @Test(arguments: Architecture.all.map(\.name))
  func outputsEqualPyTorchInDoublePrecision(_ name: String) throws {
    let small = try #require(ArchitectureFacts.all[name]).small
    let network = try smallNetwork(name)
    let image = formulaNumbers("image", count: small.input.reduce(1, *))
    let outputs = try ReferenceNetwork<Double>(network).run(["image": image])
    let found = try #require(outputs[network.graph.outputs[0]])
    try #require(found.count == small.outputs.count)
    let scale = small.outputs.map(abs).reduce(0, max)
    for (found, expected) in zip(found, small.outputs) {
      #expect(abs(found - expected) <= 1e-9 * scale)
    }
  }

  /// Folding rounds weights to binary32 once more; the depth of a network multiplies that.
  @Test(arguments: ["resnet20-cifar", "resnet18", "mobilenet_v2", "squeezenet1_1"])
  func preparedNetworkHasTheSameOutputs(_ name: String) throws {
    let small = try #require(ArchitectureFacts.all[name]).small
    let network = try smallNetwork(name).preparedForInference()
    #expect(
      network.graph.layers.allSatisfy { !["batch_norm", "dropout"].contains($0.operation.name) })
    let image = formulaNumbers("image", count: small.input.reduce(1, *))
    let outputs = try ReferenceNetwork<Double>(network).run(["image": image])
    let found = try #require(outputs[network.graph.outputs[0]])
    let scale = small.outputs.map(abs).reduce(0, max)
    for (found, expected) in zip(found, small.outputs) {
      #expect(abs(found - expected) <= 1e-5 * scale)
    }
  }

  @Test func anUnknownNameListsTheKnownOnes() {
    let error = #expect(throws: PithError.self) { try Architecture.named("resnet19") }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description
        == "the architecture 'resnet19' is not known; known are resnet20-cifar, resnet32-cifar, "
        + "resnet44-cifar, resnet56-cifar, resnet110-cifar, resnet18, resnet34, resnet50, vgg16, "
        + "mobilenet_v2, squeezenet1_1")
  }

  @Test func aCheckpointOfAnotherArchitectureIsRefused() throws {
    let architecture = try Architecture.named("resnet18")
    let none = #expect(throws: PithError.self) { try architecture.graph(for: [:], size: nil) }
    #expect(none?.code == .tensorMismatch)
    #expect(
      none?.description
        == "resnet18 needs a tensor 'conv1.weight' of 4 dimensions or more, but the checkpoint has none; "
        + "is it a checkpoint of another architecture? It has no tensors")
    let other = #expect(throws: PithError.self) {
      try architecture.graph(
        for: ["e": [1], "d": [1], "c": [1], "b": [1], "conv1.weight": [64, 3]], size: nil)
    }
    #expect(
      other?.description
        == "resnet18 needs a tensor 'conv1.weight' of 4 dimensions or more, but the checkpoint has one of "
        + "shape 64x3; is it a checkpoint of another architecture? It has 5 tensors: 'b', 'c', "
        + "'conv1.weight', 'd', ...")
  }

  @Test(arguments: [0, 1, 2, Int.max - 1, Int.max])
  func absurdSizesAreRefusedOrSmall(_ side: Int) throws {
    for architecture in Architecture.all {
      let shapes = try #require(ArchitectureFacts.all[architecture.name]).shapes()
        .mapValues { $0.rank == 4 ? try Shape(checking: [$0[0], 1, $0[2], $0[3]]) : $0 }
      for size in [
        Preprocessing.Size(height: side, width: 1), Preprocessing.Size(height: 1, width: side),
        Preprocessing.Size(height: side, width: side),
      ] {
        do {
          let graph = try architecture.graph(for: shapes, size: size).resolved()
          #expect(side == 1 || side == 2, "\(architecture.name) takes \(size)")
          #expect(graph.layers.count > 10)
        } catch let error as PithError {
          #expect([.shapeMismatch, .limitExceeded].contains(error.code), "\(error)")
        }
      }
    }
  }

  private func usual(
    _ name: String
  ) throws -> (facts: ArchitectureFacts, graph: ResolvedGraph) {
    let facts = try #require(ArchitectureFacts.all[name])
    let architecture = try Architecture.named(name)
    #expect(architecture.size == Preprocessing.Size(height: facts.side, width: facts.side))
    return (facts, try architecture.graph(for: facts.shapes(), size: nil).resolved())
  }

  /// The network that the script ran: its tensors tell the channels and the classes.
  private func smallNetwork(_ name: String) throws -> Network {
    let facts = try #require(ArchitectureFacts.all[name])
    let architecture = try Architecture.named(name)
    let (channels, classes) = (facts.small.input[0], facts.small.outputs.count)
    var shapes: [String: Shape] = [:]
    for (name, shape) in try facts.shapes() {
      var sizes = shape.dimensions
      if name == architecture.first { sizes[1] = channels }
      if name == architecture.last { sizes[0] = classes }
      shapes[name] = try Shape(checking: sizes)
    }
    let graph = try architecture.graph(
      for: shapes,
      size: Preprocessing.Size(height: facts.small.input[1], width: facts.small.input[2]))
    var parameters: [String: Tensor] = [:]
    for (name, shape) in try graph.resolved().parameters {
      parameters[name] = try formulaTensor(name, shape: shape)
    }
    return Network(graph: graph, parameters: parameters)
  }
}
