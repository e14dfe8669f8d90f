import Glibc
import Pith
import PithTraining

/// What `train` tells on standard error: a bar on a terminal, a line for each epoch everywhere.
struct TrainingPrinter {
  private let isQuiet: Bool
  private let showsBar: Bool
  private var epochs = 0
  private var images = 0
  private var start = 0.0
  private var firstSteps = 0
  private var totalSteps = 0
  private var lastShown = -1.0
  /// Of the present epoch, for the bar.
  private var (loss, correct, seen) = (0.0, 0, 0)

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    showsBar = !isQuiet && Diagnostics.isTerminal
  }

  // MARK: before

  /// The layers, with what the sizes leave over.
  func show(_ sizes: [LayerSize]) {
    var table = TextTable([.left, .left, .right, .right, .left])
    table.add(["layer", "operation", "output", "parameters", ""])
    for size in sizes {
      table.add([
        size.name, size.operation, "\(size.output)",
        size.parameters == 0 ? "" : Decimal.grouped(size.parameters),
        size.remainders.joined(separator: ", "),
      ])
    }
    table.add(["total", "", "", Decimal.grouped(sizes.reduce(0) { $0 + $1.parameters }), ""])
    Diagnostics.write(table.text + "\n")
  }

  /// What the data are, and which files were left out.
  func show(_ data: ImageDataset) {
    for failure in data.failures { Diagnostics.error(failure) }
    if let imbalance = data.imbalance { warn(imbalance) }
    guard !isQuiet else { return }
    if data.otherFiles > 0 {
      Diagnostics.line("pith: \(Plural.text(data.otherFiles, "other file")) passed over")
    }
    let cached =
      data.cachedImages >= data.count ? "" : ", \(Decimal.grouped(data.cachedImages)) in memory"
    Diagnostics.line(
      "\(Plural.text(data.count, "image")) of \(data.imageShape) in \(data.classes.count) classes\(cached)"
    )
  }

  /// What the checks before the run have found.
  func show(_ report: StartReport, rate: Double) {
    defer { for diagnosis in report.diagnoses { warn(diagnosis.sentence) } }
    guard !isQuiet else { return }
    let handful = report.handful
    Diagnostics.line(
      "loss at the start \(Decimal.fixed(report.initialLoss, 4)) (guessing: \(Decimal.fixed(report.guessingLoss, 4))), regularisation adds \(Decimal.short(report.penalty))"
    )
    Diagnostics.line(
      "a handful: \(handful.correct) of \(handful.images) images right after \(handful.steps) steps, loss \(Decimal.short(handful.loss))"
    )
    Diagnostics.write(Self.plot(report.range, rate: rate))
  }

  /// Loss against learning rate, lying on its side.
  private static func plot(_ range: RateRange, rate: Double) -> String {
    let finite = range.points.map(\.loss).filter(\.isFinite)
    guard let least = finite.min(), let first = finite.first else { return "" }
    let greatest = min(finite.max() ?? first, 2 * first)
    var lines = "learning rate  loss\n"
    for (index, point) in range.points.enumerated() where index % 4 == 3 {
      let share = point.loss.isFinite ? (point.loss - least) / max(greatest - least, 1e-9) : 1
      let bar = String(repeating: "▪", count: 1 + Int(30 * min(max(share, 0), 1)))
      let number = Decimal.short(point.rate)
      let isNear = abs(log10(point.rate / rate)) < 0.21
      lines +=
        String(repeating: " ", count: max(0, 13 - number.count)) + number + "  "
        + Decimal.fixed(point.loss, 3) + "  \(bar)\(isNear ? "  <- --learning-rate" : "")\n"
    }
    return lines
  }

  /// A line of its own.
  func line(_ text: String) {
    if !isQuiet { Diagnostics.line(text) }
  }

  private func warn(_ sentence: String) {
    if showsBar { Diagnostics.write("\r\u{1B}[K") }
    Diagnostics.line("pith: \(sentence)")
  }

  // MARK: while it runs

  mutating func begin(_ run: TrainingRun) {
    epochs = run.options.epochs
    images = run.split.training.count
    start = MonotonicClock.seconds
    firstSteps = run.trainer.stepCount
    totalSteps = run.trainer.options.steps
    guard !isQuiet else { return }
    Diagnostics.line(
      "\(Plural.text(images, "training image")), \(Decimal.grouped(run.split.validation.count)) for validation; \(Plural.text(epochs, "epoch")) of \(Plural.text(totalSteps / max(1, epochs), "step"))"
    )
  }

  mutating func show(_ event: TrainingRun.Event) {
    switch event {
    case .step(let step, let epoch, let batch, let batches):
      show(step, epoch: epoch, batch: batch, batches: batches)
    case .epoch(let report):
      (loss, correct, seen) = (0, 0, 0)
      guard !isQuiet else { return }
      if showsBar { Diagnostics.write("\r\u{1B}[K") }
      Diagnostics.line(Self.line(report, epochs: epochs))
    case .diagnosis(let diagnosis): warn(diagnosis.sentence)
    }
  }

  private static func line(_ report: EpochReport, epochs: Int) -> String {
    var line =
      "epoch \(report.epoch)/\(epochs)  loss \(Decimal.fixed(report.trainingLoss, 4))  accuracy \(Decimal.percent(report.trainingAccuracy))"
    if let loss = report.validationLoss, let accuracy = report.validationAccuracy {
      line +=
        "  validation loss \(Decimal.fixed(loss, 4))  accuracy \(Decimal.percent(accuracy))"
    }
    if report.sparsity > 0.001 { line += "  zero weights \(Decimal.percent(report.sparsity))" }
    return line
      + "  rate \(Decimal.short(report.learningRate))  \(Decimal.fixed(report.imagesPerSecond, 0)) images/s\(report.isBest ? "  best" : "")"
  }

  private mutating func show(_ step: StepReport, epoch: Int, batch: Int, batches: Int) {
    guard showsBar else { return }
    loss += step.loss * Double(step.images)
    correct += step.correct
    seen += step.images
    let now = MonotonicClock.seconds
    guard now - lastShown >= 0.1 else { return }
    lastShown = now
    let done = step.step + 1 - firstSteps
    let perStep = (now - start) / Double(max(1, done))
    let left = Int(perStep * Double(totalSteps - step.step - 1))
    let width = 20
    let filled = min(width, width * batch / max(1, batches))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let count = Double(max(1, seen))
    Diagnostics.write(
      "\r\u{1B}[Kepoch \(epoch)/\(epochs) \(bar) loss \(Decimal.fixed(loss / count, 4)) accuracy \(Decimal.percent(Double(correct) / count)) \(Decimal.fixed(Double(step.images) / max(perStep, 1e-9), 0)) images/s \(Self.time(left)) left"
    )
  }

  /// `1:02:03`, or `2:03`.
  private static func time(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
      ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
  }

  func end() {
    if showsBar { Diagnostics.write("\r\u{1B}[K") }
  }
}
