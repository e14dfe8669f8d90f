/// One combination of values, trained and judged.
public struct Trial: Sendable, Hashable {
  public enum State: String, Sendable {
    case finished
    /// The loss of a run was not finite, or above three times the first: the trial was stopped there and has no score.
    case diverged
  }

  /// What a trial is judged by. Each number is that of the run's best epoch, and with folds the mean over their runs.
  public struct Score: Sendable, Hashable {
    /// Over the training images as they were seen, changed by augmentation, each before its step.
    public var trainingAccuracy: Double
    public var trainingLoss: Double
    public var validationAccuracy: Double
    public var validationLoss: Double
    /// The standard deviation of the accuracy over folds, `sqrt(sum (a - mean)^2 / (k - 1))`; nil: there are no folds.
    public var deviation: Double?

    /// Whether a score is better: more validation images right, or as many with less loss.
    package func isBetter(than other: Score) -> Bool {
      validationAccuracy > other.validationAccuracy
        || validationAccuracy == other.validationAccuracy && validationLoss < other.validationLoss
    }

    /// The mean of the scores of all folds.
    package init(folds: [Score]) {
      let count = Double(folds.count)
      func mean(_ path: KeyPath<Score, Double>) -> Double {
        folds.reduce(0) { $0 + $1[keyPath: path] } / count
      }
      let accuracy = mean(\.validationAccuracy)
      let squares = folds.reduce(0) {
        $0 + ($1.validationAccuracy - accuracy) * ($1.validationAccuracy - accuracy)
      }
      self.init(
        trainingAccuracy: mean(\.trainingAccuracy), trainingLoss: mean(\.trainingLoss),
        validationAccuracy: accuracy, validationLoss: mean(\.validationLoss),
        deviation: folds.count > 1 ? (squares / (count - 1)).squareRoot() : 0)
    }

    package init(
      trainingAccuracy: Double, trainingLoss: Double, validationAccuracy: Double,
      validationLoss: Double, deviation: Double? = nil
    ) {
      self.trainingAccuracy = trainingAccuracy
      self.trainingLoss = trainingLoss
      self.validationAccuracy = validationAccuracy
      self.validationLoss = validationLoss
      self.deviation = deviation
    }
  }

  /// From 1, through all rounds.
  public let number: Int
  /// From 1.
  public let round: Int
  /// In the order of ``Search/names``.
  public let values: [String]
  /// The epochs of its last run.
  public let epochs: Int
  /// Nil: ``State/diverged``.
  public let score: Score?

  public var state: State { score == nil ? .diverged : .finished }

  /// Whether a trial is better: by its score, or as good and earlier. One that diverged is worse than all others.
  package func isBetter(than other: Trial) -> Bool {
    switch (score, other.score) {
    case (let score?, let otherScore?):
      if score.isBetter(than: otherScore) { return true }
      return !otherScore.isBetter(than: score) && number < other.number
    case (nil, nil): return number < other.number
    case (let score, _): return score != nil
    }
  }
}

extension Trial {
  /// The columns of ``fields`` besides those of values.
  static let columns = (
    before: ["trial", "round"],
    after: [
      "state", "epochs", "training_accuracy", "training_loss", "validation_accuracy",
      "deviation", "validation_loss",
    ]
  )

  /// The trial as texts that ``init(fields:values:)`` reads back to the same; what there is not is empty.
  var fields: [String] {
    let numbers = [
      score?.trainingAccuracy, score?.trainingLoss, score?.validationAccuracy, score?.deviation,
      score?.validationLoss,
    ]
    return ["\(number)", "\(round)"] + values + [state.rawValue, "\(epochs)"]
      + numbers.map { $0.map { "\($0)" } ?? "" }
  }

  /// Reads ``fields``; nil when they make no sense.
  ///
  /// - Parameter count: how many values a trial has.
  init?(fields: [String], values count: Int) {
    let (before, after) = (Self.columns.before.count, Self.columns.after.count)
    guard fields.count == before + count + after, let number = Int(fields[0]),
      let round = Int(fields[1])
    else { return nil }
    let rest = fields.suffix(after).map { $0 }
    guard let state = State(rawValue: rest[0]), let epochs = Int(rest[1]), epochs >= 0 else {
      return nil
    }
    let numbers = rest[2...].map { Double($0) }
    (self.number, self.round, self.epochs) = (number, round, epochs)
    values = Array(fields[before..<before + count])
    switch state {
    case .diverged: score = nil
    case .finished:
      guard let trainingAccuracy = numbers[0], let trainingLoss = numbers[1],
        let validationAccuracy = numbers[2], let validationLoss = numbers[4],
        numbers[3] != nil || rest[5].isEmpty
      else { return nil }
      score = Score(
        trainingAccuracy: trainingAccuracy, trainingLoss: trainingLoss,
        validationAccuracy: validationAccuracy, validationLoss: validationLoss,
        deviation: numbers[3])
    }
  }

  /// A trial that has just ended.
  init(_ candidate: Candidate, epochs: Int, score: Score?) {
    (number, round, values) = (candidate.number, candidate.round, candidate.values)
    (self.epochs, self.score) = (epochs, score)
  }
}

/// A trial that is yet to be done.
struct Candidate: Sendable {
  let number: Int
  let round: Int
  let values: [String]
  /// Which of the search's networks.
  let network: Int
  let options: RunOptions
}
