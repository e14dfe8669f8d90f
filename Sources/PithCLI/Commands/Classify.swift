public import ArgumentParser
public import Pith
import PithThreads

/// `pith classify`: the classes of images.
struct Classify: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is in PNG images.",
    discussion: """
      Folders are searched for files whose names end in .png (or .PNG), folders inside them too, in byte order \
      of their paths; hidden files are passed over and other files counted on standard error. '-' reads \
      PNG files back to back from standard input; they are called '-', '-#2', '-#3' and so on. An image that \
      fails does not stop the others; the exit code is then 1.

      text   a block for each image; failed images on standard error
      jsonl  {"image":"cat.png","predictions":[...]} a line, each prediction
             {"index":3,"label":"cat","score":0.93}, the label null without labels;
             {"image":"x.png","error":"...","code":11} for an image that failed
      json   an array of the same
      csv    image,rank,index,label,score,error,code; a line for each prediction
             and each image that failed
      """)

  /// How results are printed.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case jsonl
    case csv
  }

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A Pith file (default: a small model of ten classes that the command carries).",
      valueName: "file"))
  var model: String?

  @Option(help: ArgumentHelp("Classes to print for each image: a number, or all.", valueName: "n"))
  var topK = TopCount(count: 5)

  @Option(help: "How results are printed.")
  var format = Format.text

  @Option(help: "What scores are.")
  var scores = ScoreKind.probability

  @Option(
    help: ArgumentHelp(
      "Names of the classes, a line each, instead of the model's.", valueName: "file"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "A file with paths of images or folders, a line each; '-' is standard input.",
      valueName: "file"))
  var list: String?

  @OptionGroup var threads: ThreadOption

  @OptionGroup var planning: PlanOptionGroup
  @OptionGroup var batch: BatchOption

  @Flag(help: "No progress and no counts on standard error.")
  var quiet = false

  @Argument(
    help: ArgumentHelp("PNG files, folders, or '-' for standard input.", valueName: "image"))
  var images: [String] = []

  var reportsErrorsAsJSON: Bool { format == .json || format == .jsonl }

  func validate() throws {
    guard !images.isEmpty || list != nil else {
      throw ValidationError(
        "no image was given: name PNG files or folders, or '-' for standard input")
    }
    guard (images + [list ?? ""]).count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("standard input ('-') can be read only once")
    }
  }

  func execute() throws -> ExitStatus {
    let model = try (self.model.map(ModelSource.file) ?? .builtIn).open()
    try failing(with: .usage) { try Scoring.check(scores, of: model.output) }
    let outputs = model.resolved.outputCount
    let labels = try self.labels.map { try TextLines.labels($0, outputs: outputs) } ?? model.labels
    let paths = try list.map { path in
      try failing(with: .usage) { try TextLines.read(path).filter { !$0.isEmpty } }
    }
    let arguments = images + (paths ?? [])
    let pool = threads.makePool()
    let classifier = try failing(with: .badModel) {
      let plan = try planning.plan(model, pool: pool)
      // Memory for images that there are not would be touched all the same.
      let batch = min(
        batch.count(for: plan, threads: pool.threads), ImageQueue.count(of: arguments) ?? .max)
      return try Classifier(model, plan: plan, pool: pool, batch: batch)
    }
    return try classify(arguments, with: classifier, labels: labels)
  }

  private func classify(
    _ arguments: [String], with classifier: Classifier, labels: [String]
  ) throws -> ExitStatus {
    var queue = ImageQueue(arguments)
    var printer = PredictionPrinter(format: format, scores: scores)
    var progress = Progress(total: nil, isQuiet: quiet || StandardOutput.isTerminal)
    var (done, failed) = (0, 0)
    try printer.begin()
    while case let items = queue.next(upTo: classifier.batch), !items.isEmpty {
      for (item, result) in zip(items, try predictions(of: items, classifier)) {
        if case .failure = result { failed += 1 }
        try printer.print(item.name, result, labels: labels)
      }
      try printer.flush()
      done += items.count
      progress.advance(by: items.count)
    }
    try printer.end()
    progress.finish()
    if !quiet, queue.otherFiles > 0 {
      Diagnostics.line("pith: \(Plural.text(queue.otherFiles, "other file")) passed over")
    }
    guard failed > 0 else { return .done }
    if !quiet { Diagnostics.line("pith: \(failed) of \(Plural.text(done, "image")) failed") }
    return .someInputsFailed
  }

  /// The results of all items, those without an image included.
  private func predictions(
    of items: [ImageQueue.Item], _ classifier: Classifier
  ) throws -> [Result<[Prediction], PithError>] {
    let sources = items.compactMap { try? $0.source.get() }
    var results = try classifier.classify(sources, top: topK.count, scores: scores).makeIterator()
    return items.map { item in item.source.flatMap { _ in results.next() ?? .success([]) } }
  }
}

/// `--top-k N|all`.
struct TopCount: ExpressibleByArgument {
  /// Nil: all.
  let count: Int?

  init(count: Int?) { self.count = count }

  init?(argument: String) {
    guard argument != "all" else {
      count = nil
      return
    }
    guard let count = Int(argument), count >= 1 else { return nil }
    self.count = count
  }

  var defaultValueDescription: String { count.map(String.init) ?? "all" }
}

extension ScoreKind: ExpressibleByArgument {}
