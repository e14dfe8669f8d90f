import PithTraining

/// The result of `train` on standard output: of one run, or of a run for each fold.
struct TrainingResult {
  /// How a run ended.
  struct Ending {
    let folder: String
    let outcome: TrainingRun.Outcome
    let epochs: Int
    let bestEpoch: Int
    let accuracy: Double
    let loss: Double
    let failedImages: Int
  }

  let ends: [Ending]
  let isFolded: Bool
  /// As on the command line.
  let data: String
  let folder: String

  func write(_ format: ReportFormat) throws {
    let output = StandardOutput()
    switch format {
    case .text: try output.write(ends.map(text).joined() + (isFolded ? summary : ""))
    case .json: try output.write((isFolded ? json : json(ends[0])).text + "\n")
    }
    try output.flush()
  }

  // MARK: folds

  /// The folds that count.
  private var finished: [Ending] { ends.filter { $0.outcome == .finished } }
  private var diverged: Int {
    ends.count { if case .diverged = $0.outcome { true } else { false } }
  }

  /// Of the finished folds; nil: there are none.
  private var mean: Double? {
    finished.isEmpty ? nil : finished.reduce(0) { $0 + $1.accuracy } / Double(finished.count)
  }

  /// The standard deviation, with one less than the number of folds below the sum of squares; nil: there are not two.
  private var deviation: Double? {
    guard let mean, finished.count > 1 else { return nil }
    let squares = finished.reduce(0) { $0 + ($1.accuracy - mean) * ($1.accuracy - mean) }
    return (squares / Double(finished.count - 1)).squareRoot()
  }

  private var summary: String {
    var parts = [Plural.text(finished.count, "fold") + " finished"]
    if let mean {
      parts[0] += ": \(Decimal.percent(mean)) right on average"
      if let deviation { parts[0] += ", standard deviation \(Decimal.percent(deviation))" }
    }
    if diverged > 0 { parts.append("\(diverged) diverged") }
    return parts.joined(separator: "; ") + "\n"
  }

  private var json: JSON {
    .object([
      ("folds", .array(ends.map(json))), ("finished", .integer(finished.count)),
      ("diverged", .integer(diverged)), ("mean_accuracy", mean.map { .double($0) } ?? .null),
      ("deviation", deviation.map { .double($0) } ?? .null),
    ])
  }

  // MARK: a run

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
      case .finished: ShellCommand.text(["pith", "convert", end.folder, "-o", "model.pith"])
      case .stopped: ShellCommand.text(["pith", "train", data, "--output", folder, "--resume"])
      case .diverged: "what was saved before is in \(end.folder)"
      }
    return
      "\(name(end.outcome)) after \(Plural.text(end.epochs, "epoch")); \(best)\nnext: \(next)\n"
  }
}
