import Foundation
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// Each sentence about what ails a run, by a run that has the illness.
@Suite struct DiagnosisTests {
  let images: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    try images.writeColors()
  }

  private static let plain = """
    input image: [3, 8, 8]
    conv = convolution outputs: 4 kernel: 3
    relu
    flatten
    fc = fully_connected outputs: 3
    """

  private static func deep(_ activation: String) -> String {
    """
    input image: [3, 8, 8]
    flatten
    repeat 6 as i {
      "fc{i}" = fully_connected outputs: 40
      "act{i}" = \(activation)
    }
    last = fully_connected outputs: 3
    """
  }

  private func options(_ change: (inout RunOptions) -> Void) -> RunOptions {
    var options = TestImages.options
    options.augmentation = .none
    options.schedule = .constant
    change(&options)
    return options
  }

  /// The sentences that a run is told.
  private func sentences(
    _ network: String, epochs: Int = 3, _ change: (inout RunOptions) -> Void
  ) throws -> (outcome: TrainingRun.Outcome, said: [Diagnosis]) {
    let run = try images.run(
      network: network,
      options: options {
        $0.epochs = epochs
        change(&$0)
      })
    var said: [Diagnosis] = []
    let outcome = try run.run { event in
      if case .diagnosis(let diagnosis) = event { said.append(diagnosis) }
    }
    #expect(Set(said.map(\.kind)).count == said.count, "each is said once")
    return (outcome, said)
  }

  private func start(
    _ network: String, _ change: (inout RunOptions) -> Void
  ) throws -> StartReport {
    let run = try images.run(UUID().uuidString, network: network, options: options(change))
    run.checkPatience = .infinity
    return try run.checkStart()
  }

  private func sentence(_ kind: Diagnosis.Kind, _ said: [Diagnosis]) -> String {
    said.first { $0.kind == kind }?.sentence ?? "nothing but \(said.map(\.kind.rawValue))"
  }

  // MARK: before

  @Test func aHealthyStartSaysNothing() throws {
    let report = try start(Self.plain) { $0.learningRate = 0.05 }
    #expect(report.diagnoses == [])
    #expect(abs(report.guessingLoss - 1.0986) < 1e-4)
    #expect(report.penalty > 0)
    #expect(report.handful.correct == report.handful.images)
    #expect(try #require(report.range.steepest) > 0.0005)
    #expect(report.layers.map(\.layer) == ["conv", "relu", "fc"])
  }

  @Test func theHandfulIsLearnedToNoLoss() throws {
    let report = try start(Self.plain) { $0.learningRate = 0.05 }
    #expect(report.handful.loss <= 0.01 * report.guessingLoss)
    #expect(report.handful.steps < 300)
  }

  /// Images are learned by heart without what keeps a network from that.
  @Test func dropoutDoesNotKeepTheHandfulFromBeingLearned() throws {
    let report = try start(
      "input image: [3, 8, 8]\nflatten\nfully_connected outputs: 64\nrelu\ndropout rate: 0.95\nfully_connected outputs: 3"
    ) { _ in }
    #expect(report.handful.correct == report.handful.images)
    #expect(!report.diagnoses.contains { $0.kind == .cannotOverfit })
  }

  @Test func theFirstLossIsThatOfGuessingAndRisesWithRegularization() throws {
    let reports = try [0, 0.01, 0.02].map { l2 in
      try start(Self.plain) {
        $0.l2 = l2
        $0.initializer = .smallGaussian
      }
    }
    for report in reports { #expect(abs(report.initialLoss - log(3.0)) < 0.05) }
    #expect(reports[0].penalty == 0 && reports[1].penalty > 0)
    #expect(abs(reports[2].penalty / reports[1].penalty - 2) < 1e-9)
  }

  @Test func theRangeTestPlotsLossAgainstRate() throws {
    let points = try start(Self.plain) { $0.learningRate = 0.05 }.range.points
    #expect(abs(points[0].rate - 5e-6) < 1e-12)
    #expect(zip(points, points.dropFirst()).allSatisfy { $0.rate < $1.rate })
    #expect(try #require(points.last).rate > 0.05)
  }

  @Test func aStartLeavesTheRunAsItIs() throws {
    let run = try images.run()
    let before = try run.checkpoint().encoded()
    _ = try run.checkStart()
    #expect(try run.checkpoint().encoded() == before)
  }

  /// In passes of at most 2 images, none is of one.
  @Test func theHandfulIsLearnedInThePassesOfTheRun() throws {
    let network = Self.plain + "\nnorm = batch_norm"
    for (batch, images) in [(2, 18), (5, 18), (64, 18)] {
      let report = try start(network) { ($0.batch, $0.learningRate) = (batch, 0.05) }
      #expect(report.handful.images == images)
    }
    try FileManager.default.removeItem(atPath: images.path("data/red"))
    for index in 0..<3 {
      try images.write(images.bytes("data/blue/\(index).png"), to: "data/red/\(index).png")
    }
    let report = try start(network) { ($0.batch, $0.learningRate, $0.validation) = (2, 0.05, 0) }
    #expect(report.handful.images == 14)
  }

  @Test func weightsThatAreTooLargeAreSeen() throws {
    let report = try start(Self.plain) { $0.initializer = .largeGaussian }
    let text = sentence(.initialLoss, report.diagnoses)
    #expect(text.hasPrefix("the loss at the start is "))
    #expect(
      text.hasSuffix(
        ", but a network that only guesses has 1.1: the first weights are too large (--init)"))
  }

  /// A run whose first weights know the classes of images of one colour each, its bias left to it: of the logits of an image, that of its class is
  /// 120 / sqrt(3200) = 2.1213 above the others.
  private func knowing(_ change: (inout RunOptions) -> Void) throws -> TrainingRun {
    try images.writeColors(noise: 0)
    let graph = try Graph(
      text: "input image: [3, 8, 8]\nglobal_average_pool\nflatten\nfc = fully_connected outputs: 3")
    return try TrainingRun(
      Network(
        graph: graph,
        parameters: [
          "fc.weight": Tensor(shape: [3, 3], values: [0, 0, 1, 0, 1, 0, 1, 0, 0])
        ]), data: images.data(),
      options: options {
        $0.labelSmoothing = 0
        change(&$0)
      }, folder: images.path("run"), provenance: [])
  }

  /// ln(1 + 2 e^-2.1213) = 0.215.
  @Test func aStartThatKnowsTheLabelsIsSeen() throws {
    let report = try knowing { $0.learningRate = 0.05 }.checkStart()
    #expect(abs(report.initialLoss - 0.21491) < 1e-4)
    #expect(
      sentence(.initialLoss, report.diagnoses)
        == "the loss at the start is 0.215, but a network that only guesses has 1.1: it knows the labels before it has learned anything; look for weights that are not random, and for labels that show in the images"
    )
  }

  /// L2 turns the weights around; before, the loss was less than that of guessing.
  @Test func aLossAboveThreeTimesGuessingStopsTheRun() throws {
    let run = try knowing { ($0.optimizer, $0.learningRate, $0.l2) = (.sgd, 1000, 1) }
    var losses: [Double] = []
    let outcome = try run.run {
      if case .step(let report, _, _, _) = $0 { losses.append(report.loss) }
    }
    guard case .diverged(let reason) = outcome else {
      Issue.record("the run was not stopped: \(outcome)")
      return
    }
    #expect(reason.kind == .lossTripled)
    #expect(losses.count == 1 && abs(losses[0] - 0.215) < 0.01)
    #expect(
      reason.sentence.wholeMatch(
        of:
          /the loss [0-9.e+]+ is above three times that of guessing, 1\.1: the learning rate 1000 is unsuitable; try a tenth of it/
      ) != nil, "\(reason.sentence)")
  }

  @Test func zeroWeightsAreSeen() throws {
    let report = try start(Self.plain) { $0.initializer = .zeros }
    #expect(
      sentence(.missingPenalty, report.diagnoses)
        == "regularisation adds nothing to the loss at the start: all weights are zero (--init)")
    #expect(
      sentence(.equalWeights, report.diagnoses)
        == "all weights of 'conv.weight' are equal, so all units of the layer learn the same: start from random weights (--init)"
    )
    #expect(
      sentence(.vanishingSignals, report.diagnoses).hasPrefix("signals vanish in layer 'conv'"))
    let two = try start(Self.deep("tanh")) { $0.initializer = .zeros }
    #expect(
      sentence(.equalWeights, two.diagnoses).hasPrefix(
        "all weights of 'fc0.weight' and 5 more tensors are equal, "))
  }

  /// The units of the last layer learn from different labels.
  @Test(arguments: [
    "flatten\nfc = fully_connected outputs: 3",
    "flatten\nfc = fully_connected outputs: 3\nsoftmax",
    "conv = convolution outputs: 3 kernel: 1\nglobal_average_pool\nflatten",
  ])
  func zeroWeightsOfTheOnlyLayerLearn(layers: String) throws {
    let network = "input image: [3, 8, 8]\n\(layers)"
    func change(_ options: inout RunOptions) {
      (options.initializer, options.learningRate, options.l2) = (.zeros, 0.004, 0)
    }
    let report = try start(network, change)
    let kinds = report.diagnoses.map(\.kind)
    #expect(!kinds.contains(.equalWeights) && !kinds.contains(.vanishingSignals))
    #expect(report.layers.last?.values.standardDeviation == 0)
    #expect(report.handful.correct == report.handful.images)
    let (outcome, said) = try sentences(network, change)
    #expect(outcome == .finished)
    #expect(!said.contains { $0.sentence.contains("are equal") }, "\(said)")
  }

  @Test func imagesThatCannotBeLearnedAreSeen() throws {
    let gray = PNGFile.bytes(rgb: [UInt8](repeating: 90, count: 192), height: 8, width: 8)
    for name in ["blue", "green", "red"] {
      for index in 0..<12 { try images.write(gray, to: "data/\(name)/\(index).png") }
    }
    let report = try start(Self.plain) { $0.learningRate = 0.05 }
    let text = sentence(.cannotOverfit, report.diagnoses)
    #expect(
      text.hasPrefix(
        "18 images cannot be learned by heart: after 300 steps 6 are right and the loss is 1.1; look for wrong labels"
      ))
  }

  @Test func aRateOutsideOfTheRangeIsSeen() throws {
    let above = try start(Self.plain) { $0.learningRate = 1000 }
    #expect(
      sentence(.rateAboveRange, above.diagnoses).hasPrefix(
        "the learning rate 1000 is too large: in the range test the loss rises from "))
    let below = try start(Self.plain) { $0.learningRate = 1e-4 }
    #expect(
      sentence(.rateBelowRange, below.diagnoses).hasPrefix(
        "the learning rate 0.0001 is too small: in the range test the loss falls fastest at "))
  }

  /// 70 losses, at rates from 1e-5 to 100.
  private func range(_ count: Int = 70, _ loss: (Int) -> Double) -> RateRange {
    RateRange(
      points: (0..<count).map {
        RateRange.Point(rate: pow(10, -5 + 7 * Double($0) / 69), loss: loss($0))
      })
  }

  @Test func theNoiseOfBatchesIsNoRise() throws {
    // At the smallest rates the losses of small batches are between 1 and 3; from rate 0.01 on the loss falls, from 1 on it rises.
    let noisy = range {
      $0 < 30 ? [1, 3, 2, 1.4, 2.6][$0 % 5] : $0 < 50 ? 2 - 0.05 * Double($0 - 30) : 20
    }
    #expect(try #require(noisy.limit) > 0.9)
    #expect(TrainingRun.diagnose(noisy, rate: 0.1) == [])
    #expect(TrainingRun.diagnose(noisy, rate: 2).map(\.kind) == [.rateAboveRange])
    // A rise that does not last.
    let once = range { $0 == 40 ? 5 : $0 == 69 ? 3.9 : 2 - 0.01 * Double($0) }
    #expect(once.limit == nil)
    // A short one that ends the test.
    #expect(try #require(range(60) { $0 == 59 ? 9 : 2 }.limit) > 0.9)
    #expect(range(60) { $0 == 59 ? .infinity : 2 }.limit != nil)
    #expect(range(20) { $0 < 3 ? 2 : 1000 * Double($0) }.limit != nil)
  }

  @Test func aRangeTestWithoutTimeSaysSo() throws {
    let short = range(31) { _ in 2 }
    #expect(
      TrainingRun.diagnose(short, rate: 0.1).map(\.sentence) == [
        "the range test had no time for learning rates above 0.0111: whether 0.1 suits is not known"
      ])
    #expect(
      TrainingRun.diagnose(short, rate: 0.01).map(\.sentence) == [
        "the range test had no time for learning rates above 0.0111: whether higher ones suit is not known"
      ])
    #expect(range { _ in 2 }.highestTried == nil)
    let run = try images.run(network: Self.plain, options: options { $0.learningRate = 0.05 })
    run.checkPatience = 0
    let report = try run.checkStart()
    #expect(report.range.points.count == 1)
    #expect(report.diagnoses.map(\.kind).contains(.rangeUnfinished))
  }

  @Test func smallBatchesOfTheHingeLossRaiseNoAlarm() throws {
    let report = try start(Self.plain) {
      ($0.loss, $0.batch, $0.learningRate) = (.hinge, 2, 0.005)
    }
    #expect(!report.diagnoses.map(\.kind).contains(.rateAboveRange))
  }

  @Test func signalsOutOfBoundsAreSeen() throws {
    let vanishing = try start(Self.deep("tanh")) { $0.initializer = .smallGaussian }
    #expect(
      sentence(.vanishingSignals, vanishing.diagnoses).hasPrefix("signals vanish in layer '"))
    let exploding = try start(Self.deep("relu")) {
      $0.initializer = .gaussian(standardDeviation: 3)
    }
    #expect(
      sentence(.explodingSignals, exploding.diagnoses).hasPrefix("signals explode in layer '"))
    let saturated = try start(Self.deep("tanh")) { $0.initializer = .largeGaussian }
    #expect(
      sentence(.saturatedUnits, saturated.diagnoses).hasSuffix(
        "of the values of 'act0' are at the flat ends of tanh and learn next to nothing: choose smaller first weights (--init)"
      ))
    let dead = try start(Self.plain) {
      $0.initializer = .constant(-0.1)
      $0.centering = .none
    }
    #expect(
      sentence(.deadUnits, dead.diagnoses)
        == "100.0 % of the units of 'relu' are 0 for every image and learn nothing: choose other first weights (--init)"
    )
  }

  /// The values are bounded, and each layer doubles the gradients on their way back.
  @Test func gradientsThatExplodeBehindBoundedValuesAreSeen() throws {
    let network = Self.deep("tanh").replacing("repeat 6", with: "repeat 20")
    let report = try start(network) { $0.initializer = .largeGaussian }
    #expect(report.layers.dropLast().allSatisfy { $0.values.standardDeviation < 20 })
    let kinds = report.diagnoses.map(\.kind)
    #expect(kinds.contains(.explodingGradients) && !kinds.contains(.explodingSignals))
    let text = sentence(.explodingGradients, report.diagnoses)
    #expect(
      text.wholeMatch(
        of:
          /gradients explode on their way back: their standard deviation is 0\.0\d+ in the last layer 'last' but \d{4,} times that in 'fc0'; choose smaller first weights \(--init\) or batch norms, or clip gradients \(--clip\)/
      ) != nil, "\(text)")
    let healthy = try start(network) { $0.initializer = .xavier }
    #expect(!healthy.diagnoses.map(\.kind).contains(.explodingGradients))
    // Ten layers do not make it a thousand times.
    let short = try start(network.replacing("repeat 20", with: "repeat 10")) {
      $0.initializer = .largeGaussian
    }
    let deviations = short.layers.map(\.gradient.standardDeviation)
    #expect(deviations[0] > 4 * deviations[20] && deviations[0] < 1000 * deviations[20])
    #expect(!short.diagnoses.map(\.kind).contains(.explodingGradients))
  }

  // MARK: while training

  @Test func aLossThatIsNotFiniteStopsTheRun() throws {
    let (outcome, said) = try sentences(Self.plain) { $0.learningRate = 3e38 }
    guard case .diverged(let reason) = outcome else {
      Issue.record("the run was not stopped: \(outcome)")
      return
    }
    #expect([reason] == said)
    #expect(reason.kind == .notFinite)
    #expect(reason.sentence.hasPrefix("the loss or its gradient is not finite in step 2 (loss "))
    #expect(
      reason.sentence.hasSuffix("the learning rate 3e+38 is too large; try a tenth of it"))
    // The state that was saved before is there, and of numbers.
    let last = try TrainingCheckpoint(contentsOf: images.path("run"), takesLast: true)
    #expect(try last.state().tensors.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(try last.state().numbers["step"] == 0)
  }

  /// The loss of a step is that before its update: after the last step of an epoch only validation sees what has happened.
  @Test(arguments: [0, 0.3])
  func aRunThatIsLostInTheLastStepOfAnEpochIsStopped(validation: Double) throws {
    let run = try images.run(
      network: Self.plain,
      options: options {
        ($0.learningRate, $0.batch, $0.validation, $0.epochs) = (1e30, 64, validation, 1)
      })
    let saved = try Data(contentsOf: images.url.appending(path: "run/last.pith"))
    let sentence =
      "weights or outputs of the network are not finite after step 1: the learning rate 1e+30 is too large; try a tenth of it"
    guard case .diverged(let reason) = try run.run() else {
      Issue.record("the run was not stopped")
      return
    }
    #expect(reason.kind == .notFinite && reason.sentence == sentence)
    #expect(run.epochsDone == 0 && run.best.epoch == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: images.path("run"))
    #expect(
      files.sorted() == ["configuration.txt", "last.pith", "log.csv", "record.tsv", "report.html"])
    #expect(try Data(contentsOf: images.url.appending(path: "run/last.pith")) == saved)
    let report = try String(
      decoding: Data(contentsOf: images.url.appending(path: "run/report.html")), as: UTF8.self)
    #expect(report.contains(sentence))
    // What was saved goes on, to the same end.
    let again = try TrainingRun(
      resuming: TrainingCheckpoint(contentsOf: images.path("run"), takesLast: true),
      data: images.data(), folder: images.path("run"))
    #expect(try again.run() == .diverged(reason))
  }

  @Test func aLostRunIsNotSavedOverTheLastState() throws {
    for savesOften in [false, true] {
      let folder = savesOften ? "often" : "asked"
      let run = try images.run(
        folder, network: Self.plain,
        options: options { ($0.learningRate, $0.batch, $0.validation) = (1e30, 16, 0) })
      run.saveInterval = savesOften ? 0 : 300
      let saved = try Data(contentsOf: images.url.appending(path: "\(folder)/last.pith"))
      var steps = 0
      let outcome = try run.run(
        observer: { event in if case .step = event { steps += 1 } },
        isStopped: { !savesOften && steps == 1 })
      guard case .diverged(let reason) = outcome else {
        Issue.record("the run was not stopped: \(outcome)")
        return
      }
      #expect(reason.sentence.hasPrefix("weights or outputs of the network are not finite after"))
      #expect(steps == 1)
      #expect(try Data(contentsOf: images.url.appending(path: "\(folder)/last.pith")) == saved)
    }
  }

  @Test func firstWeightsWithoutBoundsAreRefused() throws {
    let error = pithError {
      try images.run(
        network: Self.plain,
        options: options { $0.initializer = .gaussian(standardDeviation: 1e30) })
    }
    #expect(
      error.map { "\($0)" }
        == "weights or outputs of the network are not finite before the first step; begin with smaller weights, for example --init he"
    )
    #expect(!FileManager.default.fileExists(atPath: images.path("run")))
  }

  @Test func aLossThatTriplesStopsTheRun() throws {
    let (outcome, said) = try sentences(Self.plain) { $0.learningRate = 1000 }
    #expect(outcome != .finished)
    #expect(sentence(.lossTripled, said).contains("is above three times the first, "))
    let last = try TrainingCheckpoint(contentsOf: images.path("run"), takesLast: true)
    #expect(try last.state().tensors.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
  }

  @Test func aLossThatStandsIsSeen() throws {
    let (outcome, said) = try sentences(Self.plain) { $0.learningRate = 1e-9 }
    #expect(outcome == .finished)
    #expect(
      sentence(.lossStands, said).contains(
        "): the learning rate, at most 1e-09 in this epoch, is too small, or the network cannot learn this"
      ))
    #expect(sentence(.lossStands, said).hasPrefix("the loss has hardly moved in 2 epochs ("))
    #expect(
      sentence(.smallUpdates, said).hasSuffix(
        "of their size in a step, where about 0.001 is usual: the learning rate 1e-09 is too small")
    )
  }

  @Test func updatesThatAreTooLargeAreSeen() throws {
    let (_, said) = try sentences(TestImages.network) {
      $0.learningRate = 0.3
      $0.optimizer = .sgd
    }
    #expect(
      sentence(.largeUpdates, said).hasSuffix(
        "of their size in a step, where about 0.001 is usual: the learning rate 0.3 is too large"))
  }

  /// Images that have nothing in common with their labels.
  private func writeNoise() throws {
    for (label, name) in ["blue", "green", "red"].enumerated() {
      for index in 0..<12 {
        let numbers = formulaNumbers("noise \(label) \(index)", count: 192)
        try images.write(
          PNGFile.bytes(rgb: numbers.map { UInt8(128 + 120 * $0) }, height: 8, width: 8),
          to: "data/\(name)/\(index).png")
      }
    }
  }

  @Test func overfittingIsSeen() throws {
    try writeNoise()
    let (_, said) = try sentences(Self.plain, epochs: 30) {
      $0.learningRate = 0.02
      $0.validation = 0.3
      $0.l2 = 0
    }
    #expect(
      sentence(.overfitting, said).hasSuffix(
        "of the validation images are right: the network overfits; raise regularisation (--l2, --dropout, --augment) or take more images"
      ))
  }

  /// Colours of which four in ten have another's label: a network can learn the others, and knows other images as well.
  @Test func roomForCapacityIsSeen() throws {
    let names = ["blue", "green", "red"]
    for index in 0..<600 {
      for label in 0..<3 {
        let shown = index % 10 < 4 ? (label + 1 + index % 2) % 3 : label
        let pixels = (0..<48).map { UInt8($0 % 3 == 2 - shown ? 200 : 50 + index % 50) }
        try images.write(
          PNGFile.bytes(rgb: pixels, height: 4, width: 4), to: "many/\(names[label])/\(index).png")
      }
    }
    let run = try TrainingRun(
      Graph(text: "input image: [3, 4, 4]\nflatten\nfc = fully_connected outputs: 3"),
      data: ImageDataset(contentsOf: images.path("many")),
      options: options {
        ($0.learningRate, $0.validation, $0.epochs, $0.batch) = (0.02, 0.4, 6, 32)
      }, folder: images.path("run"))
    var said: [Diagnosis] = []
    _ = try run.run { event in
      if case .diagnosis(let diagnosis) = event { said.append(diagnosis) }
    }
    #expect(
      sentence(.roomForCapacity, said).hasSuffix(
        "of the validation images are right, no gap: there is room for a larger network, less regularisation or more epochs"
      ))
  }

  @Test func aNetworkThatGuessesIsToldSo() throws {
    let (_, said) = try sentences(Self.plain) { $0.learningRate = 1e-9 }
    #expect(said.map(\.kind) == [.smallUpdates, .lossStands, .guessing])
    #expect(
      sentence(.guessing, said).hasPrefix(
        "the network does no better than guessing ("))
    #expect(
      sentence(.guessing, said).hasSuffix(
        ", where guessing has 33.3 % and 1.1): try another learning rate (--learning-rate; the highest was 1e-09), other first weights (--init) or batch norms, and look for wrong labels"
      ))
  }

  @Test func equalWeightsAreNotTakenForASmallRate() throws {
    let (_, said) = try sentences(Self.plain) { $0.initializer = .zeros }
    #expect(said.map(\.kind) == [.lossStands, .guessing])
    #expect(
      sentence(.lossStands, said).hasSuffix(
        "): all weights of 'conv.weight' are equal and learn the same: start from random weights (--init)"
      ))
    #expect(
      sentence(.guessing, said).hasSuffix(
        "): all weights of 'conv.weight' are equal: start from random weights (--init)"))
    let kinds = try start(Self.plain) { $0.initializer = .zeros }.diagnoses.map(\.kind)
    #expect(kinds.contains(.equalWeights) && !kinds.contains(.rateBelowRange))
  }

  /// What is said about the last of some epochs on 10 classes.
  private func kinds(
    _ change: (inout TrainingWatch.Epoch) -> Void
  ) -> [Diagnosis.Kind] {
    var epoch = TrainingWatch.Epoch(
      number: 30, isLast: true, loss: 0.6, accuracy: 0.8, lossBefore: 0.601, validation: 0.8,
      images: (training: 45_000, validation: 5000), ratio: 1e-3, rate: 0.1, highestRate: 0.1,
      guessing: .init(accuracy: 0.1, loss: 2.3026), equalWeights: nil)
    change(&epoch)
    var watch = TrainingWatch()
    return watch.diagnoses(epoch).map(\.kind)
  }

  @Test func gapsAreMeasuredAgainstChance() {
    #expect(kinds { _ in } == [.roomForCapacity])
    #expect(kinds { $0.validation = 0.79 } == [.roomForCapacity])
    #expect(kinds { $0.validation = 0.77 } == [])
    // So few images tell no gap of 5 %.
    #expect(kinds { $0.validationImages = 100 } == [])
    #expect(kinds { $0.validation = 0.6 } == [.overfitting])
    #expect(kinds { ($0.validation, $0.validationImages) = (0.6, 10) } == [])
    #expect(kinds { ($0.validation, $0.validationImages) = (0.6, 100) } == [.overfitting])
    #expect(kinds { $0.validation = nil } == [])
  }

  @Test func aRunThatStillImprovesIsNotToldOfItsEnd() {
    #expect(kinds { ($0.number, $0.lossBefore) = (3, 0.7) } == [])
    #expect(kinds { ($0.number, $0.lossBefore) = (1, nil) } == [])
    #expect(kinds { ($0.number, $0.lossBefore) = (4, 0.605) } == [.roomForCapacity])
    #expect(kinds { ($0.number, $0.lossBefore) = (30, 0.7) } == [.roomForCapacity])
    #expect(kinds { $0.isLast = false } == [])
  }

  @Test func guessingIsNeitherRoomNorOverfitting() {
    #expect(kinds { ($0.loss, $0.accuracy, $0.validation) = (2.3026, 0.1, 0.1) } == [.guessing])
    #expect(
      kinds { ($0.loss, $0.accuracy, $0.validation) = (2.5, 0.1, 0.102) } == [.guessing])
    // A network that does better than that, if little.
    #expect(
      kinds { ($0.loss, $0.accuracy, $0.validation) = (2.25, 0.13, 0.13) } == [.roomForCapacity])
    // Nine of ten images are of one class.
    #expect(
      kinds {
        ($0.loss, $0.accuracy, $0.validation) = (0.5, 0.9, 0.9)
        $0.guessing = .init(accuracy: 0.9, loss: 0.5)
      } == [.guessing])
  }

  @Test func theEndsOfAScheduleAreNotTakenForASmallRate() {
    #expect(kinds { ($0.isLast, $0.ratio) = (false, 1e-6) } == [.smallUpdates])
    #expect(kinds { ($0.isLast, $0.ratio, $0.rate) = (false, 1e-6, 0.04) } == [])
    #expect(kinds { ($0.isLast, $0.ratio, $0.rate) = (false, 0.2, 0.04) } == [.largeUpdates])
  }

  /// The limits that the documentation gives.
  @Test func limitsAreThoseThatAreWrittenDown() {
    #expect(kinds { $0.ratio = 0.101 } == [.largeUpdates, .roomForCapacity])
    #expect(kinds { $0.ratio = 0.099 } == [.roomForCapacity])
    #expect(kinds { ($0.isLast, $0.ratio) = (false, 1.01e-5) } == [])
    #expect(kinds { ($0.isLast, $0.ratio) = (false, 0.99e-5) } == [.smallUpdates])
    #expect(kinds { ($0.isLast, $0.ratio, $0.rate) = (false, 0.99e-5, 0.051) } == [.smallUpdates])
    #expect(kinds { ($0.isLast, $0.ratio, $0.rate) = (false, 0.99e-5, 0.049) } == [])
    #expect(kinds { ($0.isLast, $0.accuracy, $0.validation) = (false, 0.9, 0.751) } == [])
    #expect(
      kinds { ($0.isLast, $0.accuracy, $0.validation) = (false, 0.9, 0.749) } == [.overfitting])
    #expect(
      kinds { ($0.number, $0.isLast, $0.accuracy, $0.validation) = (1, false, 0.9, 0.7) } == [])
    #expect(kinds { ($0.accuracy, $0.validation) = (0.985, 0.979) } == [.roomForCapacity])
    #expect(kinds { ($0.accuracy, $0.validation) = (0.985, 0.981) } == [])
  }

  /// From 0.98 to 1.1 times the loss of the first epoch, after the second or third, with less than nine of ten images right.
  @Test func aLossStandsWithinLimits() {
    func stands(_ loss: Double, epoch number: Int = 2, accuracy: Double = 0.5) -> Bool {
      var watch = TrainingWatch()
      var epoch = TrainingWatch.Epoch(
        number: 1, isLast: false, loss: 2, accuracy: accuracy, lossBefore: nil, validation: nil,
        images: (training: 1000, validation: 0), ratio: 1e-3, rate: 0.1, highestRate: 0.1,
        guessing: .init(accuracy: 0.1, loss: 2.3026), equalWeights: nil)
      #expect(watch.diagnoses(epoch) == [])
      (epoch.number, epoch.loss, epoch.lossBefore) = (number, loss, 2)
      return watch.diagnoses(epoch).map(\.kind) == [.lossStands]
    }
    #expect(stands(1.961) && stands(2) && stands(2.199) && stands(2, epoch: 3))
    #expect(!stands(1.959) && !stands(2.201) && !stands(2, epoch: 4))
    #expect(stands(2, accuracy: 0.89) && !stands(2, accuracy: 0.9))
  }

  /// The rate of the last step of an epoch says little: here it falls to nothing within it.
  @Test func aLossThatStandsIsToldTheHighestRate() throws {
    let (_, said) = try sentences(Self.plain, epochs: 2) {
      ($0.learningRate, $0.schedule) = (1e-9, .cosine)
    }
    #expect(
      sentence(.lossStands, said).contains(": the learning rate, at most 5e-10 in this epoch, is"))
  }
}
