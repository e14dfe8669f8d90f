import Glibc

/// Looks after a run while it trains: what the notes of practitioners call babysitting (Karpathy, CS231n, "Neural Networks Part
/// 3: Learning and Evaluation").
package struct TrainingWatch: Sendable, Hashable {
  /// The loss of the first step; NaN before.
  var firstLoss = Double.nan
  /// The mean loss of the first epoch; NaN before.
  var firstEpochLoss = Double.nan
  /// The moving average of the loss, each step with the weight 0.1, before the correction for its start at 0.
  var average = 0.0
  /// The steps that are in the average.
  var steps = 0
  /// What has been said.
  var said: Set<Diagnosis.Kind> = []

  package init() {}

  private static let weight = 0.1

  /// The average of the loss over about the last ten steps.
  var smoothedLoss: Double {
    steps == 0 ? .nan : average / (1 - pow(1 - Self.weight, Double(steps)))
  }

  /// A sentence, unless one of its kind was said before.
  mutating func say(_ kind: Diagnosis.Kind, _ sentence: String) -> Diagnosis? {
    guard said.insert(kind).inserted else { return nil }
    return Diagnosis(kind, sentence)
  }

  /// Looks at a step; a sentence means that the run has to stop.
  ///
  /// - Parameter guessing: the loss of a network that only guesses. A network that is trained further may begin far below it.
  mutating func stopReason(after report: StepReport, guessing: Double) -> Diagnosis? {
    guard report.isFinite else {
      return say(
        .notFinite,
        "the loss or its gradient is not finite in step \(report.step + 1) (loss \(Self.short(report.loss))): the learning rate \(Self.short(report.learningRate)) is too large; try a tenth of it"
      )
    }
    if steps == 0 { firstLoss = report.loss }
    average += Self.weight * (report.loss - average)
    steps += 1
    guard smoothedLoss > 3 * max(firstLoss, guessing) else { return nil }
    let measure =
      firstLoss >= guessing
      ? "the first, \(Self.short(firstLoss))" : "that of guessing, \(Self.short(guessing))"
    return say(
      .lossTripled,
      "the loss \(Self.short(smoothedLoss)) is above three times \(measure): the learning rate \(Self.short(report.learningRate)) is unsuitable; try a tenth of it"
    )
  }

  /// The sentence of a run whose weights or outputs are no longer finite after so many steps.
  mutating func notFinite(step: Int, rate: Double) -> Diagnosis {
    said.insert(.notFinite)
    return Diagnosis(
      .notFinite,
      "weights or outputs of the network are not finite after step \(step): the learning rate \(Self.short(rate)) is too large; try a tenth of it"
    )
  }

  /// Three significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : "\(value)" }
    guard value != 0 else { return "0" }
    let digits = 2 - Int(log10(abs(value)).rounded(.down))
    let scale = pow(10, Double(min(max(digits, -300), 300)))
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) < 1e6
      ? "\(Int(rounded))" : "\(rounded)"
  }

  /// `93.1 %`.
  static func percent(_ part: Double) -> String {
    "\((part * 1000).rounded() / 10) %"
  }
}
