import PithTraining
import Synchronization

/// What `tune` tells on standard error while it works: a bar on a terminal, a line for each trial everywhere.
///
/// A class because trials on several threads share the bar.
final class SearchPrinter: Sendable {
  private let names: [String]
  private let epochsPerTrial: Int
  private let isQuiet: Bool
  private let progress: Mutex<Progress>

  init(_ search: Search, isQuiet: Bool) {
    names = search.names
    epochsPerTrial = search.options.run.epochs * (search.options.run.folds ?? 1)
    self.isQuiet = isQuiet
    progress = Mutex(Progress(total: 0, isQuiet: true))
  }

  func show(_ event: Search.Event) {
    switch event {
    case .round(let number, let spaces, let trials, let left):
      progress.withLock { $0 = Progress(total: left * epochsPerTrial, isQuiet: isQuiet) }
      let searched = spaces.map { ", \($0.summary)" }.joined()
      let before = left == trials ? "" : ", \(trials - left) of them before"
      line("round \(number): \(Plural.text(trials, "trial"))\(before)\(searched)")
    case .epoch: progress.withLock { $0.advance(by: 1) }
    case .otherKernels(let trial, let diagnosis):
      progress.withLock { $0.finish() }
      Diagnostics.line("pith: trial \(trial): \(diagnosis.sentence)")
    case .ended(let trial, let isBest):
      let values = zip(names, trial.values).map { "  \($0) \($1)" }.joined()
      let score = trial.score.map {
        "\(Self.accuracy($0)) right, loss \(Decimal.fixed($0.validationLoss, 4))"
      }
      let result = score ?? "diverged after \(Plural.text(trial.epochs, "epoch"))"
      line("trial \(trial.number)\(values)  \(result)\(isBest ? "  best" : "")")
    case .exhausted(let trials):
      line(
        "all combinations have been tried: the search ends after \(Plural.text(trials, "trial"))")
    }
  }

  /// `93.12 %`, over folds with the standard deviation: `93.12 % +- 0.40 %`.
  static func accuracy(_ score: Trial.Score) -> String {
    Decimal.percent(score.validationAccuracy)
      + (score.deviation.map { " +- \(Decimal.percent($0))" } ?? "")
  }

  private func line(_ text: String) {
    guard !isQuiet else { return }
    progress.withLock { $0.finish() }
    Diagnostics.line(text)
  }

  func end() { progress.withLock { $0.finish() } }
}
