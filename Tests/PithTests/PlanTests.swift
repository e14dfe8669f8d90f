import Pith
import PithGraph
import PithKernels
import PithTensor
import PithThreads
import Testing

@Suite struct PlanTests {
  /// The greatest distance of a plan's outputs from double precision, relative to the greatest output.
  private func error(
    of network: Network, kernels: InstructionSet, images: Int, threads: Int, batch: Int
  ) throws -> Float {
    let plan = try Plan(network, kernels: KernelSet(kernels))
    let session = Session(plan, pool: ThreadPool(threads: threads), batch: batch)
    let perInput = plan.inputs[0].shape.count
    let perOutput = plan.outputs[0].shape.count
    let input = RandomNetwork.values(images * perInput, seed: 7)
    var output = [Float](repeating: .nan, count: images * perOutput)
    var span = output.mutableSpan
    try session.run(input.span, into: &span)
    let reference = try ReferenceNetwork<Double>(network)
    var (worst, greatest): (Double, Double) = (0, 0)
    for image in 0..<images {
      let values = input[image * perInput..<(image + 1) * perInput].map(Double.init)
      let expected = try reference.run([plan.inputs[0].name: values])[plan.outputs[0].name] ?? []
      for (index, value) in expected.enumerated() {
        worst = max(worst, abs(value - Double(output[image * perOutput + index])))
        greatest = max(greatest, abs(value))
      }
    }
    return Float(worst / greatest)
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable))
  func everyKernelSetAgreesWithDoublePrecision(kernels: InstructionSet) throws {
    let network = try RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 1)
    let error = try error(of: network, kernels: kernels, images: 3, threads: 2, batch: 2)
    #expect(error < 2e-6)
  }

  @Test(arguments: [
    ("squeezenet1_1", 64), ("mobilenet_v2", 64), ("resnet18", 64), ("resnet50", 64),
  ])
  func everyArchitectureAgreesWithDoublePrecision(name: String, side: Int) throws {
    let network = try RandomNetwork.architecture(name, side: side, seed: 2)
    let kernels = try KernelSet.chosen().instructionSet
    let error = try error(of: network, kernels: kernels, images: 1, threads: 2, batch: 1)
    #expect(error < 2e-5)
  }

  @Test func scoresDependNeitherOnTheBatchNorOnTheThreads() throws {
    let network = try RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 3)
    let plan = try Plan(network)
    let input = RandomNetwork.values(5 * plan.inputs[0].shape.count, seed: 4)
    var results: [[Float]] = []
    for (threads, batch) in [(1, 1), (2, 1), (1, 5), (2, 2), (2, 5)] {
      let session = Session(plan, pool: ThreadPool(threads: threads), batch: batch)
      var output = [Float](repeating: .nan, count: 50)
      var span = output.mutableSpan
      try session.run(input.span, into: &span)
      results.append(output)
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(results[0].allSatisfy { $0.isFinite })
  }

  @Test func missingAndMisshapenInputsAreNamed() throws {
    let network = try RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 3)
    let session = Session(try Plan(network), threads: 1)
    #expect {
      _ = try session.run([:])
    } throws: {
      "\($0)" == "the input 'image' is missing; the model takes 'image' 3x32x32"
    }
    #expect {
      _ = try session.run(["image": Tensor(shape: [3, 31, 32], repeating: 0)])
    } throws: {
      "\($0)"
        == "input 'image': has shape 3x31x32 but the model takes 3x32x32, or n x 3x32x32"
    }
  }

  @Test func oneImageHasNoBatchInItsResult() throws {
    let network = try RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 3)
    let session = Session(try Plan(network), threads: 1)
    let single = try session.run(["image": Tensor(shape: [3, 32, 32], repeating: 0.5)])
    let batch = try session.run(["image": Tensor(shape: [2, 3, 32, 32], repeating: 0.5)])
    #expect(single["linear"]?.shape == [10])
    #expect(batch["linear"]?.shape == [2, 10])
    #expect(
      batch["linear"]?.values == (single["linear"]?.values ?? []) + (single["linear"]?.values ?? [])
    )
  }
}
