import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

@Suite struct TrainerTests {
  /// All that sums over a batch: convolutions, batch norm, fully connected layers; and dropout.
  static let text = """
    input image: [3, 10, 9]
    conv1 = convolution outputs: 6 kernel: 3 padding: 1
    bn1 = batch_norm
    relu
    residual {
      conv2 = convolution outputs: 6 kernel: 3 padding: 1 groups: 2 bias: false
      bn2 = batch_norm
    }
    relu2 = relu
    max_pool kernel: 2
    dropout rate: 0.25
    flatten
    fc1 = fully_connected outputs: 20
    tanh
    fc2 = fully_connected outputs: 4
    """

  private static func options(_ change: (inout TrainingOptions) -> Void = { _ in })
    -> TrainingOptions
  {
    var options = TrainingOptions()
    options.learningRate = LearningRate(0.05, .cosine())
    options.imagesPerPass = 12
    options.steps = 8
    options.seed = 7
    change(&options)
    return options
  }

  private func trainer(
    _ text: String = text, threads: Int = 1,
    _ change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> Trainer {
    try Trainer(
      Graph(text: text), classes: 4, options: Self.options(change), threads: threads)
  }

  private func images(_ step: Int, count: Int = 12) throws -> (Tensor, [Int]) {
    try sampleImages(
      "step \(step)", Shape(checking: [count, 3, 10, 9]), classes: 4)
  }

  private func run(_ trainer: Trainer, steps: Range<Int>) throws -> [StepReport] {
    try steps.map { step in
      let (images, labels) = try images(step)
      return try trainer.step(images, labels)
    }
  }

  // MARK: determinism

  static let optimizers: [Optimizer] = [
    .sgd, .momentum(0.9, nesterov: true), .rmsProp(), .adam(), .adamW(),
  ]

  @Test(arguments: optimizers)
  func resultsDoNotDependOnTheThreads(optimizer: Optimizer) throws {
    let states = try [1, 2, 3].map { threads in
      let trainer = try trainer(threads: threads) {
        $0.optimizer = optimizer
        $0.learningRate.highest = 0.003
        $0.greatestGradientNorm = 0.5
        $0.imagesPerPass = 5
        $0.regularization = Regularization(l1: 1e-4, l2: 1e-3)
      }
      let reports = try run(trainer, steps: 0..<4)
      return (reports, try trainer.state())
    }
    // Equality of floats that are not NaN is equality of bits, but for the sign of zero.
    #expect(states[0].0 == states[1].0 && states[0].0 == states[2].0)
    #expect(states[0].1.bits == states[1].1.bits)
    #expect(states[0].1.bits == states[2].1.bits)
  }

  @Test(arguments: optimizers)
  func aResumedRunIsTheSameBitForBit(optimizer: Optimizer) throws {
    func change(_ options: inout TrainingOptions) {
      options.optimizer = optimizer
      options.learningRate = LearningRate(0.01, .cosine(), warmUp: 3)
    }
    let whole = try trainer { change(&$0) }
    _ = try run(whole, steps: 0..<8)
    let first = try trainer { change(&$0) }
    _ = try run(first, steps: 0..<3)
    let second = try trainer { options in
      change(&options)
      // What it starts from does not matter.
      options.initializer = .zeros
    }
    try second.restore(first.state())
    let reports = try run(second, steps: 3..<8)
    #expect(try second.state().bits == whole.state().bits)
    #expect(reports.map(\.step) == [3, 4, 5, 6, 7])
  }

  @Test func seedsDecideAboutWeightsAndDropout() throws {
    let losses = try [7, 7, 8].map { seed in
      try run(try trainer { $0.seed = seed }, steps: 0..<2).map(\.loss)
    }
    #expect(losses[0] == losses[1])
    #expect(losses[0][0] != losses[2][0])
  }

  // MARK: passes

  @Test func passesAddUpToOneStep() throws {
    // Without batch norm a step in passes is the same step, dropout included.
    let text = Self.text.split(separator: "\n").filter { !$0.contains("batch_norm") }
      .joined(separator: "\n")
    let states = try [12, 5, 1].map { size in
      let trainer = try trainer(text) { $0.imagesPerPass = size }
      _ = try run(trainer, steps: 0..<3)
      return try trainer.network().parameters
    }
    for (name, tensor) in states[0] {
      #expect(distance(tensor.values, states[1][name]?.values ?? []) < 1e-6)
      #expect(distance(tensor.values, states[2][name]?.values ?? []) < 1e-6)
    }
  }

  @Test func evaluatingOneImageIsTheSameInAnyBatch() throws {
    let trainer = try trainer()
    _ = try run(trainer, steps: 0..<3)
    let (images, labels) = try images(9)
    let all = try trainer.evaluate(images, labels)
    let size = images.values.count / 12
    for index in 0..<12 {
      let image = try Tensor(
        shape: [1, 3, 10, 9], values: Array(images.values[(index * size)..<((index + 1) * size)]))
      let one = try trainer.evaluate(image, [labels[index]])
      #expect(one.logits == Array(all.logits[(index * 4)..<(index * 4 + 4)]))
    }
    // Evaluating changes nothing.
    let before = try trainer.state()
    _ = try trainer.evaluate(images, labels)
    #expect(try trainer.state().bits == before.bits)
  }

  @Test func trainingAnImageDependsOnItsBatch() throws {
    // The loss of the first image alone, among others of two kinds: batch norm sees the batch.
    let text = Self.text.replacing("dropout rate: 0.25\n", with: "")
    let losses = try [1, 2].map { other in
      let trainer = try trainer(text) { $0.imagesPerPass = 2 }
      let (first, labels) = try images(0, count: 1)
      let (second, _) = try images(other, count: 1)
      let pair = try Tensor(shape: [2, 3, 10, 9], values: first.values + second.values)
      return try trainer.step(pair, [labels[0], labels[0]]).loss
    }
    #expect(losses[0] != losses[1])
  }

  // MARK: what a step does

  @Test func aFewImagesAreLearnedByHeart() throws {
    let trainer = try trainer {
      $0.steps = 60
      $0.regularization = .none
    }
    let (images, labels) = try images(0)
    var reports: [StepReport] = []
    for _ in 0..<60 { reports.append(try trainer.step(images, labels)) }
    #expect(reports[0].loss > 1)
    #expect(try trainer.evaluate(images, labels).loss < 0.02)
    #expect(try trainer.evaluate(images, labels).correct == 12)
    #expect(reports.allSatisfy { $0.penalty == 0 })
  }

  @Test func l1MakesExactZeros() throws {
    let trainer = try trainer { $0.regularization = Regularization(l1: 0.5) }
    #expect(trainer.sparsity == 0)
    let reports = try run(trainer, steps: 0..<8)
    #expect(trainer.sparsity > 0.3)
    #expect(reports[0].penalty > 0)
    let network = try trainer.network()
    let zeros = ["conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight"].map { name in
      network.parameters[name]?.values.count { $0 == 0 } ?? 0
    }
    let counts = ["conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight"].map { name in
      network.parameters[name]?.values.count ?? 0
    }
    #expect(trainer.sparsity == Double(zeros.reduce(0, +)) / Double(counts.reduce(0, +)))
    #expect(network.parameters["bn1.weight"]?.values.contains(0) == false)
  }

  @Test func regularizationLeavesBiasesAndBatchNormAlone() throws {
    // One step without momentum from the same start: what regularisation adds is seen at once.
    let networks = try [Regularization.none, Regularization(l1: 0.1, l2: 0.5)].map { value in
      let trainer = try trainer {
        $0.optimizer = .sgd
        $0.regularization = value
      }
      _ = try run(trainer, steps: 0..<1)
      return try trainer.network().parameters
    }
    for (name, tensor) in networks[0] {
      let isWeight = name.hasSuffix(".weight") && !name.hasPrefix("bn")
      #expect((tensor != networks[1][name]) == isWeight, "\(name)")
    }
  }

  @Test func longGradientsAreClipped() throws {
    let free = try trainer {
      $0.optimizer = .sgd
      $0.regularization = .none
    }
    let held = try trainer {
      $0.optimizer = .sgd
      $0.regularization = .none
      $0.greatestGradientNorm = 0.01
    }
    let start = try held.network().parameters
    let (long, short) = (try run(free, steps: 0..<1)[0], try run(held, steps: 0..<1)[0])
    #expect(long.gradientNorm == short.gradientNorm && long.gradientNorm > 0.1)
    var squares = 0.0
    for (name, tensor) in try held.network().parameters where !name.contains("running") {
      for (new, old) in zip(tensor.values, start[name]?.values ?? []) {
        squares += Double(new - old) * Double(new - old)
      }
    }
    #expect(abs(squares.squareRoot() / (0.05 * 0.01) - 1) < 0.01)
  }

  @Test func aStepThatIsNotFiniteChangesNoWeights() throws {
    let trainer = try trainer()
    let before = try trainer.network().parameters
    let (images, labels) = try images(0)
    let huge = try Tensor(shape: images.shape, values: images.values.map { _ in .infinity })
    let report = try trainer.step(huge, labels)
    #expect(!report.isFinite)
    for (name, tensor) in try trainer.network().parameters where !name.contains("running") {
      #expect(tensor == before[name])
    }
  }

  @Test func aSoftmaxAtTheEndBelongsToTheLoss() throws {
    let (images, labels) = try images(0)
    let plain = try trainer().step(images, labels)
    let softmax = try trainer(Self.text + "\nsoftmax")
    #expect(try softmax.step(images, labels).loss == plain.loss)
    #expect(try softmax.network().graph.layers.last?.operation.name == "softmax")
  }

  @Test func aSoftmaxBehindWhichOnlyShapesFollowBelongsToTheLoss() throws {
    let text = """
      input image: [3, 10, 9]
      conv = convolution outputs: 4 kernel: 3
      pool = global_average_pool
      """
    let (images, labels) = try images(0)
    let plain = try trainer(text + "\nflatten").step(images, labels)
    for end in [
      "softmax\nflatten", "softmax\nflatten\nreshape shape: [2, 2]", "flatten\nlog_softmax",
    ] {
      let softmax = try trainer("\(text)\n\(end)")
      #expect(try softmax.step(images, labels).loss == plain.loss, "\(end)")
    }
    // One for each pixel is none of the classes.
    let pixels = try Graph(
      text: "input image: [3, 2, 2]\nconv = convolution outputs: 4 kernel: 1\nsoftmax\nflatten")
    #expect(pixels.finalSoftmax == nil && pixels.endingInLogits() == pixels)
  }

  @Test(arguments: [
    ("lenet", 32), ("resnet20-cifar", 32), ("resnet50", 64), ("vgg11", 32), ("vgg11-bn", 32),
    ("alexnet", 128), ("squeezenet1_1", 64), ("googlenet", 64), ("densenet121", 64),
    ("mobilenet_v2", 64), ("mobilenet_v3_large", 64), ("efficientnet_b0", 64),
  ])
  func memoryStaysNearWhatIsNeeded(name: String, side: Int) throws {
    let network = try BuiltInNetwork.named(name)
    let text = try NetworkText(parsing: network.text())
    let channels = name == "lenet" ? 1 : 3
    let graph = try text.graph(network.values, inputShape: [channels, side, side])
    let plan = try TrainingPlan<Float>(graph, batch: 128)
    let memory = plan.memory(optimizerSlots: 1)
    let ratio = Double(memory.total) / Double(memory.least)
    #expect(ratio >= 1 && ratio <= 1.2, "\(name): \(ratio)")
  }

  // MARK: errors

  @Test func whatDoesNotFitIsSaid() throws {
    let graph = try Graph(text: Self.text)
    func message(_ body: () throws -> Void) -> String? { pithError(body)?.description }
    #expect(
      message { _ = try Trainer(graph, classes: 10) }
        == "the network has 4 outputs but there are 10 classes; set the network's parameter 'classes', or the outputs of its last layer"
    )
    #expect(
      message { _ = try Trainer(graph, classes: 1) }
        == "there must be at least two classes to learn, not 1")
    let trainer = try trainer()
    let (images, labels) = try images(0)
    #expect(
      message { try trainer.step(images, Array(labels.dropLast())) }
        == "the images have shape 12x3x10x9 but 11 labels and the network's input need shape 11x3x10x9"
    )
    #expect(
      message { try trainer.step(images, labels.map { $0 + 1 }) }
        == "image \(labels.firstIndex(of: 3) ?? -1) has the label 4; labels are from 0 to 3")
    #expect(
      message { try trainer.step(Tensor(shape: [0, 3, 10, 9], values: []), []) }
        == "there must be at least one image")
    var options = TrainingOptions()
    options.loss = .crossEntropy(labelSmoothing: 1)
    #expect(
      message { _ = try Trainer(graph, classes: 4, options: options) }
        == "the label smoothing 1.0 must be at least 0 and less than 1")
    #expect(
      message {
        var state = try trainer.state()
        state.tensors["optimizer.momentum/fc2.bias"] = nil
        try trainer.restore(state)
      }
        == "the tensor 'optimizer.momentum/fc2.bias' of the training state is missing; it must have shape 4; resume with the network and optimiser that the run began with"
    )
    #expect(
      message {
        var state = try trainer.state()
        state.numbers["step"] = -1
        try trainer.restore(state)
      } == "the training state has step -1.0; it must be a number from 0.0 to 4503599627370496.0")
    #expect(
      message {
        _ = try Trainer(
          Graph(
            text:
              "input x: [1, 2, 2]\nc = constant() shape: [4]\nf = flatten(x)\ng = fully_connected(f) outputs: 4\nadd(g, c)"
          ),
          classes: 4)
      }
        == "the constant 'c.value' has no value, and training cannot find one; train from a model that has it"
    )
    #expect(
      message { _ = try TrainingPlan<Float>(Graph(text: "input x: [4]\nrelu"), batch: 1) }
        == "the network has nothing to train: no parameter has a part in its output")
  }

  @Test func aBatchNormOfOneValueIsRefused() throws {
    let text = """
      input image: [3, 4, 4]
      flatten
      fc = fully_connected outputs: 4
      bn = batch_norm
      """
    let trainer = try trainer(text)
    let image = Tensor(shape: [1, 3, 4, 4], repeating: 0.5)
    #expect(
      pithError { try trainer.step(image, [0]) }?.description
        == "layer 'bn' (batch_norm): a pass of one image gives each channel one value, which has no variance; choose batches so that no pass has a single image left"
    )
  }
}

extension TrainingState {
  /// The bits of every number.
  var bits: [String: [UInt32]] {
    var bits = tensors.mapValues { $0.values.map(\.bitPattern) }
    for (name, number) in numbers {
      bits[name] = [
        UInt32(truncatingIfNeeded: number.bitPattern),
        UInt32(truncatingIfNeeded: number.bitPattern >> 32),
      ]
    }
    return bits
  }
}
