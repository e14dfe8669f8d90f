package import Pith
import PithTensor
import PithThreads

extension TrainingRun {
  /// Trains until all epochs are done.
  ///
  /// - Parameters:
  ///   - observer: is told what happens.
  ///   - isStopped: asked before each step; true saves the state and ends the run.
  /// - Throws: ``PithError`` when a file cannot be written or an image no longer be read; what was saved before is kept.
  public func run(
    observer: (Event) -> Void = { _ in }, isStopped: () -> Bool = { false }
  ) throws -> Outcome {
    let outcome = try train(observer, isStopped)
    try saveReport()
    return outcome
  }

  private func train(_ observer: (Event) -> Void, _ isStopped: () -> Bool) throws -> Outcome {
    if let resumption {
      record.say(resumption, epoch: progress.epoch + 1)
      try record.save(to: files.record)
      observer(.diagnosis(resumption))
      self.resumption = nil
    }
    while progress.epoch < options.epochs {
      FreeMemory.giveBack()
      let order = order(epoch: progress.epoch)
      let batches = (order.count + options.batch - 1) / options.batch
      let (start, seen) = (Self.now, progress.images)
      while progress.batch < batches {
        if isStopped() {
          if let reason = try saveUnlessLost() { return try diverge(reason, observer) }
          return .stopped
        }
        let report = try step(order)
        if let reason = progress.watch.stopReason(after: report, guessing: guessingLoss) {
          return try diverge(reason, observer)
        }
        observer(
          .step(report, epoch: progress.epoch + 1, batch: progress.batch, batches: batches))
        if Self.now - lastSaved >= saveInterval {
          if let reason = try saveUnlessLost() { return try diverge(reason, observer) }
          FreeMemory.giveBack()
        }
      }
      let seconds = Self.now - start
      let answers = try evaluate(judges)
      if let reason = try lossOfNumbers(answersLoss: answers?.loss ?? 0) {
        return try diverge(reason, observer)
      }
      let (report, diagnoses) = try endEpoch(
        answers, batches: batches, seconds: seconds, images: progress.images - seen)
      observer(.epoch(report))
      for diagnosis in diagnoses { observer(.diagnosis(diagnosis)) }
      if Self.now - lastReported >= Self.reportInterval { try saveReport() }
    }
    return .finished
  }

  /// Ends a run that has left all bounds. What was saved before is kept.
  private func diverge(
    _ reason: Diagnosis, _ observer: (Event) -> Void
  ) throws -> Outcome {
    record.say(reason, epoch: progress.epoch + 1)
    try record.save(to: files.record)
    observer(.diagnosis(reason))
    return .diverged(reason)
  }

  /// The images that are answered after the epoch: those for validation, or without such after the last epoch those that it was
  /// trained on.
  private var judges: [Int] {
    split.validation.isEmpty && progress.epoch + 1 == options.epochs
      ? split.training : split.validation
  }

  /// Does the next step of the epoch.
  private func step(_ order: ArraySlice<Int>) throws -> StepReport {
    let first = progress.batch * options.batch
    let images = order.dropFirst(first).prefix(options.batch)
    let report = try trainer.step(
      loader.load(images, epoch: progress.epoch), loader.labels(images))
    progress.batch += 1
    progress.images += report.images
    progress.loss += report.loss * Double(report.images)
    progress.correct += report.correct
    progress.ratios += report.updateRatio
    return report
  }

  /// Logs and saves.
  ///
  /// - Parameter answers: on the images that the run is judged by.
  private func endEpoch(
    _ answers: (loss: Double, accuracy: Double, answers: EvaluationSummary)?,
    batches: Int, seconds: Double, images: Int
  ) throws -> (EpochReport, [Diagnosis]) {
    // Of the last step, which may have been before the run was resumed.
    let rate = trainer.options.learningRate.rate(
      step: trainer.stepCount - 1, of: trainer.options.steps, plateau: trainer.plateau)
    let validation = split.validation.isEmpty ? nil : answers
    let (count, epoch) = (Double(max(1, progress.images)), progress.epoch + 1)
    let training = (loss: progress.loss / count, accuracy: Double(progress.correct) / count)
    let judged = validation.map { (loss: $0.loss, accuracy: $0.accuracy) } ?? training
    let isBest = progress.isImprovement(accuracy: judged.accuracy, loss: judged.loss)
    let report = EpochReport(
      epoch: epoch, steps: trainer.stepCount, learningRate: rate, trainingLoss: training.loss,
      trainingAccuracy: training.accuracy, validationLoss: validation?.loss,
      validationAccuracy: validation?.accuracy, updateRatio: progress.ratios / Double(batches),
      sparsity: trainer.sparsity, seconds: seconds,
      imagesPerSecond: seconds > 0 ? Double(images) / seconds : 0, isBest: isBest)
    if let validation { trainer.recordValidation(loss: validation.loss) }
    let diagnoses = progress.watch.diagnoses(
      TrainingWatch.Epoch(
        number: epoch, isLast: epoch == options.epochs, loss: training.loss,
        accuracy: training.accuracy, lossBefore: log.points("training_loss").last?.y,
        validation: validation?.accuracy,
        images: (training: progress.images, validation: split.validation.count),
        ratio: report.updateRatio, rate: highestRate, highestRate: options.usedLearningRate,
        guessing: bestGuess, equalWeights: equalWeights().first))
    progress.endEpoch()
    if isBest {
      (progress.bestEpoch, progress.bestAccuracy, progress.bestLoss) = (
        epoch, judged.accuracy, judged.loss
      )
    }
    for diagnosis in diagnoses { record.say(diagnosis, epoch: epoch) }
    if let answers, isBest || validation == nil { record.answers = (epoch, answers.answers) }
    // In this order a run that is killed in between finds its way: what is ahead of the last state is done again.
    try log.add(report)
    try record.save(to: files.record)
    try save(isBest: isBest)
    return (report, diagnoses)
  }

  /// The mean loss and accuracy of some images, and what was answered; nil without images.
  ///
  /// An image whose logits are not finite counts as wrong, and is not among the answers.
  package func evaluate(
    _ images: [Int]
  ) throws -> (loss: Double, accuracy: Double, answers: EvaluationSummary)? {
    guard !images.isEmpty else { return nil }
    let classes = data.classes.count
    var (loss, correct) = (0.0, 0)
    var answers = EvaluationSummary(outputs: classes, meaning: .logits)
    for start in stride(from: 0, to: images.count, by: options.batch) {
      let batch = images[start..<min(start + options.batch, images.count)]
      let labels = loader.labels(batch)
      let report = try trainer.evaluate(loader.load(batch, epoch: nil), labels)
      loss += report.loss * Double(report.images)
      correct += report.correct
      for (index, label) in labels.enumerated() {
        let logits = report.logits[(index * classes)..<((index + 1) * classes)]
        guard logits.allSatisfy(\.isFinite) else { continue }
        try answers.add(Array(logits), right: label)
      }
    }
    return (loss / Double(images.count), Double(correct) / Double(images.count), answers)
  }

  /// The logits of an image as the trainer computes them.
  package func logits(of image: Int) throws -> [Float] {
    try trainer.evaluate(loader.load([image], epoch: nil), loader.labels([image])).logits
  }
}
