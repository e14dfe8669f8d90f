import ArgumentParser
import Pith
import PithGraph
import PithTraining

/// `pith train`: a network learns from labelled images.
struct Train: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network on labelled images.",
    discussion: """
      The data are a folder or a tar archive of PNG files in which the folder that a file lies in names its class. The \
      classes are in byte order of their names. Without --resize, all images must have one size, for which the network is made.

      The run's folder gets configuration.txt, log.csv (a line for each epoch), report.html (curves, mistakes, weights and \
      warnings; rewritten while it trains), record.tsv (what the report shows beside the log), best.pith (the best epoch by \
      the validation images) and last.pith, from which --resume goes on bit for bit, on any number of threads. Ctrl-C saves \
      and stops. \
      'pith convert RUN -o model.pith' makes a model of it.

      Before the first step, the loss at the start is compared to that of guessing, a handful of images is learned by heart, \
      and the learning rate is tried from a ten-thousandth of --learning-rate to a thousand times as much, without any \
      effect on the run (--no-checks leaves this out).

      Exit code 1: images could not be read and were left out; 4: stopped, or the loss left all bounds.

      json  {"outcome":"finished","epochs":N,"best_epoch":N,"accuracy":..,"loss":..,"failed_images":N}; accuracy and \
      loss are those of the best epoch on the validation images, or on the training images when none are kept.
      """)

  @OptionGroup var input: TrainingInput

  @Option(help: ArgumentHelp("The folder of the run; made if needed.", valueName: "run"))
  var output: String

  @Flag(help: "Go on with the run in --output.")
  var resume = false

  @OptionGroup(title: "Training") var training: TrainingOptionGroup

  @Flag(help: "No checks before the first step.")
  var noChecks = false

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  @Flag(help: "Nothing on standard error but errors and warnings.")
  var quiet = false

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard resume else { return try input.checkNetwork(training) }
    let given = training.given + input.given
    guard given.isEmpty else {
      throw ValidationError(
        "--resume takes everything from the run; leave out \(given.joined(separator: ", "))")
    }
  }

  func execute() throws -> ExitStatus {
    Interruption.listen()
    let report = TrainingPrinter(isQuiet: quiet)
    if resume { return try finish([resumed(report)]) }
    let model = try input.model()
    let images = try input.images(for: model, report)
    let (start, provenance) = try input.network(model, for: images)
    if !quiet { try report.show(LayerSize.all(of: start.graph)) }
    var ends: [Ending] = []
    for (options, folder) in runs {
      let run = try failing(with: .usage) {
        try TrainingRun(
          start, data: images, options: options, folder: folder,
          preprocessing: model?.preprocessing, provenance: provenance,
          threads: input.threads.threads)
      }
      if !noChecks { report.show(try run.checkStart(), rate: options.usedLearningRate) }
      ends.append(try follow(run, folder, report))
      guard ends.last?.outcome == .finished else { break }
    }
    return try finish(ends)
  }

  /// The options and folder of each run: one, or one for each fold.
  private var runs: [(RunOptions, String)] {
    let options = training.options
    guard let folds = options.folds, training.fold == nil else { return [(options, output)] }
    return (1...folds).map { fold in
      var own = options
      own.fold = fold
      return (own, "\(output)/fold-\(fold)")
    }
  }

  // MARK: beginning

  private func resumed(_ report: TrainingPrinter) throws -> Ending {
    let checkpoint = try failing(with: .badModel) {
      try TrainingCheckpoint(contentsOf: output, takesLast: true)
    }
    let images = try input.images(
      checkpoint.preprocessing, classes: checkpoint.labels, report)
    let run = try failing(with: .usage) {
      try TrainingRun(
        resuming: checkpoint, data: images, folder: output, threads: input.threads.threads)
    }
    return try follow(run, output, report)
  }

  // MARK: the run

  /// How a run ended.
  private struct Ending {
    let folder: String
    let outcome: TrainingRun.Outcome
    let epochs: Int
    let bestEpoch: Int
    let accuracy: Double
    let loss: Double
    let failedImages: Int
  }

  private func follow(
    _ run: TrainingRun, _ folder: String, _ report: TrainingPrinter
  ) throws -> Ending {
    var report = report
    report.begin(run)
    let outcome = try run.run(
      observer: { report.show($0) }, isStopped: { Interruption.isAsked })
    report.end()
    return Ending(
      folder: folder, outcome: outcome, epochs: run.epochsDone, bestEpoch: run.best.epoch,
      accuracy: run.best.accuracy, loss: run.best.loss, failedImages: run.data.failures.count)
  }

  private func finish(_ ends: [Ending]) throws -> ExitStatus {
    let output = StandardOutput()
    switch format {
    case .json:
      let ends = ends.map { json($0) }
      try output.write((ends.count == 1 ? ends[0] : .array(ends)).text + "\n")
    case .text:
      for end in ends { try output.write(text(end)) }
      if ends.count > 1 { try output.write(Self.summary(ends.map(\.accuracy))) }
    }
    try output.flush()
    guard ends.allSatisfy({ $0.outcome == .finished }) else { return .other }
    return ends.contains { $0.failedImages > 0 } ? .someInputsFailed : .done
  }

  private func name(_ outcome: TrainingRun.Outcome) -> String {
    switch outcome {
    case .finished: "finished"
    case .stopped: "stopped"
    case .diverged: "diverged"
    }
  }

  private func json(_ end: Ending) -> JSON {
    .object([
      ("outcome", .string(name(end.outcome))), ("epochs", .integer(end.epochs)),
      ("best_epoch", .integer(end.bestEpoch)),
      ("accuracy", end.bestEpoch == 0 ? .null : .double(end.accuracy)),
      ("loss", end.bestEpoch == 0 ? .null : .double(end.loss)),
      ("failed_images", .integer(end.failedImages)),
    ])
  }

  private func text(_ end: Ending) -> String {
    let best =
      end.bestEpoch == 0
      ? "no epoch is done"
      : "epoch \(end.bestEpoch) is the best: \(Decimal.percent(end.accuracy)) right, loss \(Decimal.fixed(end.loss, 4))"
    let next =
      switch end.outcome {
      case .finished: "pith convert \(end.folder) -o model.pith"
      case .stopped: "pith train \(input.data) --output \(end.folder) --resume"
      case .diverged: "what was saved before is in \(end.folder)"
      }
    return
      "\(name(end.outcome)) after \(Plural.text(end.epochs, "epoch")); \(best)\nnext: \(next)\n"
  }

  /// Mean and standard deviation over folds.
  private static func summary(_ accuracies: [Double]) -> String {
    let count = Double(accuracies.count)
    let mean = accuracies.reduce(0, +) / count
    let squares = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = count > 1 ? (squares / (count - 1)).squareRoot() : 0
    return
      "\(accuracies.count) folds: \(Decimal.percent(mean)) right on average, standard deviation \(Decimal.percent(deviation))\n"
  }
}
