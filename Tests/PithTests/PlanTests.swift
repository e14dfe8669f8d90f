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
        let distance = abs(value - Double(output[image * perOutput + index]))
        worst = distance.isNaN ? .infinity : max(worst, distance)
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

  /// Parts of an odd number of blocks and pixels end within a cache line.
  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable))
  func concatenatedPartsOfEverySizeAgree(kernels: InstructionSet) throws {
    for side in [1, 2, 3, 7] {
      for channels in [8, 16, 24] {
        let network = try RandomNetwork.network(
          Graph(
            text: """
              input image: [3, \(side), \(side)]
              a = convolution outputs: \(channels) kernel: 1
              b = convolution(image) outputs: \(channels) kernel: 3 padding: 1
              both = concat(a, b, a)
              convolution outputs: 4 kernel: 1
              """), seed: 6)
        let error = try error(of: network, kernels: kernels, images: 3, threads: 2, batch: 2)
        #expect(error < 2e-6, "\(channels) channels of \(side)x\(side)")
      }
    }
  }

  @Test func scoresDependNeitherOnTheBatchNorOnTheThreads() throws {
    try expectEqualScores("resnet20-cifar", side: 32)
  }

  @Test(arguments: [
    ("mobilenet_v2", 32), ("squeezenet1_1", 64), ("densenet121", 32), ("googlenet", 64),
  ])
  func piecesOfABatchScoreAsItsImagesDo(name: String, side: Int) throws {
    try expectEqualScores(name, side: side)
  }

  /// However a batch is cut into pieces for its first steps.
  private func expectEqualScores(_ name: String, side: Int) throws {
    let network = try RandomNetwork.architecture(name, side: side, seed: 3)
    let plan = try Plan(network)
    let early = try #require(plan.early)
    #expect(early.count < plan.steps.count)
    #expect(early.isLocal.contains(true) && early.isLocal.contains(false))
    let images = 7
    let input = RandomNetwork.values(images * plan.inputs[0].shape.count, seed: 4)
    func run(threads: Int, batch: Int, piece: Int?) throws -> [Float] {
      let session = Session(
        plan, pool: ThreadPool(threads: threads), batch: batch, pieceImages: piece)
      var output = [Float](repeating: .nan, count: images * plan.outputs[0].shape.count)
      var span = output.mutableSpan
      try session.run(input.span, into: &span)
      return output
    }
    let expected = try run(threads: 1, batch: 1, piece: nil)
    #expect(expected.allSatisfy { $0.isFinite })
    for (threads, batch) in [(2, 1), (1, 5), (2, 2), (2, 7), (3, 5)] {
      for piece in [nil, 1, 2, 4] {
        #expect(try run(threads: threads, batch: batch, piece: piece) == expected)
      }
    }
  }

  /// Observed, a batch goes through its pieces one after the other; every step is seen.
  @Test func everyStepOfEveryPieceIsObserved() throws {
    let plan = try Plan(RandomNetwork.architecture("mobilenet_v2", side: 32, seed: 3))
    var early = try #require(plan.early)
    early.images = 1
    let session = Session(plan, pool: ThreadPool(threads: 2), batch: 5, pieceImages: 1)
    let input = RandomNetwork.values(5 * plan.inputs[0].shape.count, seed: 4)
    var unobserved = [Float](repeating: .nan, count: 5 * plan.outputs[0].shape.count)
    var span = unobserved.mutableSpan
    try session.run(input.span, into: &span)
    var output = [Float](repeating: .nan, count: unobserved.count)
    var seen = [Int](repeating: 0, count: plan.steps.count)
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        guard let source = input.baseAddress, let target = output.baseAddress else { return }
        session.run(images: 5, inputs: [source], outputs: [target]) { seen[$0] += 1 }
      }
    }
    let rounds = early.pieces(of: 5, threads: 2).count
    #expect(seen[..<early.count].allSatisfy { $0 == rounds })
    #expect(seen[early.count...].allSatisfy { $0 == 1 })
    #expect(output == unobserved && output.allSatisfy { $0.isFinite })
  }

  /// Limits hold for what a session has room for.
  @Test func aSessionTakesWhatItsPlanSays() throws {
    let plan = try Plan(RandomNetwork.architecture("squeezenet1_1", side: 64, seed: 3))
    for threads in [1, 2, 5] {
      for batch in [1, 2, 4, 5, 11] {
        let session = Session(plan, pool: ThreadPool(threads: threads), batch: batch)
        let bytes = try plan.activationBytes(batch: batch, threads: threads)
        #expect(session.activationBytes == bytes)
        // A piece for each thread in the early layers and a batch in the others, but never more than all of a batch in all.
        #expect(bytes <= 2 * batch * (try plan.activationBytes(batch: 1, threads: 1)))
      }
    }
    #expect(throws: PithError.self) { try plan.activationBytes(batch: .max / 100, threads: 2) }
  }

  @Test func piecesCoverABatch() throws {
    let plan = try Plan(RandomNetwork.architecture("resnet20-cifar", side: 32, seed: 3))
    var early = try #require(plan.early)
    for batch in 1...20 {
      for threads in 1...4 {
        for images in 1...6 {
          early.images = images
          let pieces = early.pieces(of: batch, threads: threads)
          let ranges = (0..<pieces.count).map(pieces.images)
          #expect(ranges.allSatisfy { (1...images).contains($0.count) })
          #expect(ranges.flatMap(Array.init) == Array(0..<batch))
          let own = pieces.ownPieces(threads: threads)
          #expect(own == pieces.count || 2 * (pieces.count - own) <= threads)
          #expect(own % threads == 0 || 2 * (own % threads) > threads)
        }
      }
    }
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
