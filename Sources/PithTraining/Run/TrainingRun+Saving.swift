import Glibc
import Pith
import PithFiles
import PithGraph
import PithTensor

extension TrainingRun {
  /// The run as it is, until the next step: its tensors are those of the trainer. Until then, the memory of its passes is free.
  package func checkpoint() throws -> TrainingCheckpoint {
    let samples = try sampleFiles.map {
      GoldenSample(name: $0.name, png: $0.png, logits: try logits(of: $0.image))
    }
    trainer.session.rest()
    return TrainingCheckpoint(
      graph: trainer.graph, preprocessing: preprocessing, labels: data.classes, samples: samples,
      provenance: provenance, tensors: .memory(trainer.tensors),
      numbers: trainer.numbers.merging(progress.numbers) { $1 }, settings: settings)
  }

  /// Saves the run as it is, which takes the memory of a few chunks.
  ///
  /// - Parameter isBest: whether this is the best state, too.
  func save(isBest: Bool = false) throws {
    let checkpoint = try checkpoint()
    if isBest {
      try checkpoint.save(to: files.best)
      try FileBytes.replace(files.last, withCopyOf: files.best)
    } else {
      try checkpoint.save(to: files.last)
    }
    lastSaved = Self.now
  }

  /// Saves the run as it is, unless it is no longer of finite numbers: then what was saved before is kept.
  ///
  /// - Returns: why the run has to stop; nil: it is saved.
  func saveUnlessLost() throws -> Diagnosis? {
    if let reason = try lossOfNumbers() { return reason }
    try save()
    return nil
  }

  /// Why the run has to stop: a weight, what the optimiser remembers, or an output is not finite.
  ///
  /// The loss of a step is that before its update, so only the next step would see what an update has spoilt.
  ///
  /// - Parameter answersLoss: the mean loss of images that were just answered.
  func lossOfNumbers(answersLoss: Double = 0) throws -> Diagnosis? {
    let isFinite =
      try answersLoss.isFinite && trainer.isFinite
      && sampleFiles.allSatisfy { try logits(of: $0.image).allSatisfy(\.isFinite) }
    return isFinite ? nil : progress.watch.notFinite(step: trainer.stepCount, rate: highestRate)
  }

  /// The highest learning rate of the present epoch's steps so far, those before the run was resumed among them.
  var highestRate: Double {
    let steps = (trainer.stepCount - progress.batch)..<trainer.stepCount
    let options = trainer.options
    return steps.reduce(0) {
      max($0, options.learningRate.rate(step: $1, of: options.steps, plateau: trainer.plateau))
    }
  }

  /// All that the run depends on, a line for each name: the settings, how files become pixels, where the network came from, and
  /// what else is known.
  func configuration(_ facts: [String: String]) -> String {
    let origin = Dictionary(
      provenance.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    let all = origin.merging(data.geometry.geometrySettings) { $1 }
      .merging(facts) { $1 }.merging(settings) { $1 }
    return all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
  }

  /// Writes the report.
  func saveReport() throws {
    try FileBytes.replace(files.report, with: Array(report().html.utf8))
    lastReported = Self.now
  }

  /// Seconds from some moment on.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
