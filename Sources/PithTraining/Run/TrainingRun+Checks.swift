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
    var diagnoses: [Diagnosis] = []
    let first = try initialStep(order)
    let guessing = guessingLoss
    // A model's weights are not told what random ones should be.
    let isFresh = RunOptions.ofFirstWeights.allSatisfy { settings[$0] != nil }
    diagnoses += Self.diagnose(initial: first, guessing: guessing, options, isFresh: isFresh)
    let layers = try layerStatistics(order)
    let equal = equalWeights()
    diagnoses += Self.diagnose(equalWeights: equal) + Self.diagnose(layers)
    let handful = try overfit(guessing: guessing, isStopped)
    if handful.isConclusive, !handful.succeeds(guessing: guessing) {
      diagnoses.append(
        Diagnosis(
          .cannotOverfit,
          "\(handful.images) images cannot be learned by heart: after \(handful.steps) steps \(handful.correct) are right and the loss is \(TrainingWatch.short(handful.loss)); look for wrong labels, or a network that is too small or has a fault"
        ))
    }
    let range = try rateRange(order, isStopped)
    // Weights that are all equal learn next to nothing at any rate.
    diagnoses += Self.diagnose(range, rate: options.usedLearningRate)
      .filter { equal.isEmpty || $0.kind != .rateBelowRange }
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
    return try trainer.trying {
      $0.learningRate = LearningRate(0)
    } _: {
      try $0.step(loader.load(images, epoch: progress.epoch), loader.labels(images))
    }
  }

  static func diagnose(
    initial: StepReport, guessing: Double, _ options: RunOptions, isFresh: Bool
  ) -> [Diagnosis] {
    var found: [Diagnosis] = []
    if isFresh, !(0.5 * guessing...2 * guessing ~= initial.loss) {
      found.append(
        Diagnosis(
          .initialLoss,
          "the loss at the start is \(TrainingWatch.short(initial.loss)), but a network that only guesses has \(TrainingWatch.short(guessing)): the first weights are too \(initial.loss > guessing ? "large" : "small to be random") (--init)"
        ))
    }
    let regularizes = options.l1 > 0 || options.l2 > 0 && options.optimizer != .adamw
    if regularizes, initial.penalty <= 0 {
      found.append(
        Diagnosis(
          .missingPenalty,
          "regularisation adds nothing to the loss at the start: all weights are zero (--init)"))
    }
    return found
  }

  // MARK: the layers

  private func layerStatistics(_ order: ArraySlice<Int>) throws -> [LayerStatistics] {
    let images = order.prefix(min(trainer.options.imagesPerPass, 64))
    let values = try loader.load(images, epoch: progress.epoch)
    let shape = try Shape(checking: [images.count] + data.imageShape.dimensions)
    return try trainer.layerStatistics(
      Tensor(shape: shape, values: Array(values)), loader.labels(images))
  }

  /// The names of the tensors whose weights are all equal.
  func equalWeights() -> [String] {
    trainer.plan.parameters.filter { parameter in
      guard parameter.kind == .weight, parameter.range.count > 1 else { return false }
      let first = trainer.session.parameters.start[parameter.range.lowerBound]
      return parameter.range.allSatisfy { trainer.session.parameters.start[$0] == first }
    }.map(\.name)
  }

  private static func diagnose(equalWeights equal: [String]) -> [Diagnosis] {
    guard let first = equal.first else { return [] }
    return [
      Diagnosis(
        .equalWeights,
        "all weights of '\(first)'\(equal.count > 1 ? " and \(equal.count - 1) more tensors" : "") are equal, so all units of the layer learn the same: start from random weights (--init)"
      )
    ]
  }

  /// How much larger gradients may be in any layer than in the last.
  private static let greatestGrowth = 1000.0

  /// Looks for signals that vanish, explode, are dead or saturated.
  static func diagnose(_ layers: [LayerStatistics]) -> [Diagnosis] {
    var found: [Diagnosis] = []
    if let layer = layers.first(where: {
      $0.values.standardDeviation < 1e-4 || $0.gradient.standardDeviation < 1e-12
    }) {
      found.append(
        Diagnosis(
          .vanishingSignals,
          "signals vanish in layer '\(layer.layer)': its values have the standard deviation \(TrainingWatch.short(layer.values.standardDeviation)), its gradients \(TrainingWatch.short(layer.gradient.standardDeviation)); choose larger first weights (--init) or batch norms"
        ))
    }
    if let layer = layers.first(where: { !($0.values.standardDeviation <= 1e4) }) {
      found.append(
        Diagnosis(
          .explodingSignals,
          "signals explode in layer '\(layer.layer)': its values have the standard deviation \(TrainingWatch.short(layer.values.standardDeviation)); choose smaller first weights (--init) or batch norms"
        ))
    }
    if let last = layers.last, last.gradient.standardDeviation > 0,
      let layer = layers.first(where: {
        !($0.gradient.standardDeviation <= greatestGrowth * last.gradient.standardDeviation)
      })
    {
      let (far, near) = (layer.gradient.standardDeviation, last.gradient.standardDeviation)
      found.append(
        Diagnosis(
          .explodingGradients,
          "gradients explode on their way back: their standard deviation is \(TrainingWatch.short(near)) in the last layer '\(last.layer)' but \(TrainingWatch.short(far / near)) times that in '\(layer.layer)'; choose smaller first weights (--init) or batch norms, or clip gradients (--clip)"
        ))
    }
    if let layer = layers.first(where: { ($0.dead ?? 0) > 0.5 }), let dead = layer.dead {
      found.append(
        Diagnosis(
          .deadUnits,
          "\(TrainingWatch.percent(dead)) of the units of '\(layer.layer)' are 0 for every image and learn nothing: choose other first weights (--init)"
        ))
    }
    if let layer = layers.first(where: { ($0.saturated ?? 0) > 0.5 }), let share = layer.saturated {
      found.append(
        Diagnosis(
          .saturatedUnits,
          "\(TrainingWatch.percent(share)) of the values of '\(layer.layer)' are at the flat ends of \(layer.operation) and learn next to nothing: choose smaller first weights (--init)"
        ))
    }
    return found
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
    try trainer.trying(keepsAll: true) {
      $0.optimizer = .adam()
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
    try trainer.trying {
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

  package static func diagnose(_ range: RateRange, rate: Double) -> [Diagnosis] {
    let short = TrainingWatch.short
    if let limit = range.limit, rate > limit {
      return [
        Diagnosis(
          .rateAboveRange,
          "the learning rate \(short(rate)) is too large: in the range test the loss rises from \(short(limit)) on; try \(short(limit / 3))"
        )
      ]
    }
    if let steepest = range.steepest, rate < steepest / 20 {
      return [
        Diagnosis(
          .rateBelowRange,
          "the learning rate \(short(rate)) is too small: in the range test the loss falls fastest at \(short(steepest)); try \(short(steepest / 3))"
        )
      ]
    }
    if let highest = range.highestTried {
      return [
        Diagnosis(
          .rangeUnfinished,
          "the range test had no time for learning rates above \(short(highest)): \(rate > highest ? "whether \(short(rate)) suits is not known" : "whether higher ones suit is not known")"
        )
      ]
    }
    return []
  }
}
