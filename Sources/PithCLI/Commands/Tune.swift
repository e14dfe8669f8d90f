import ArgumentParser
import Pith
import PithTraining

/// `pith tune`: hyperparameters are searched, or networks compared.
struct Tune: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Search hyperparameters, or compare the sizes of a network.",
    discussion: """
      Each trial is a run of 'pith train' with other values and is judged by its best epoch on the validation images, or with \
      --folds by the mean over one run for each fold. Learning rate, l1 and l2 are sampled log-uniformly, dropout, momentum \
      and label-smoothing uniformly, batch by powers of two; optimizer, schedule, init and augment take lists. A trial whose loss \
      is not finite or above three times its first is stopped. All options that are not searched are those of 'pith train'.

      The output folder gets journal.txt, from which --resume goes on after Ctrl-C or a crash (give the same options again), \
      trials.csv, trials.svg (each hyperparameter against the accuracy), and the run of the best trial, 'best'. Values and results of a trial \
      follow from --seed, its number and the data, not from threads.

        pith tune flowers --architecture resnet20-cifar --output search --epochs 5 --rounds 2
        pith tune flowers --architecture resnet20-cifar --output sizes --vary width=0.5,1,2 --vary blocks=1,3

      Exit code 1: images could not be read and were left out; 4: stopped, or no trial finished.

      csv   the columns of trials.csv
      json  {"outcome":"finished","best":N,"trials":[{"trial":N,"round":N,"values":{"l2":..},"state":"finished","epochs":N, \
      "training_accuracy":..,"training_loss":..,"validation_accuracy":..,"deviation":..,"validation_loss":..}]}; with --vary also \
      "parameters" and "multiply_adds".
      """)

  @OptionGroup var input: TrainingInput

  @Option(help: ArgumentHelp("The folder of the search; made if needed.", valueName: "folder"))
  var output: String

  @Flag(help: "Go on with the search in --output; give the options that it began with.")
  var resume = false

  @OptionGroup(title: "Search") var search: SearchOptionGroup

  @Option(
    help: ArgumentHelp(
      "Trials at the same time, each on its part of the threads (default: as many as threads).",
      valueName: "n"))
  var parallel: Int?

  @Flag(help: "Keep the runs of all trials, in runs/1 and so on.")
  var keepRuns = false

  @OptionGroup(title: "Training") var training: TrainingOptionGroup

  @Option(help: "How the trials are printed.")
  var format = TableFormat.text

  @Flag(help: "Nothing on standard error but errors and warnings.")
  var quiet = false

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    try input.checkNetwork(training)
    try search.check(training, input)
    guard 1...ThreadOption.greatest ~= parallel ?? 1 else {
      throw ValidationError("--parallel must be from 1 to \(ThreadOption.greatest)")
    }
  }

  func execute() throws -> ExitStatus {
    Interruption.listen()
    let variants = search.networks.map { parameters in
      let values = Dictionary(
        parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      return (parameters: parameters, values: values)
    }
    for variant in variants { try input.checkArchitecture(values: variant.values) }
    let model = try input.model()
    let images = try input.images(for: model, TrainingPrinter(isQuiet: quiet))
    let networks = try variants.map { parameters, values in
      let (network, provenance) = try input.network(model, for: images, values: values)
      return try failing(with: .usage) {
        try SearchNetwork(
          network, values: parameters.map(\.text), preprocessing: model?.preprocessing,
          provenance: provenance)
      }
    }
    let search = try failing(with: .usage) {
      try Search(
        networks, parameters: self.search.vary.map(\.name), data: images,
        options: try self.search.options(training), folder: output, resumes: resume,
        keepsRuns: keepRuns)
    }
    let report = SearchPrinter(search, isQuiet: quiet)
    let outcome = try search.run(
      threads: input.threads.threads, parallel: parallel, observer: { report.show($0) },
      isStopped: { Interruption.isAsked })
    report.end()
    try SearchReport(search: search, outcome: outcome, input: input, folder: output)
      .write(format)
    guard outcome == .finished, search.trials.first?.score != nil else { return .other }
    return images.failures.isEmpty ? .done : .someInputsFailed
  }
}

/// `--format text|csv|json`.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case csv
  case json
}
