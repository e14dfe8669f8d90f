import Foundation
import Glibc
import Pith
import PithFormat
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

@Suite struct TrainingRunTests {
  let images: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    try images.writeColors()
  }

  @Test func aRunLearnsAndLeavesItsFiles() throws {
    let run = try images.run()
    var epochs: [EpochReport] = []
    let outcome = try run.run { event in
      if case .epoch(let report) = event { epochs.append(report) }
    }
    #expect(outcome == .finished)
    #expect(epochs.map(\.epoch) == [1, 2, 3])
    #expect(epochs[2].trainingLoss < epochs[0].trainingLoss)
    #expect(run.best.accuracy == 1)
    let log = try images.text("run/log.csv").split(separator: "\n")
    #expect(log.count == 4)
    #expect(log[0].hasPrefix("epoch,steps,learning_rate,training_loss,"))
    #expect(log[3].hasPrefix("3,12,"))
    let configuration = try images.text("run/configuration.txt")
    #expect(configuration.contains("\nlearning-rate: 0.1\n"))
    #expect(
      pithError { try images.run() }.map { "\($0)" }
        == "\(images.path("run")): there is a run in this folder; go on with it by --resume, or choose another folder"
    )
  }

  @Test func resultsDependOnNeitherThreadsNorCache() throws {
    let first = try images.run("one", threads: 1)
    let second = try TrainingRun(
      Graph(text: TestImages.network), data: images.data(cacheBytes: 1000),
      options: TestImages.options, folder: images.path("two"), threads: 3)
    #expect(second.data.cachedImages == 5 && first.data.cachedImages == 36)
    _ = try first.run()
    _ = try second.run()
    #expect(try images.bytes("one/last.pith") == images.bytes("two/last.pith"))
    #expect(try images.bytes("one/best.pith") == images.bytes("two/best.pith"))
  }

  @Test func aStoppedRunGoesOnBitForBit() throws {
    let whole = try images.run("whole")
    _ = try whole.run()
    var steps = 0
    let first = try images.run("parts")
    let outcome = try first.run(
      observer: { event in if case .step = event { steps += 1 } },
      isStopped: { steps == 7 })
    #expect(outcome == .stopped)
    let checkpoint = try TrainingCheckpoint(contentsOf: images.path("parts"), takesLast: true)
    let second = try TrainingRun(
      resuming: checkpoint, data: images.data(), folder: images.path("parts"), threads: 1)
    #expect(try second.run() == .finished)
    #expect(try images.bytes("whole/last.pith") == images.bytes("parts/last.pith"))
    #expect(try images.bytes("whole/best.pith") == images.bytes("parts/best.pith"))
  }

  @Test func networksThatDoNotFitTheImagesAreRefused() throws {
    func message(_ network: String) -> String? {
      pithError { try images.run(network: network) }.map { "\($0)" }
    }
    #expect(
      message("input image: [3, 9, 9]\nflatten\nfc = fully_connected outputs: 3")
        == "the images are 3x8x8 but the network takes 3x9x9; resize the images, or choose a network for their size"
    )
    #expect(
      message("input image: [3, 8, 8]\nflatten\nfc = fully_connected outputs: 5")
        == "the network has 5 outputs but there are 3 classes; set the network's parameter 'classes', or the outputs of its last layer"
    )
    #expect(!images.exists("run"), "nothing is left behind")
  }

  @Test func otherImagesAreNotResumedOn() throws {
    _ = try images.run().run()
    try images.write(images.bytes("data/red/0.png"), to: "data/red/new.png")
    let checkpoint = try TrainingCheckpoint(contentsOf: images.path("run"), takesLast: true)
    let error = pithError {
      try TrainingRun(resuming: checkpoint, data: images.data(), folder: images.path("run"))
    }
    #expect(error?.problem.hasPrefix("the run began with images") == true)
    #expect(error?.advice == "go on with the images that it began with")
  }

  /// A network with all that remembers: the optimiser, batch norm, dropout; channels that fill no block, passes, a short last one.
  private static let network = """
    input image: [3, 8, 8]
    conv = convolution outputs: 13 kernel: 3 padding: 1 bias: false
    bn = batch_norm
    relu
    max_pool kernel: 2
    conv2 = convolution outputs: 21 kernel: 3 padding: 1 groups: 1
    bn2 = batch_norm
    relu2 = relu
    dropout rate: 0.2
    flatten
    hidden = fully_connected outputs: 11
    tanh
    fc = fully_connected outputs: 3
    """

  @Test(arguments: RunOptions.OptimizerName.allCases, [1, 3])
  func checksChangeNothing(optimizer: RunOptions.OptimizerName, accumulate: Int) throws {
    var options = TestImages.options
    (options.optimizer, options.accumulate) = (optimizer, accumulate)
    (options.l1, options.clip) = (1e-4, 1)
    for isChecked in [false, true] {
      let run = try images.run("\(isChecked)", network: Self.network, options: options)
      if isChecked {
        run.checkPatience = .infinity
        #expect(try run.checkStart().handful.steps > 1)
      }
      #expect(try run.run() == .finished)
    }
    for file in ["best.pith", "last.pith"] {
      #expect(try images.bytes("true/\(file)") == images.bytes("false/\(file)"))
    }
  }

  /// Stopped in the checks, at each of them, and looked at later, when the optimiser remembers something.
  @Test func checksThatAreStoppedChangeNothing() throws {
    let whole = try images.run("whole", network: Self.network)
    _ = try whole.run()
    for asked in [0, 1, 40, 200] {
      let run = try images.run("\(asked)", network: Self.network)
      run.checkPatience = .infinity
      var questions = 0
      func isStopped() -> Bool {
        questions += 1
        return questions > asked
      }
      _ = try run.checkStart(isStopped: isStopped)
      #expect(try run.run(isStopped: { true }) == .stopped)
      let checkpoint = try TrainingCheckpoint(contentsOf: images.path("\(asked)"), takesLast: true)
      let resumed = try TrainingRun(
        resuming: checkpoint, data: images.data(), folder: images.path("\(asked)"))
      var steps = 0
      #expect(
        try resumed.run(
          observer: { event in if case .step = event { steps += 1 } }, isStopped: { steps == 6 })
          == .stopped)
      resumed.checkPatience = 0
      _ = try resumed.checkStart()
      #expect(try resumed.run() == .finished)
      #expect(try images.bytes("\(asked)/last.pith") == images.bytes("whole/last.pith"))
    }
  }

  /// Most of the memory is of 24 layers' activations, which cost little time.
  @Test func checksTakeNoSecondTrainersMemory() throws {
    try images.writeColors(count: 60)
    let network = """
      input image: [3, 8, 8]
      conv = convolution outputs: 256 kernel: 1
      repeat 12 {
        batch_norm
        tanh
      }
      flatten
      fc = fully_connected outputs: 3
      """
    var options = TestImages.options
    (options.batch, options.epochs) = (128, 1)
    let settings = options.settings.map { "\($0.name)=\($0.value)" }
    let checked = try bytes("checked", network, settings + ["checks"])
    let plain = try bytes("plain", network, settings)
    try #require(checked.count == 5 && plain.count == 5)
    let (before, least) = (plain[0], plain[4])
    #expect(least > 8e7, "the test is of a network whose memory is seen beside the program's")
    #expect(plain[2] - before < 1.2 * least, "\(plain)")
    #expect(checked[1] - before < 1.2 * least, "\(checked)")
    #expect(checked[2] < 1.05 * plain[2], "\(checked), \(plain)")
  }

  /// Nearly all of the memory is of weights, their gradients and what the optimiser remembers.
  @Test func savingAndCheckingTakeNoCopyOfTheWeights() throws {
    let network = """
      input image: [3, 8, 8]
      flatten
      repeat 3 {
        fully_connected outputs: 2048
        relu
      }
      fc = fully_connected outputs: 3
      """
    var options = TestImages.options
    (options.batch, options.epochs) = (16, 1)
    let settings = options.settings.map { "\($0.name)=\($0.value)" }
    for more in [[], ["optimizer=adam", "learning-rate=0.001", "checks"]] {
      let numbers = try bytes("\(more.count)", network, settings + more)
      try #require(numbers.count == 5)
      let (before, least) = (numbers[0], numbers[4])
      #expect(least > 1e8, "the test is of a network whose memory is seen beside the program's")
      #expect(numbers[1] - before < 1.2 * least, "\(numbers)")
      #expect(numbers[2] - before < 1.2 * least, "\(numbers)")
    }
  }

  /// What `TrainLoop` says at its end.
  private func bytes(
    _ folder: String, _ network: String, _ arguments: [String]
  ) throws -> [Double] {
    let outcome = try Program.run(
      Program.built("TrainLoop"),
      [images.path("data"), images.path(folder), network] + arguments, in: images.url)
    let numbers = outcome.output.split(separator: "\n").last?.split(separator: " ")
    return try #require(numbers).compactMap { Double($0) }
  }

  /// A process is killed again and again while it trains, saving after each step.
  @Test func aKilledRunEndsAsAnUninterruptedOne() throws {
    var options = TestImages.options
    options.epochs = 6
    let settings = options.settings.map { "\($0.name)=\($0.value)" }
    func start(_ folder: String) throws -> Process {
      let process = Process()
      process.executableURL = Program.built("TrainLoop")
      process.arguments = [images.path("data"), images.path(folder), TestImages.network] + settings
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
    let whole = try start("whole")
    whole.waitUntilExit()
    try #require(whole.terminationStatus == 0)
    var random = SeededRandom(seed: 3)
    var kills = 0
    for _ in 0..<200 {
      let process = try start("killed")
      usleep(UInt32(20_000 + random.next() % 60_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit {
        try #require(process.terminationStatus == 0)
        break
      }
      kills += 1
    }
    #expect(kills > 0)
    let end = try start("killed")
    end.waitUntilExit()
    try #require(end.terminationStatus == 0)
    #expect(try images.bytes("whole/last.pith") == images.bytes("killed/last.pith"))
    #expect(try images.bytes("whole/best.pith") == images.bytes("killed/best.pith"))
    let epochs = try images.text("killed/log.csv")
      .split(separator: "\n").dropFirst().map { $0.split(separator: ",").first.map(String.init) }
    #expect(epochs == ["1", "2", "3", "4", "5", "6"])
  }

  @Test(arguments: [Centering.channel, .image, .none])
  func theModelScoresAsTheTrainerDid(centering: Centering) throws {
    var options = TestImages.options
    options.centering = centering
    let run = try images.run(options: options)
    _ = try run.run()
    let exported = try TrainedModel.convert(images.path("run"), takesLast: true)
    let model = try Model(bytes: exported.bytes)
    #expect(model.labels == ["blue", "green", "red"])
    #expect(model.samples.count == 3)
    let plan = try Plan(model, isExact: true)
    let classifier = try Classifier(model, plan: plan, batch: 4)
    for image in run.split.validation {
      let scores = try classifier.outputs(of: [.bytes(run.data.file(image))])[0].get()
      #expect(distance(scores, try run.logits(of: image)) < 1e-5)
    }
    #expect(try Verification(model).passes)
  }

  @Test func theMeanIsThatOfTheTrainingImages() throws {
    let run = try images.run()
    var (sum, count) = (0.0, 0.0)
    for image in run.split.training {
      let pixels = try Preprocessor(probe(run)).tensor(pngBytes: run.data.file(image))
      sum += pixels.values[..<64].reduce(0) { $0 + Double($1) }
      count += 64
    }
    guard case .channel(let means) = run.preprocessing.mean else {
      Issue.record("there is no channel mean")
      return
    }
    #expect(abs(Double(means[0]) - sum / count / 255) < 1e-6)
  }

  /// A model whose recipe leaves pixels as they are.
  private func probe(_ run: TrainingRun) throws -> Model {
    let contents = ModelContents(
      graph: try Graph(text: "input image: [3, 8, 8]\nflatten"), parameters: [:],
      preprocessing: Preprocessing(), output: .logits)
    return try Model(bytes: contents.encoded())
  }

  @Test func aModelIsTrainedFurther() throws {
    _ = try images.run().run()
    let model = try Model(
      bytes: TrainedModel.convert(images.path("run"), takesLast: false).bytes)
    let run = try TrainingRun(
      model.network(), data: images.data(), options: TestImages.options,
      folder: images.path("further"), preprocessing: model.preprocessing, provenance: [])
    let start = try #require(try run.evaluate(run.split.validation))
    #expect(start.accuracy == 1)
    #expect(try run.run() == .finished)
  }

  // MARK: rules of the format

  /// The bytes of a checkpoint with other bytes of one section; nil: without it.
  private func checkpoint(
    _ whole: [UInt8], with section: SectionName, _ bytes: [UInt8]?
  ) throws -> [UInt8] {
    let container = try Container(bytes: whole)
    var writer = ContainerWriter(kind: .training)
    for name in container.sections.map(\.name) where !SectionName.container.contains(name) {
      let content = name == section ? bytes : container.section(name).map { Array($0) }
      if let content { try writer.add(section: name, isRequired: true, bytes: content) }
    }
    for entry in container.tensors {
      try writer.add(tensor: entry.name, container.tensor(named: entry.name))
    }
    return try writer.encoded()
  }

  private func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count), 0, 0, 0] + text.utf8 }

  @Test func checkpointsThatBreakARuleAreRefused() throws {
    let run = try images.run()
    let checkpoint = try run.checkpoint()
    let bytes = try checkpoint.encoded()
    let whole = try TrainingCheckpoint(bytes: bytes)
    #expect(try whole.state().tensors == checkpoint.state().tensors)
    #expect(whole.settings == checkpoint.settings)
    let (one, none): ([UInt8], [UInt8]) = ([1, 0, 0, 0], [0, 0, 0, 0])
    let number = text("a") + [UInt8](repeating: 0, count: 8)
    let cases: [(section: SectionName, bytes: [UInt8]?, message: String)] = [
      (
        .labels, nil,
        "a training checkpoint needs a recipe, labels and outputs that are logits [F-80]"
      ),
      (
        .output, [2],
        "a training checkpoint needs a recipe, labels and outputs that are logits [F-80]"
      ),
      (
        .state, nil,
        "a training checkpoint needs the sections 'optimizer' and 'state' [F-81]"
      ),
      (
        .optimizer, [2, 0, 0, 0] + text("momentum") + text("momentum"),
        "section 'optimizer', byte 28: slot 1 cannot be named 'momentum' [F-82]"
      ),
      (
        .state, [2, 0, 0, 0] + number + number + none,
        "section 'state', byte 30: there are two numbers 'a' [F-83]"
      ),
      (
        .optimizer, one + text("velocity"),
        "tensor 'optimizer.momentum/bn.bias': is of no slot that the section 'optimizer' names, or there is no parameter of its shape [F-84]"
      ),
      (
        .optimizer, one + text("momentum") + [0],
        "section 'optimizer', byte 16: 1 bytes are left over after the last field [F-60]"
      ),
    ]
    for (section, content, message) in cases {
      let broken = try self.checkpoint(bytes, with: section, content)
      #expect(pithError { try TrainingCheckpoint(bytes: broken) }.map { "\($0)" } == message)
    }
    #expect(
      pithError { try TrainingCheckpoint(bytes: whole.model().bytes) }.map { "\($0)" }
        == "is a model, not a training checkpoint; train it further with 'pith train --from'")
  }
}
