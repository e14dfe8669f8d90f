import Glibc
import PithTensor
import PithThreads

extension TrainingRun {
  /// Looks at the network before the first step: the loss at the start, the sizes of signals, whether a handful of images can be
  /// learned by heart, and which learning rates suit. The run itself stays as it is.
  ///
  /// - Parameter isStopped: asked between steps; once it says so, no further ones are made.
  /// - Throws: ``PithError`` when an image can no longer be read.
  public func checkStart(isStopped: () -> Bool = { false }) throws -> StartReport {
    FreeMemory.giveBack()
    let order = order(epoch: progress.epoch)
    let (guessing, equal) = (guessingLoss, equalWeights())
    let first = try initialStep(order)
    let layers = try layerStatistics(order)
    let handful = try overfit(guessing: guessing, isStopped)
    let range = try rateRange(order, isStopped)
    // A model's weights are not told what random ones should be.
    let isFresh = RunOptions.ofFirstWeights.allSatisfy { settings[$0] != nil }
    // Weights that are all equal learn next to nothing at any rate.
    let rates = Self.diagnose(range, rate: options.usedLearningRate)
      .filter { equal.isEmpty || $0.kind != .rateBelowRange }
    let diagnoses =
      Self.diagnose(initial: first, guessing: guessing, options, isFresh: isFresh)
      + Self.diagnose(equalWeights: equal)
      + Self.diagnose(layers, last: trainer.plan.lastLayers)
      + Self.diagnose(handful, guessing: guessing) + rates
    let report = StartReport(
      initialLoss: first.loss, penalty: first.penalty, guessingLoss: guessing, handful: handful,
      range: range, layers: layers, diagnoses: diagnoses)
    // What is unfinished says nothing; it is looked at again when the run goes on.
    guard !isStopped() else { return report }
    record.start = report
    for diagnosis in diagnoses { record.say(diagnosis, epoch: 0) }
    try record.save(to: files.record)
    return report
  }

  /// Whether that was done, before the run was interrupted perhaps.
  package var isChecked: Bool { record.start != nil }

  // MARK: the start

  private func initialStep(_ order: ArraySlice<Int>) throws -> StepReport {
    let images = order.prefix(options.batch)
    return try trainer.trying(keptIn: files.path) {
      $0.learningRate = LearningRate(0)
    } _: {
      try $0.step(loader.load(images, epoch: progress.epoch), loader.labels(images))
    }
  }

  // MARK: the layers

  private func layerStatistics(_ order: ArraySlice<Int>) throws -> [LayerStatistics] {
    let images = order.prefix(min(trainer.options.imagesPerPass, 64))
    let values = try loader.load(images, epoch: progress.epoch)
    let shape = try Shape(checking: [images.count] + data.imageShape.dimensions)
    return try trainer.layerStatistics(
      Tensor(shape: shape, values: Array(values)), loader.labels(images))
  }

  /// The names of the tensors whose weights are all equal, so that they cannot learn: not those of the last layer.
  func equalWeights() -> [String] {
    let last = trainer.plan.lastLayers
    return trainer.plan.parameters.filter { parameter in
      guard parameter.kind == .weight, parameter.range.count > 1, !last.contains(parameter.layer)
      else { return false }
      let first = trainer.session.parameters.start[parameter.range.lowerBound]
      return parameter.range.allSatisfy { trainer.session.parameters.start[$0] == first }
    }.map(\.name)
  }

  // MARK: a handful of images

  private func overfit(
    guessing: Double, _ isStopped: () -> Bool
  ) throws -> StartReport.Handful {
    var (perClass, handful) = ([Int](repeating: 0, count: data.classes.count), [Int]())
    let share = max(1, Self.greatestHandful / data.classes.count)
    for image in split.training
    where
      handful.count < Self.greatestHandful && perClass[data.labels[image]] < share
    {
      perClass[data.labels[image]] += 1
      handful.append(image)
    }
    // In passes of one size, as far as there is room, and none of a single image: a batch norm learns nothing from it.
    let most = trainer.options.imagesPerPass
    let passes = (handful.count + most - 1) / most
    let pass = (handful.count + passes - 1) / passes
    if pass > 1, handful.count % pass == 1 { handful.removeLast() }
    let count = handful.count
    let labels = loader.labels(handful[...])
    let values = try loader.load(handful[...], epoch: nil)
    let start = Self.now
    var (steps, loss, correct) = (0, Double.infinity, 0)
    var hasTime = true
    try trainer.trying(keptIn: files.path, keepsAll: true) {
      // As good as Adam here, and it remembers no more than momentum does.
      $0.optimizer = .rmsProp(decay: 0.9)
      $0.learningRate = LearningRate(1e-3)
      $0.regularization = .none
      $0.greatestGradientNorm = nil
      $0.imagesPerPass = pass
      if case .crossEntropy = $0.loss { $0.loss = .crossEntropy() }
    } _: { trainer in
      while steps < 300, loss > 0.01 * guessing, hasTime {
        let report = try trainer.step(values, labels)
        (steps, loss) = (steps + 1, report.isFinite ? report.loss : .infinity)
        correct = report.correct
        hasTime = Self.now - start < checkPatience && !isStopped()
      }
    }
    return StartReport.Handful(
      images: count, steps: steps, loss: loss, correct: correct,
      isConclusive: hasTime || correct == count)
  }

  // MARK: the learning rate

  private func rateRange(
    _ order: ArraySlice<Int>, _ isStopped: () -> Bool
  ) throws -> RateRange {
    let steps = RateRange.steps
    let factor = pow(10, RateRange.decades / Double(steps - 1))
    let start = Self.now
    var points: [RateRange.Point] = []
    var average = 0.0
    try trainer.trying(keptIn: files.path) {
      $0.learningRate = LearningRate(
        options.usedLearningRate * 1e-4, .step(every: 1, factor: factor))
      $0.steps = steps
    } _: { trainer in
      for step in 0..<steps {
        let batches = max(1, order.count / options.batch)
        let images = order.dropFirst(step % batches * options.batch).prefix(options.batch)
        let report = try trainer.step(
          loader.load(images, epoch: progress.epoch), loader.labels(images))
        guard report.isFinite else {
          points.append(RateRange.Point(rate: report.learningRate, loss: .infinity))
          break
        }
        average += 0.3 * (report.loss - average)
        let loss = average / (1 - pow(0.7, Double(step + 1)))
        points.append(RateRange.Point(rate: report.learningRate, loss: loss))
        if RateRange(points: points).isLost || Self.now - start > checkPatience || isStopped() {
          break
        }
      }
    }
    return RateRange(points: points)
  }
}
