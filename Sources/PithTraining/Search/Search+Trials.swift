import PithFiles
import PithTensor

extension Search {
  /// Trains a trial in its folder, from where it was saved last; nil: it was asked to stop.
  func train(
    _ candidate: Candidate, threads: Int, observer: (Event) -> Void,
    isStopped: () -> Bool
  ) throws -> Trial? {
    var scores: [Trial.Score] = []
    for (options, folder) in runs(of: candidate) {
      let run = try open(folder, candidate, options, threads: threads)
      let outcome = try run.run(
        observer: { event in
          switch event {
          case .epoch(let report): observer(.epoch(trial: candidate.number, report))
          case .diagnosis(let diagnosis) where diagnosis.kind == .otherKernels:
            observer(.otherKernels(trial: candidate.number, diagnosis))
          case .diagnosis, .step: break
          }
        },
        isStopped: isStopped)
      switch outcome {
      case .stopped: return nil
      case .diverged: return Trial(candidate, epochs: run.epochsDone, score: nil)
      case .finished:
        let best = run.best
        let training = try TrainingLog.training(ofEpoch: best.epoch, in: RunFolder(folder).log)
        scores.append(
          Trial.Score(
            trainingAccuracy: training.accuracy, trainingLoss: training.loss,
            validationAccuracy: best.accuracy, validationLoss: best.loss))
      }
    }
    let score = options.run.folds == nil ? scores[0] : Trial.Score(folds: scores)
    return Trial(candidate, epochs: candidate.options.epochs, score: score)
  }

  /// The runs of a trial: one, or one for each fold.
  private func runs(of candidate: Candidate) -> [(RunOptions, String)] {
    let folder = folder.run(candidate.number)
    guard let folds = candidate.options.folds else { return [(candidate.options, folder)] }
    return (1...folds).map { fold in
      var options = candidate.options
      options.fold = fold
      return (options, RunFolder(folder).fold(fold))
    }
  }

  private func open(
    _ path: String, _ candidate: Candidate, _ options: RunOptions, threads: Int
  ) throws -> TrainingRun {
    guard !FileBytes.isRegularFile(RunFolder(path).last) else {
      return try TrainingRun(
        resuming: TrainingCheckpoint(contentsOf: path, takesLast: true), data: data,
        folder: path, threads: threads)
    }
    let network = networks[candidate.network]
    return try TrainingRun(
      network.network, data: data, options: options, folder: path,
      preprocessing: network.preprocessing, provenance: network.provenance, threads: threads)
  }

  /// Puts a trial into the journal, and removes the runs that it makes useless.
  func record(_ trial: Trial, _ observer: (Event) -> Void) throws {
    try state.withLock { state in
      let best = state.best
      let isBest = trial.score != nil && best.map { trial.isBetter(than: $0) } ?? true
      // Before the journal: a search that is killed in between does the trial again and comes to the same.
      if isBest { try FileBytes.replaceLink(folder.best, to: folder.name(ofRun: trial.number)) }
      try state.journal.add(trial)
      if !keepsRuns, let useless = isBest ? best : trial {
        try FileBytes.removeFolder(folder.run(useless.number))
      }
      try writeReport(of: state.journal.trials.sorted { $0.isBetter(than: $1) })
      observer(.ended(trial, isBest: isBest))
    }
  }

  /// Puts right what a search has left that was killed after a trial had come into the journal: its run, the link, the table.
  func tidy() throws {
    let (trials, best) = state.withLock { ($0.journal.trials, $0.best) }
    guard !trials.isEmpty else { return }
    if !keepsRuns {
      for trial in trials where trial.number != best?.number {
        try FileBytes.removeFolder(folder.run(trial.number))
      }
    }
    if let best { try FileBytes.replaceLink(folder.best, to: folder.name(ofRun: best.number)) }
    try writeReport(of: trials.sorted { $0.isBetter(than: $1) })
  }
}

/// The files of a search.
package struct SearchFolder: Sendable {
  package let path: String

  package init(_ path: String) {
    self.path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
  }

  package var journal: String { "\(path)/journal.txt" }
  package var table: String { "\(path)/trials.csv" }
  package var plot: String { "\(path)/trials.svg" }
  /// A link to the run of the best trial.
  package var best: String { "\(path)/best" }
  package var runs: String { "\(path)/runs" }
  /// The path of a trial's run, and that from the folder.
  package func run(_ trial: Int) -> String { "\(path)/\(name(ofRun: trial))" }
  package func name(ofRun trial: Int) -> String { "runs/\(trial)" }
}
