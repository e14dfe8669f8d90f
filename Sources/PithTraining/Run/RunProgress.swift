import PithTensor

/// How far a run is. Together with the state of the trainer it says all that the rest of the run depends on.
struct RunProgress: Sendable, Hashable {
  /// Epochs that are done.
  var epoch = 0
  /// Batches of the present epoch that are done.
  var batch = 0
  /// Sums over the images of the present epoch.
  var loss = 0.0
  var correct = 0
  var images = 0
  /// The sum of update ratios over the batches of the present epoch.
  var ratios = 0.0
  /// The epoch that did best on the validation images, from 1; 0: none yet.
  var bestEpoch = 0
  var bestAccuracy = -1.0
  var bestLoss = Double.infinity
  /// What is watched while training.
  var watch = TrainingWatch()

  /// Whether an epoch is better than all before: more images right, or as many with less loss.
  func isImprovement(accuracy: Double, loss: Double) -> Bool {
    accuracy > bestAccuracy || accuracy == bestAccuracy && loss < bestLoss
  }

  /// Begins the next epoch.
  mutating func endEpoch() {
    epoch += 1
    (batch, loss, correct, images, ratios) = (0, 0, 0, 0, 0)
  }
}

extension RunProgress {
  private static var names: [(name: String, path: WritableKeyPath<RunProgress, Int>)] {
    [
      ("run.epoch", \.epoch), ("run.batch", \.batch), ("run.correct", \.correct),
      ("run.images", \.images), ("run.best_epoch", \.bestEpoch),
      ("run.watch.steps", \.watch.steps),
    ]
  }

  private static var realNames: [(name: String, path: WritableKeyPath<RunProgress, Double>)] {
    [
      ("run.loss", \.loss), ("run.ratios", \.ratios), ("run.best_accuracy", \.bestAccuracy),
      ("run.best_loss", \.bestLoss), ("run.watch.first_loss", \.watch.firstLoss),
      ("run.watch.first_epoch_loss", \.watch.firstEpochLoss),
      ("run.watch.average", \.watch.average),
    ]
  }

  private static let saidPrefix = "run.said."

  /// As numbers of a training state.
  var numbers: [String: Double] {
    var numbers: [String: Double] = [:]
    for (name, path) in Self.names { numbers[name] = Double(self[keyPath: path]) }
    for (name, path) in Self.realNames { numbers[name] = self[keyPath: path] }
    for kind in watch.said { numbers[Self.saidPrefix + kind.rawValue] = 1 }
    return numbers
  }

  /// - Throws: ``PithError`` with the code `malformedCheckpoint` when a number is missing or impossible.
  init(numbers: [String: Double]) throws {
    self.init()
    func number(_ name: String) throws -> Double {
      guard let number = numbers[name] else {
        throw PithError(.malformedCheckpoint, "the training state has no number '\(name)'")
      }
      return number
    }
    for (name, path) in Self.names {
      let number = try number(name)
      guard number >= 0, number < 0x1p52, number == number.rounded() else {
        throw PithError(
          .malformedCheckpoint,
          "the number '\(name)' of the training state is \(number); it must be a count")
      }
      self[keyPath: path] = Int(number)
    }
    for (name, path) in Self.realNames { self[keyPath: path] = try number(name) }
    watch.said = Set(
      Diagnosis.Kind.allCases.filter { numbers[Self.saidPrefix + $0.rawValue] != nil })
  }
}
