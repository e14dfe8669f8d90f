import ArgumentParser
import Pith
import PithConversion
import PithFiles
import PithImage
import PithThreads

/// `pith evaluate`: how often a model is right.
struct Evaluate: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model's accuracy on labelled images.",
    discussion: """
      The data are a folder or a tar archive in which the folder that a PNG file lies in names its class: by a \
      label's text, else by a class's index. Folders that name no class are listed before anything runs (exit code 2). \
      Images that cannot be read are counted and left out (exit code 1).

      Cross-entropy is the mean of -ln p, where p is the probability of the right class, held to at least 1.2e-38; for \
      a sigmoid output it is the mean over classes of the binary cross-entropy. Of equal scores, the lower index is \
      first. top-5 counts all classes when there are fewer.

      In bits, with logarithms to the base 2: cross-entropy; the mean entropy of the predictions, -sum p log p over the classes \
      (how unsure the model is; for a sigmoid output the mean over the classes of that of yes and no); and the information \
      about the label that the model gives, the entropy of the labels -sum q log q, where q is the share of a class among the \
      images, less the cross-entropy. It is negative when the shares alone would be the better answer.

      json  {"images":N,"failed":N,"correct":N,"top1":..,"top5":..,"cross_entropy":..,"cross_entropy_bits":..,\
      "prediction_entropy_bits":..,"label_entropy_bits":..,"information_bits":..,"classes":[...],"confusion":[[...]]}; fractions from 0 to 1, null without images; confusion[right][answer] counts images.
      """)

  @Argument(help: ArgumentHelp("A Pith file.", valueName: "model"))
  var model: String

  @Argument(
    help: ArgumentHelp("A folder or a tar archive with a folder for each class.", valueName: "data")
  )
  var data: String

  @Option(
    help: ArgumentHelp(
      "Names of the classes, a line each, instead of the model's.", valueName: "file"))
  var labels: String?

  @Option(help: ArgumentHelp("Use only this many images, the first ones.", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Write the outputs of all images, in the order of the data.", valueName: "x.npy"))
  var logits: String?

  @Option(
    help: ArgumentHelp("Write the paths that belong to the rows of --logits.", valueName: "file"))
  var names: String?

  @OptionGroup var threads: ThreadOption

  @OptionGroup var planning: PlanOptionGroup
  @OptionGroup var batch: BatchOption

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  @Flag(help: "No progress and no counts on standard error.")
  var quiet = false

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard limit ?? 1 >= 1 else { throw ValidationError("--limit must be at least 1") }
  }

  func execute() throws -> ExitStatus {
    let model = try ModelSource.file(model).open()
    let outputs = model.resolved.outputCount
    let labels = try self.labels.map { try TextLines.labels($0, outputs: outputs) } ?? model.labels
    let collection = try failing(with: .usage) { try ImageCollection(contentsOf: data) }
    let images = try ClassFolders(labels: labels, outputs: outputs)
      .classified(collection, in: data, limit: limit)
    let pool = threads.makePool()
    let classifier = try failing(with: .badModel) {
      let plan = try planning.plan(model, pool: pool)
      return try Classifier(
        model, plan: plan, pool: pool, batch: batch.count(for: plan, threads: pool.threads))
    }
    var report = EvaluationReport(labels: labels, outputs: outputs, meaning: model.output)
    var rows = OutputRows(keepsOutputs: logits != nil, keepsNames: names != nil)
    try evaluate(images, of: collection, classifier, &report, &rows)
    try rows.write(logits: logits, names: names, outputs: outputs)
    try print(report)
    if !quiet, collection.otherFiles > 0 {
      Diagnostics.line("pith: \(Plural.text(collection.otherFiles, "other file")) passed over")
    }
    guard report.failed > 0 else { return .done }
    if !quiet {
      Diagnostics.line("pith: \(report.failed) of \(Plural.text(images.count, "image")) failed")
    }
    return .someInputsFailed
  }

  private func evaluate(
    _ images: [ClassFolders.Image], of collection: ImageCollection, _ classifier: Classifier,
    _ report: inout EvaluationReport, _ rows: inout OutputRows
  ) throws {
    var progress = Progress(total: images.count, isQuiet: quiet)
    var start = 0
    while start < images.count {
      let batch = images[start..<min(start + classifier.batch, images.count)]
      var results = Self.outputs(of: batch, of: collection, classifier)
      for (image, result) in zip(batch, results) {
        do {
          let outputs = try result.get()
          try report.add(outputs, right: image.index)
          rows.add(outputs, name: image.entry.path)
        } catch let error as PithError {
          report.addFailure()
          Diagnostics.error(error.inFile(image.entry.path))
        }
      }
      results.removeAll()
      start += batch.count
      progress.advance(by: batch.count)
    }
    progress.finish()
  }

  /// The outputs of a batch, or why an image has none.
  private static func outputs(
    of batch: ArraySlice<ClassFolders.Image>, of collection: ImageCollection,
    _ classifier: Classifier
  ) -> [Result<[Float], PithError>] {
    let sources = batch.map { image in
      Result { ImageSource.bytes(try collection.read(image.entry)) }
        .mapError { CommandFailure($0).error }
    }
    var outputs = classifier.outputs(of: sources.compactMap { try? $0.get() }).makeIterator()
    return sources.map { source in source.flatMap { _ in outputs.next() ?? .success([]) } }
  }

  private func print(_ report: EvaluationReport) throws {
    let output = StandardOutput()
    switch format {
    case .text: try output.write(report.text)
    case .json: try output.write(report.json.text + "\n")
    }
    try output.flush()
  }
}

/// The outputs of all images, kept for a file.
private struct OutputRows {
  private let keepsOutputs: Bool
  private let keepsNames: Bool
  private var values: [Float] = []
  private var names: [String] = []
  private var count = 0

  init(keepsOutputs: Bool, keepsNames: Bool) {
    self.keepsOutputs = keepsOutputs
    self.keepsNames = keepsNames
  }

  mutating func add(_ outputs: [Float], name: String) {
    count += 1
    if keepsOutputs { values += outputs }
    if keepsNames { names.append(name) }
  }

  func write(logits: String?, names path: String?, outputs: Int) throws {
    if let logits {
      let tensor = try Tensor(shape: Shape(checking: [count, outputs]), values: values)
      try FileBytes.replace(logits, with: NumPyFile.bytes(of: tensor))
    }
    if let path {
      try FileBytes.replace(path, with: Array(names.map { "\($0)\n" }.joined().utf8))
    }
  }
}
