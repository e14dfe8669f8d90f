import PithFiles
import PithTensor
import PithThreads
import Synchronization

/// Trials of a network with several values of its hyperparameters, or of several networks, compared by their accuracy on
/// validation images.
///
/// ```swift
/// var options = SearchOptions(run: RunOptions())
/// options.rounds = 2
/// let search = try Search([SearchNetwork(network)], data: data, options: options, folder: "search")
/// if try search.run() == .finished { print(search.trials[0].values) }
/// ```
///
/// A trial is a ``TrainingRun`` in `runs/NUMBER` of the search's folder, or with folds one for each, with the same seed for all: the
/// same split, first weights and order of images. What it gives depends on the data, the options and its number, not on
/// threads or on the order in which trials end. Trials that have ended are in a journal, from which a search that was stopped
/// or killed goes on; a run that had begun goes on from where it was saved last.
///
/// After a round, the best quarter of its trials that did not diverge, rounded up, decides about the next:
/// each space is ``SearchSpace`` narrowed to their values. A range becomes that from the lowest to the highest of them, wider by
/// a tenth of the old range at either end but nowhere beyond it, measured in logarithms where it is sampled so; powers of two become
/// those from the lowest to the highest; choices those that occur.
///
/// A class because it owns the journal.
public final class Search: Sendable {
  /// What happens while a search runs. One at a time is told.
  public enum Event: Sendable {
    /// A round begins, with so many trials, some of which may have ended before.
    case round(Int, spaces: [SearchSpace], trials: Int, left: Int)
    case epoch(trial: Int, EpochReport)
    /// A trial goes on with other kernels than it was trained with before.
    case otherKernels(trial: Int, Diagnosis)
    case ended(Trial, isBest: Bool)
    /// All combinations have been tried, so that the search ends after so many trials.
    case exhausted(trials: Int)
  }

  /// How it ended.
  public enum Outcome: Sendable, Hashable {
    case finished
    /// It was asked to stop; what had ended is in the journal.
    case stopped
  }

  public let data: ImageDataset
  public let options: SearchOptions
  public let networks: [SearchNetwork]
  /// What a trial has values of: the parameters of networks that are compared, or the hyperparameters.
  public let names: [String]
  let folder: SearchFolder
  let keepsRuns: Bool
  let state: Mutex<SearchState>

  /// Begins a search, or goes on with the one in the folder.
  ///
  /// - Parameters:
  ///   - networks: one, or several that are compared with the same options, none of which is searched then.
  ///   - parameters: the names of the parameters in which networks differ.
  ///   - folder: made if needed. Of runs only the best trial's stay in it, under the name `best` too.
  ///   - keepsRuns: all runs stay.
  /// - Throws: ``PithError`` when a network does not fit the data, an option makes no sense, or the folder holds another search or
  ///   cannot be written.
  public init(
    _ networks: [SearchNetwork], parameters: [String] = [], data: ImageDataset,
    options: SearchOptions, folder: String, resumes: Bool = false, keepsRuns: Bool = false
  ) throws {
    try options.check()
    guard networks.count == 1 || options.spaces.isEmpty else {
      throw PithError(
        .invalidArgument,
        "networks are compared with the same options, but \(options.spaces.map(\.name).joined(separator: ", ")) would be searched",
        advice: "search for one of them first, then compare with what was found")
    }
    (self.data, self.options, self.networks) = (data, options, networks)
    self.folder = SearchFolder(folder)
    self.keepsRuns = keepsRuns
    names = parameters + options.spaces.map(\.name)
    let first = Self.candidates(options, networks, spaces: options.spaces, round: 1, after: [])
    try Self.check(first, networks, data)
    try FileBytes.makeFolder(self.folder.path)
    guard
      resumes || FileBytes.isRegularFile(self.folder.journal)
        || !FileBytes.isFolder(self.folder.runs)
    else {
      throw PithError(
        .fileAccess, file: self.folder.runs, "there are runs of a search without its journal",
        advice: "remove them, or choose another folder")
    }
    let journal = try SearchJournal(
      self.folder.journal, settings: try Self.settings(options, networks, data), names: names,
      resumes: resumes)
    state = Mutex(SearchState(journal: journal))
  }

  /// All trials that have ended, the best first.
  public var trials: [Trial] {
    state.withLock { $0.journal.trials }.sorted { $0.isBetter(than: $1) }
  }

  /// The network of a trial.
  public func network(of trial: Trial) -> SearchNetwork {
    networks[networks.count == 1 ? 0 : (trial.number - 1) % networks.count]
  }

  // MARK: trials

  /// The trials of a round.
  ///
  /// - Parameter before: the values that the trials of the rounds before had.
  static func candidates(
    _ options: SearchOptions, _ networks: [SearchNetwork], spaces: [SearchSpace], round: Int,
    after before: [[String]]
  ) -> [Candidate] {
    let all = options.values(of: spaces, after: before)
    return all.flatMap { values in networks.indices.map { ($0, values) } }.enumerated()
      .map { index, choice in
        var run = options.run
        for (space, value) in zip(spaces, choice.1) { try? run.set(space.name, to: value) }
        return Candidate(
          number: before.count + index + 1, round: round,
          values: networks[choice.0].values + choice.1, network: choice.0, options: run)
      }
  }

  /// Refuses trials that cannot be trained, before any time is spent.
  private static func check(
    _ candidates: [Candidate], _ networks: [SearchNetwork], _ data: ImageDataset
  ) throws {
    for candidate in candidates {
      do {
        try TrainingRun.check(
          networks[candidate.network].network.graph, on: data, options: candidate.options)
      } catch let error as PithError {
        let values = candidate.values.joined(separator: ", ")
        throw values.isEmpty ? error : error.within("trial \(candidate.number) (\(values))")
      }
    }
  }

  /// All that decides about trials.
  private static func settings(
    _ options: SearchOptions, _ networks: [SearchNetwork], _ data: ImageDataset
  ) throws -> [(name: String, value: String)] {
    var settings = [("method", options.method.rawValue), ("rounds", "\(options.rounds)")]
    if !options.spaces.isEmpty {
      settings.append(
        options.method == .random
          ? ("trials", "\(options.trials)") : ("grid-points", "\(options.gridPoints)"))
    }
    settings += options.spaces.map { ("search", "\($0)") }
    settings += networks.map {
      ((["network"] + $0.values).joined(separator: " "), String($0.fingerprint, radix: 16))
    }
    let unused = try RunOptions.unused(networks[0].network, recipe: networks[0].preprocessing)
    settings += options.run.settings.filter { !unused.contains($0.name) }
      .map { ($0.name, $0.value) }
    settings += [
      ("classes", "\(data.classes.count)"), ("images", "\(data.count)"),
      ("images-fingerprint", String(data.fingerprint, radix: 16)),
      (
        "geometry-fingerprint",
        String(
          RandomStream.number(data.geometry.section.map { "\($0)" }.joined(separator: " ")),
          radix: 16)
      ),
    ]
    return settings.map { (name: $0.0, value: $0.1) }
  }

  /// The spaces of the next round.
  ///
  /// - Parameter trials: those of the round before.
  static func narrowed(_ spaces: [SearchSpace], around trials: [Trial]) -> [SearchSpace] {
    let finished = trials.filter { $0.score != nil }.sorted { $0.isBetter(than: $1) }
    let best = finished.prefix((finished.count + 3) / 4)
    return spaces.enumerated().map { index, space in
      space.narrowed(to: best.map { Array($0.values.suffix(spaces.count))[index] })
    }
  }

  // MARK: running

  /// Runs all rounds.
  ///
  /// - Parameters:
  ///   - threads: nil: as many as the process may use.
  ///   - parallel: how many trials run at the same time, each on its part of the threads; nil: as many as threads.
  ///   - observer: is told what happens, on several threads, but never twice at once. It must not use the search.
  ///   - isStopped: asked before each step of each trial, on several threads; true ends the search after saving.
  /// - Throws: ``PithError`` when a file cannot be written or an image no longer be read; trials that have ended are kept.
  public func run(
    threads: Int? = nil, parallel: Int? = nil, observer: @Sendable (Event) -> Void = { _ in },
    isStopped: @Sendable () -> Bool = { false }
  ) throws -> Outcome {
    let threads = threads ?? ThreadCount.available
    try tidy()
    var (spaces, tried) = (options.spaces, [[String]]())
    for round in 1...options.rounds {
      let candidates = Self.candidates(
        options, networks, spaces: spaces, round: round, after: tried)
      guard !candidates.isEmpty else {
        observer(.exhausted(trials: tried.count))
        break
      }
      try Self.check(candidates, networks, data)
      let left = try state.withLock { try $0.begin(candidates) }
      observer(.round(round, spaces: spaces, trials: candidates.count, left: left))
      let workers = max(1, min(parallel ?? threads, left))
      ThreadPool(threads: workers).forEach(workers) { _, _ in
        work(threads: max(1, threads / workers), observer, isStopped)
      }
      let trials = try state.withLock { try $0.end(candidates) }
      guard let trials else { return .stopped }
      tried += candidates.map { Array($0.values.suffix(spaces.count)) }
      if options.method == .random, !spaces.isEmpty, candidates.count < options.trials {
        observer(.exhausted(trials: tried.count))
        break
      }
      spaces = Self.narrowed(spaces, around: trials)
      guard trials.contains(where: { $0.score != nil }) else { break }
    }
    return .finished
  }

  /// Does one trial after the other until none is left.
  private func work(
    threads: Int, _ observer: @Sendable (Event) -> Void, _ isStopped: @Sendable () -> Bool
  ) {
    while let candidate = state.withLock({ $0.next() }) {
      do {
        let trial = try train(
          candidate, threads: threads,
          observer: { event in state.withLock { _ in observer(event) } },
          isStopped: { isStopped() || state.withLock { $0.isStopped } })
        if let trial {
          try record(trial, observer)
        } else {
          state.withLock { $0.stop() }
        }
      } catch {
        state.withLock { $0.fail(error) }
      }
    }
  }
}

/// How far a search is.
struct SearchState: Sendable {
  var journal: SearchJournal
  private var queue: ArraySlice<Candidate> = []
  private(set) var isStopped = false
  private var failure: (any Error)?

  init(journal: SearchJournal) { self.journal = journal }

  /// The best trial so far; nil: none has finished.
  var best: Trial? {
    journal.trials.filter { $0.score != nil }.min { $0.isBetter(than: $1) }
  }

  /// Queues the trials that have not ended; how many those are.
  ///
  /// - Throws: ``PithError`` when the journal has other values for one.
  mutating func begin(_ candidates: [Candidate]) throws -> Int {
    (isStopped, failure) = (false, nil)
    let ended = Dictionary(uniqueKeysWithValues: journal.trials.map { ($0.number, $0) })
    for candidate in candidates {
      guard let trial = ended[candidate.number], trial.values != candidate.values else { continue }
      throw PithError(
        .malformedCheckpoint,
        "trial \(trial.number) of the journal has the values \(trial.values.joined(separator: ", ")) but the search gives it \(candidate.values.joined(separator: ", "))",
        advice: "begin a search in another folder")
    }
    queue = candidates.filter { ended[$0.number] == nil }[...]
    return queue.count
  }

  mutating func next() -> Candidate? { queue.popFirst() }

  mutating func stop() {
    isStopped = true
    queue = []
  }

  mutating func fail(_ error: any Error) {
    failure = failure ?? error
    stop()
  }

  /// The trials of a round that has ended; nil: it was stopped.
  ///
  /// - Throws: what a trial has failed with.
  func end(_ candidates: [Candidate]) throws -> [Trial]? {
    if let failure { throw failure }
    let numbers = Set(candidates.map(\.number))
    return isStopped ? nil : journal.trials.filter { numbers.contains($0.number) }
  }
}
