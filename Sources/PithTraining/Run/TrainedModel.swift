import Pith
import PithFiles
import PithFormat
import PithGraph
package import PithTensor

/// The model file that a training run stands for.
package enum TrainedModel {
  /// Whether a path is the folder of a run, or a Pith file that is a training checkpoint.
  package static func isTrainingRun(_ path: String) -> Bool {
    if FileBytes.isFolder(path) { return true }
    guard let container = try? Container(contentsOf: path) else { return false }
    return container.kind == .training
  }

  /// Makes the file of a run's best or last state.
  ///
  /// - Parameters:
  ///   - weights: the type to which weights are rounded; nil: none.
  ///   - samples: images that become golden samples instead of the run's own; empty: the run's own.
  /// - Returns: bytes that have been verified against the trainer's own scores, and what was done on the way.
  /// - Throws: ``PithError`` with the path.
  package static func convert(
    _ path: String, takesLast: Bool, weights: ElementType? = nil,
    samples: [(name: String, png: [UInt8])] = []
  ) throws -> (bytes: [UInt8], notes: [String]) {
    var checkpoint = try TrainingCheckpoint(contentsOf: path, takesLast: takesLast)
    let progress = try RunProgress(numbers: checkpoint.numbers)
    checkpoint.provenance += [
      ProvenanceEntry("source", "pith train \(PithVersion.current)"),
      ProvenanceEntry(
        "training",
        "\(progress.epoch) of \(checkpoint.settings["epochs"] ?? "?") epochs, "
          + (checkpoint.settings.filter { $0.key != "epochs" }.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", "))),
    ]
    if !samples.isEmpty { try checkpoint.replaceSamples(by: samples) }
    var notes: [String] = []
    if progress.epoch > 0 {
      notes.append("the state after epoch \(progress.epoch)")
    }
    if progress.bestEpoch > 0 {
      notes.append(
        "the best epoch was \(progress.bestEpoch), with \(TrainingWatch.percent(progress.bestAccuracy)) of the images right that it was judged by"
      )
    }
    let model = try checkpoint.model(weights: weights)
    return (model.bytes, notes + model.notes)
  }
}
