import PithFiles
import PithTensor

/// What a run says about an epoch, in its log too.
public struct EpochReport: Sendable, Hashable {
  /// From 1.
  public let epoch: Int
  /// The steps of the run so far.
  public let steps: Int
  /// Of the last step.
  public let learningRate: Double
  /// Means over the epoch's images as they were trained on, changed by augmentation, each before its step.
  public let trainingLoss: Double
  public let trainingAccuracy: Double
  /// The mean loss and accuracy of the validation images after the epoch; nil: there are none.
  public let validationLoss: Double?
  public let validationAccuracy: Double?
  /// The mean length of a step's change of the weights over their own length.
  public let updateRatio: Double
  /// The share of regularised weights that are exactly zero.
  public let sparsity: Double
  /// The time of this process for the epoch.
  public let seconds: Double
  public let imagesPerSecond: Double
  /// Whether it is the best epoch so far.
  public let isBest: Bool
}

extension EpochReport {
  /// The first line of the log.
  static let header =
    "epoch,steps,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy,"
    + "update_ratio,sparsity,seconds,images_per_second\n"

  /// The line of the epoch.
  var row: String {
    let numbers = [
      learningRate, trainingLoss, trainingAccuracy, validationLoss, validationAccuracy, updateRatio,
      sparsity, (seconds * 1000).rounded() / 1000, (imagesPerSecond * 10).rounded() / 10,
    ]
    return "\(epoch),\(steps),"
      + numbers.map { $0.map { "\($0)" } ?? "" }.joined(separator: ",") + "\n"
  }
}

/// The table of a run's epochs, a file that is replaced after each.
struct TrainingLog {
  private let path: String
  private var rows: [Substring] = []

  /// A new log.
  init(_ path: String) { self.path = path }

  /// The log of a run that goes on; rows of epochs that have to be done again are dropped.
  init(resuming path: String, epochs: Int) throws {
    self.path = path
    guard FileBytes.isRegularFile(path) else { return }
    let bytes = try FileBytes.read(path, limit: 1 << 28)
    rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().filter {
      $0.split(separator: ",").first.flatMap { Int($0) }.map { $0 <= epochs } ?? false
    }
  }

  /// What a log says about the training images of an epoch.
  ///
  /// - Throws: ``PithError`` with the path, when the log has no such line.
  static func training(
    ofEpoch epoch: Int, in path: String
  ) throws -> (loss: Double, accuracy: Double) {
    let log = try TrainingLog(resuming: path, epochs: epoch)
    let fields = log.rows.last?.split(separator: ",", omittingEmptySubsequences: false) ?? []
    guard fields.count > 4, Int(fields[0]) == epoch, let loss = Double(fields[3]),
      let accuracy = Double(fields[4])
    else {
      throw PithError(
        .malformedCheckpoint, file: path, "the log has no losses of epoch \(epoch)",
        advice: "remove the run's folder, which is then trained again")
    }
    return (loss, accuracy)
  }

  /// Adds a line and replaces the file.
  mutating func add(_ report: EpochReport) throws {
    rows.append(report.row.dropLast())
    try save()
  }

  /// The numbers of a column over the epochs, those that there are.
  func points(_ column: String) -> [(x: Double, y: Double)] {
    let names = EpochReport.header.dropLast().split(separator: ",")
    guard let place = names.firstIndex(of: Substring(column)) else { return [] }
    return rows.compactMap { row in
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == names.count, let x = Double(fields[0]), let y = Double(fields[place])
      else { return nil }
      return (x, y)
    }
  }

  func save() throws {
    let text = EpochReport.header + rows.map { $0 + "\n" }.joined()
    try FileBytes.replace(path, with: Array(text.utf8))
  }
}
