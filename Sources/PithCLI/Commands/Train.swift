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
      the validation images) and last.pith, from which --resume goes on bit for bit, on any number of threads, with the \
      same kernels. Ctrl-C saves \
      and stops. \
      'pith convert RUN -o model.pith' makes a model of it.

      Before the first step, the loss at the start is compared to that of guessing, a handful of images is learned by heart, \
      and the learning rate is tried from a ten-thousandth of --learning-rate to a thousand times as much, without any \
      effect on the run (--no-checks leaves this out).

      Exit code 1: images could not be read and were left out; 4: stopped, or the loss left all bounds.

      With --folds, the result is the mean accuracy of the folds that finished and its standard deviation; a fold that \
      diverges does not stop the others. --resume with the folder that holds the folds goes on with all of them.

      json  {"outcome":"finished","epochs":N,"best_epoch":N,"accuracy":..,"loss":..,"failed_images":N}; accuracy and \
      loss are those of the best epoch on the validation images, or on the training images when none are kept. With --folds \
      {"folds":[..],"finished":N,"diverged":N,"mean_accuracy":..,"deviation":..}.
      """)

  @OptionGroup var input: TrainingInput

  @Option(help: ArgumentHelp("The folder of the run; made if needed.", valueName: "folder"))
  var output = "run"

  @Flag(
    help: "Go on with the run in --output, bit for bit where it was trained with the same kernels.")
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
    let ends = try resume ? resumed(report) : begun(report)
    try TrainingResult(
      ends: ends, isFolded: isFolded(ends), data: input.data, folder: output
    ).write(format)
    guard ends.allSatisfy({ $0.outcome == .finished }) else { return .other }
    return ends.contains { $0.failedImages > 0 } ? .someInputsFailed : .done
  }

  /// Whether the runs are the folds of one.
  private func isFolded(_ ends: [TrainingResult.Ending]) -> Bool {
    ends.contains { $0.folder != output }
  }

  // MARK: beginning

  private func begun(_ report: TrainingPrinter) throws -> [TrainingResult.Ending] {
    let runs = self.runs
    // A run beside folds would be taken for all of them by --resume.
    for folder in [output] + runs.map(\.1) {
      try failing(with: .usage) { try TrainingRun.checkHoldsNoRun(folder) }
    }
    try input.checkArchitecture()
    let model = try input.model()
    let images = try input.images(for: model, report)
    let (start, provenance) = try input.network(model, for: images)
    if !quiet { try report.show(LayerSize.all(of: start.graph)) }
    func begin(_ options: RunOptions, _ folder: String) throws -> TrainingRun {
      try failing(with: .usage) {
        try TrainingRun(
          start, data: images, options: options, folder: folder,
          preprocessing: model?.preprocessing, provenance: provenance, facts: input.facts,
          threads: input.threads.threads)
      }
    }
    guard runs.count > 1 else {
      return [try follow(begin(runs[0].0, runs[0].1), runs[0].1, report)]
    }
    // All folds are begun before the first is trained, so that --resume finds them.
    for (options, folder) in runs { _ = try begin(options, folder) }
    return try goOn(runs.map(\.1), on: images, report)
  }

  /// The options and folder of each run: one, or one for each fold.
  private var runs: [(RunOptions, String)] {
    let options = training.options
    guard let folds = options.folds, training.fold == nil else { return [(options, output)] }
    return (1...folds).map { fold in
      var own = options
      own.fold = fold
      return (own, RunFolder(output).fold(fold))
    }
  }

  // MARK: going on

  private func resumed(_ report: TrainingPrinter) throws -> [TrainingResult.Ending] {
    try goOn(failing(with: .badModel) { try RunFolder.runs(in: output) }, on: nil, report)
  }

  /// Trains runs to their ends, one after the other, from where they were saved last.
  ///
  /// - Parameter images: nil: read for the first.
  private func goOn(
    _ folders: [String], on images: ImageDataset?, _ report: TrainingPrinter
  ) throws -> [TrainingResult.Ending] {
    var (images, ends) = (images, [TrainingResult.Ending]())
    for folder in folders {
      let checkpoint = try failing(with: .badModel) {
        try TrainingCheckpoint(contentsOf: folder, takesLast: true)
      }
      let data =
        try images
        ?? input.images(checkpoint.preprocessing, classes: checkpoint.labels, report)
      images = data
      let run = try failing(with: .usage) {
        try TrainingRun(
          resuming: checkpoint, data: data, folder: folder, threads: input.threads.threads)
      }
      if folders.count > 1 { report.line("\(folder):") }
      ends.append(try follow(run, folder, report))
      guard ends.last?.outcome != .stopped else { break }
    }
    return ends
  }

  // MARK: the run

  /// Trains a run to its end; one that has no step yet is looked at first, unless it was.
  private func follow(
    _ run: TrainingRun, _ folder: String, _ report: TrainingPrinter
  ) throws -> TrainingResult.Ending {
    var report = report
    if !noChecks, run.trainer.stepCount == 0, !run.isChecked {
      let start = try run.checkStart { Interruption.isAsked }
      if !Interruption.isAsked { report.show(start, rate: run.options.usedLearningRate) }
    }
    report.begin(run)
    let outcome = try run.run(
      observer: { report.show($0) }, isStopped: { Interruption.isAsked })
    report.end()
    return TrainingResult.Ending(
      folder: folder, outcome: outcome, epochs: run.epochsDone, bestEpoch: run.best.epoch,
      accuracy: run.best.accuracy, loss: run.best.loss, failedImages: run.data.failures.count)
  }
}
