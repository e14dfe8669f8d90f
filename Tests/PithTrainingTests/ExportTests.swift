import Pith
import PithGraph
import PithTensor
import PithTraining
import Testing

/// What a trained network says when it runs elsewhere, and what its layers look like.
@Suite struct ExportTests {
  private func trained(_ text: String, steps: Int = 5) throws -> Trainer {
    var options = TrainingOptions()
    options.learningRate = LearningRate(0.05)
    options.imagesPerPass = 16
    let trainer = try Trainer(Graph(text: text), classes: 4, options: options)
    for step in 0..<steps {
      let (images, labels) = try sampleImages("step \(step)", [16, 3, 10, 9], classes: 4)
      try trainer.step(images, labels)
    }
    return trainer
  }

  @Test(arguments: [true, false])
  func runtimesScoreIsTheTrainersOwn(isExact: Bool) throws {
    let trainer = try trained(TrainerTests.text)
    let (images, labels) = try sampleImages("test", [16, 3, 10, 9], classes: 4)
    let evaluation = try trainer.evaluate(images, labels)
    let session = Session(try Plan(trainer.network(), isExact: isExact), batch: 16)
    let scores = try #require(try session.run(["image": images]).values.first)
    #expect(distance(scores.values, evaluation.logits) < 1e-5)
    #expect(
      evaluation.correct
        == evaluation.logits.indices.count { index in
          let row = evaluation.logits[(index / 4 * 4)..<(index / 4 * 4 + 4)]
          return index % 4 == labels[index / 4] && evaluation.logits[index] == row.max()
        })
  }

  @Test func aTrainedNetworkIsTrainedFurther() throws {
    let trainer = try trained(TrainerTests.text)
    var options = TrainingOptions()
    options.imagesPerPass = 16
    let further = try Trainer(trainer.network(), classes: 4, options: options)
    #expect(try further.network().parameters == trainer.network().parameters)
  }

  private static let deep = """
    input image: [3, 10, 9]
    flatten
    repeat 6 as i {
      "fc{i}" = fully_connected outputs: 60
      "act{i}" = tanh
    }
    last = fully_connected outputs: 4
    """

  private func statistics(
    _ text: String, _ initializer: Initializer
  ) throws -> (statistics: [LayerStatistics], trainer: Trainer) {
    var options = TrainingOptions()
    options.initializer = initializer
    options.imagesPerPass = 32
    let trainer = try Trainer(Graph(text: text), classes: 4, options: options)
    let (images, labels) = try sampleImages("start", [32, 3, 10, 9], classes: 4)
    return (try trainer.layerStatistics(images, labels), trainer)
  }

  @Test func vanishingSignalsAreSeen() throws {
    let small = try statistics(Self.deep, .smallGaussian).statistics
    let good = try statistics(Self.deep, .xavier).statistics
    func last(_ all: [LayerStatistics]) -> LayerStatistics? { all.first { $0.layer == "act5" } }
    func first(_ all: [LayerStatistics]) -> LayerStatistics? { all.first { $0.layer == "act0" } }
    #expect(try #require(last(small)).values.standardDeviation < 1e-4)
    #expect(try #require(last(good)).values.standardDeviation > 0.1)
    #expect(
      try #require(first(small)).gradient.standardDeviation
        < 1e-4 * #require(first(good)).gradient.standardDeviation)
    #expect(good.map(\.layer).first == "fc0")
    #expect(good.count == 13)
  }

  @Test func saturatedUnitsAreSeen() throws {
    let large = try statistics(Self.deep, .largeGaussian).statistics
    let shares = large.compactMap(\.saturated)
    #expect(shares.count == 6)
    #expect(shares.allSatisfy { $0 > 0.5 })
    #expect(large.allSatisfy { $0.dead == nil })
  }

  @Test func deadUnitsAreSeenAndNothingChanges() throws {
    let text = """
      input image: [3, 10, 9]
      conv = convolution outputs: 8 kernel: 3
      bn = batch_norm
      relu
      flatten
      fc = fully_connected outputs: 4
      """
    let (_, trainer) = try statistics(text, .he)
    var state = try trainer.state()
    let beta: [Float] = [0, 0, 0, -100, 0, -100, 0, 0]
    state.tensors["bn.bias"] = try Tensor(shape: [8], values: beta)
    try trainer.restore(state)
    let (images, labels) = try sampleImages("start", [32, 3, 10, 9], classes: 4)
    let relu = try #require(
      try trainer.layerStatistics(images, labels).first { $0.operation == "relu" })
    #expect(relu.dead == 0.25)
    #expect(try trainer.state().bits == state.bits)
    // Six channels of a normal distribution cut at 0 have the mean 0.4.
    #expect(abs(relu.values.mean - 0.75 * 0.399) < 0.02)
  }
}
