import Pith
import PithGraph
import PithTensor

/// A training run on one page: what went in, how it went, what came out, and what its user should know.
///
/// The page is complete in itself, without a script. But for times it follows from the run alone: that of a resumed run is that of
/// an uninterrupted one.
struct RunReport {
  let options: RunOptions
  let settings: [(name: String, value: String)]
  let provenance: [ProvenanceEntry]
  let data: ImageDataset
  let split: DataSplit
  let preprocessing: Preprocessing
  let sizes: [LayerSize]
  /// The weights of convolutions and fully connected layers.
  let weights: [(name: String, values: TensorValues)]
  let epochsDone: Int
  let best: (epoch: Int, accuracy: Double, loss: Double)
  let log: TrainingLog
  let record: RunRecord

  var html: String {
    HTMLPage.page(
      title: "Training run",
      body: HTMLPage.section("Result", result)
        + HTMLPage.section("Warnings", warnings)
        + HTMLPage.section("Curves", curves)
        + HTMLPage.section("Answers", answers)
        + HTMLPage.section("Mistakes", mistakes)
        + HTMLPage.section("Classes", classes)
        + HTMLPage.section("Before the first step", start)
        + HTMLPage.section("Layers", layers)
        + HTMLPage.section("Filters of the first layer", filters)
        + HTMLPage.section("Data", dataSection)
        + HTMLPage.section("Settings", settingsTable))
  }

  // MARK: the run in short

  private var result: String {
    var rows = [["epochs", "\(epochsDone) of \(options.epochs)"]]
    if best.epoch > 0 {
      rows += [
        ["best epoch", "\(best.epoch), judged by the \(judges)"],
        ["right", TrainingWatch.percent(best.accuracy)],
        ["loss", TrainingWatch.short(best.loss)],
      ]
    }
    rows.append(["parameters", "\(sizes.reduce(0) { $0 + $1.parameters })"])
    if let sparsity = log.points("sparsity").last?.y, sparsity > 0 {
      rows.append(["weights that are exactly zero", TrainingWatch.percent(sparsity)])
    }
    let seconds = log.points("seconds").map(\.y)
    let speeds = log.points("images_per_second").map(\.y)
    if !seconds.isEmpty {
      rows += [
        ["time", "<span class=\"time\">\(TrainingWatch.short(seconds.reduce(0, +))) s</span>"],
        [
          "images/s",
          "<span class=\"time\">\(TrainingWatch.short(speeds.reduce(0, +) / Double(speeds.count)))</span>",
        ],
      ]
    }
    return HTMLPage.table(nil, rows, left: 2)
  }

  /// The images that epochs are judged by.
  private var judges: String {
    split.validation.isEmpty ? "training images: none are kept for validation" : "validation images"
  }

  private var warnings: String {
    let sentences = record.diagnoses.map { epoch, diagnosis in
      "\(epoch == 0 ? "before the first step" : "epoch \(epoch)"): \(diagnosis.sentence)"
    }
    let all = sentences + (data.imbalance.map { [$0] } ?? [])
    return all.isEmpty ? HTMLPage.paragraph("There are none.") : HTMLPage.list(all)
  }

  private var dataSection: String {
    let shown = 100
    var text = HTMLPage.paragraph(
      "\(data.count) images of \(data.imageShape) in \(data.classes.count) classes: \(split.training.count) for training, \(split.validation.count) for validation."
    )
    if data.otherFiles > 0 {
      text += HTMLPage.paragraph("Files that are no PNG files, passed over: \(data.otherFiles).")
    }
    guard !data.failures.isEmpty else { return text }
    let more = data.failures.count - shown
    return text
      + HTMLPage.paragraph(
        "Files that could not be read and were left out: \(data.failures.count).")
      + HTMLPage.list(
        data.failures.prefix(shown).map { "\($0)" } + (more > 0 ? ["and \(more) more"] : []))
  }

  private var settingsTable: String {
    HTMLPage.table(
      nil,
      (provenance.map { ($0.name, $0.value) } + settings.map { ($0.name, $0.value) }).map {
        [Markup.escaped($0), Markup.escaped($1)]
      }, left: 2)
  }
}

extension TrainingRun {
  /// The run as it is, for its page: until the next step, for its weights are those of the trainer.
  func report() throws -> RunReport {
    let tensors = trainer.tensors
    let weights = trainer.plan.parameters.filter { $0.kind == .weight }.compactMap { parameter in
      tensors[parameter.name].map { (name: parameter.name, values: $0) }
    }
    return RunReport(
      options: options,
      settings: settings.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
      provenance: provenance, data: data, split: split, preprocessing: preprocessing,
      sizes: try LayerSize.all(of: trainer.graph), weights: weights, epochsDone: epochsDone,
      best: best, log: log, record: record)
  }
}
