import Pith
import PithGraph
import PithKernels
import PithTensor
import PithThreads
import Testing

/// Weights that go from a file's chunks straight into a plan.
struct PlanLoadingTests {
  private static let networks = ["resnet18", "mobilenet_v2", "squeezenet1_1", "googlenet"]

  private func model(_ network: Network, weights: ElementType? = nil) throws -> Model {
    let contents = ModelContents(
      graph: network.graph, parameters: network.parameters.mapValues { .init($0) },
      preprocessing: nil, output: .logits)
    return try Model(bytes: contents.encoded(weights: weights))
  }

  private func outputs(_ plan: Plan) throws -> [Float] {
    let input = RandomNetwork.values(plan.inputs[0].shape.count, seed: 21)
    var output = [Float](repeating: .nan, count: plan.outputs[0].shape.count)
    var span = output.mutableSpan
    try Session(plan, threads: 1).run(input.span, into: &span)
    return output
  }

  /// The slow twin folds batch norms into whole tensors in memory.
  @Test(arguments: networks, [nil, ElementType.float16, .int8])
  func chunksAndTensorsInMemoryGiveTheSamePlan(name: String, weights: ElementType?) throws {
    let network = try RandomNetwork.architecture(name, side: 64, seed: 22)
    let model = try model(network, weights: weights)
    var stored = network
    for name in network.parameters.keys {
      stored.parameters[name] = try model.tensor(named: name)
    }
    let expected = try outputs(Plan(stored))
    let scale = expected.map(abs).max() ?? 0
    #expect(scale > 0 && scale.isFinite)
    for threads in [1, 2, 3] {
      let found = try outputs(Plan(model, threads: threads))
      // Winograd's weights are rounded once instead of twice.
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 5e-6 * scale }, "\(threads)")
    }
  }

  @Test func theNumberOfThreadsThatLoadChangesNoBit() throws {
    let model = try model(RandomNetwork.architecture("resnet18", side: 64, seed: 23))
    let expected = try outputs(Plan(model, threads: 1))
    for threads in [2, 3, 5] {
      #expect(try outputs(Plan(model, threads: threads)) == expected)
    }
  }

  /// Sizes at which the fastest algorithms would take more.
  @Test(arguments: [
    ("resnet18", 224), ("resnet20-cifar", 32), ("vgg11", 224), ("googlenet", 224),
    ("mobilenet_v2", 224),
  ])
  func weightsStayWithinTheirBounds(name: String, side: Int) throws {
    let network = try RandomNetwork.architecture(name, side: side, seed: 24)
    let stored = 4 * network.parameters.values.reduce(0) { $0 + $1.shape.count }
    let normal = try Plan(network)
    let small = try Plan(network, memory: .small)
    #expect(Double(normal.weightBytes) <= 2.5 * Double(stored))
    #expect(Double(small.weightBytes) <= 1.05 * Double(stored))
    let (fast, slow) = (try outputs(normal), try outputs(small))
    let scale = fast.map(abs).max() ?? 0
    #expect(zip(fast, slow).allSatisfy { abs($0 - $1) <= 2e-5 * scale })
  }
}
