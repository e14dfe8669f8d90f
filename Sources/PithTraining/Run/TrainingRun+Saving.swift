import Glibc
import Pith
import PithFiles
import PithGraph
import PithTensor

extension TrainingRun {
  /// The run as it is.
  package func checkpoint() throws -> TrainingCheckpoint {
    var state = try trainer.state()
    state.numbers.merge(progress.numbers) { $1 }
    let samples = try sampleFiles.map {
      GoldenSample(name: $0.name, png: $0.png, logits: try logits(of: $0.image))
    }
    return TrainingCheckpoint(
      graph: trainer.graph, preprocessing: preprocessing, labels: data.classes, samples: samples,
      provenance: provenance, state: state, settings: settings)
  }

  func save() throws { try save(checkpoint().encoded()) }

  func save(_ bytes: [UInt8]) throws {
    try FileBytes.replace(files.last, with: bytes)
    lastSaved = Self.now
  }

  /// Writes the report.
  func saveReport() throws {
    try FileBytes.replace(files.report, with: Array(report().html.utf8))
    lastReported = Self.now
  }

  /// Seconds from some moment on.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
