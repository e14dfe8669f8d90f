import Pith
import PithConversion
import PithGraph
import PithTensor
import PithTestSupport
import Testing

@Suite struct ArchitectureTests {
  @Test func everyArchitectureHasFacts() {
    #expect(Set(Architecture.names) == Set(ArchitectureFacts.all.keys))
  }

  @Test(arguments: Architecture.names)
  func tensorsHaveTheNamesAndShapesOfPyTorch(_ name: String) throws {
    let (facts, graph) = try usual(name)
    let found = graph.parameters.map { "\($0.name) \($0.shape)" }
    #expect(found.sorted() == facts.tensors.sorted())
  }

  @Test(arguments: Architecture.names)
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
    ("resnet101", 44_549_160), ("vgg11", 132_863_336), ("vgg13", 133_047_848),
    ("vgg16", 138_357_544), ("vgg19", 143_667_240), ("vgg11-bn", 132_868_840),
    ("vgg13-bn", 133_053_736), ("vgg16-bn", 138_365_992), ("vgg19-bn", 143_678_248),
    ("mobilenet_v2", 3_504_872), ("mobilenet_v3_large", 5_483_032), ("squeezenet1_1", 1_235_496),
    ("googlenet", 6_624_904), ("densenet121", 7_978_856), ("efficientnet_b0", 5_288_548),
    ("alexnet", 61_100_840), ("lenet", 61_706), ("resnet20-cifar", 269_722),
  ])
  func trainableNumbersAreThosePublished(_ name: String, _ count: Int) throws {
    #expect(try usual(name).facts.parameters == count)
  }

  /// Other input sizes, channels and classes than the usual ones, folded and not.
  @Test(arguments: Architecture.names)
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
  @Test(arguments: [
    "resnet20-cifar", "resnet18", "vgg13-bn", "mobilenet_v2", "mobilenet_v3_large",
    "squeezenet1_1", "googlenet", "efficientnet_b0",
  ])
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

  /// A checkpoint of other channels and classes, and a recipe of another size.
  @Test(arguments: Architecture.names)
  func tensorsTellChannelsAndClasses(_ name: String) throws {
    let facts = try #require(ArchitectureFacts.all[name])
    let architecture = try Architecture.named(name)
    let telling = try architecture.tellingTensors()
    var shapes = try facts.shapes()
    let first = try #require(telling.channels)
    let last = try #require(telling.classes)
    shapes[first] = try shapes[first].map { shape in
      try Shape(checking: [shape[0], 5, shape[2], shape[3]])
    }
    shapes[last] = try shapes[last].map { shape in
      try Shape(checking: [13] + shape.dimensions.dropFirst())
    }
    let size = Preprocessing.Size(height: facts.side + 32, width: facts.side)
    let graph = try architecture.graph(for: shapes, size: size).resolved()
    #expect(graph.graph.inputs.map(\.shape) == [[5, size.height, size.width]])
    #expect(try #require(graph.shapes[graph.graph.outputs[0]]).dimensions == [13])
    // A fully connected layer of LeNet depends on the size of the image; all else is as the checkpoint says.
    let different = Set(graph.parameters.filter { shapes[$0.name] != $0.shape }.map(\.name))
    let bias = last.replacing(".weight", with: ".bias")
    #expect(different == (name == "lenet" ? [bias, "fc1.weight"] : [bias]))
  }

  @Test func anUnknownNameListsTheKnownOnes() {
    let error = #expect(throws: PithError.self) { try Architecture.named("resnet19") }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description
        == "the architecture 'resnet19' is not known; known are resnet20-cifar, resnet32-cifar, "
        + "resnet44-cifar, resnet56-cifar, resnet110-cifar, resnet18, resnet34, resnet50, "
        + "resnet101, vgg11, vgg13, vgg16, vgg19, vgg11-bn, vgg13-bn, vgg16-bn, vgg19-bn, "
        + "mobilenet_v2, mobilenet_v3_large, squeezenet1_1, googlenet, densenet121, "
        + "efficientnet_b0, alexnet, lenet")
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
    for name in Architecture.names {
      let architecture = try Architecture.named(name)
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
    let graph = try Architecture.named(name).graph(for: facts.shapes(), size: nil)
    #expect(graph.inputs.map(\.shape) == [[facts.channels, facts.side, facts.side]])
    #expect(try Architecture.named(name).graph() == graph)
    return (facts, try graph.resolved())
  }

  /// The network that the script ran.
  private func smallNetwork(_ name: String) throws -> Network {
    let small = try #require(ArchitectureFacts.all[name]).small
    let builtIn = try BuiltInNetwork.named(name)
    let changes = ["classes": Double(small.outputs.count), "width": small.width]
    let graph = try NetworkText(parsing: builtIn.text())
      .graph(
        builtIn.values.merging(changes) { $1 }, inputShape: try Shape(checking: small.input))
    var parameters: [String: Tensor] = [:]
    for (name, shape) in try graph.resolved().parameters {
      parameters[name] = try formulaTensor(name, shape: shape)
    }
    return Network(graph: graph, parameters: parameters)
  }
}
