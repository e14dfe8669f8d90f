import Foundation
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Synchronization
import Testing

@Suite struct SearchTests {
  let images: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    try images.writeColors(count: 8, noise: 200)
  }

  private static var run: RunOptions {
    var run = TestImages.options
    run.epochs = 2
    run.validation = 0.25
    return run
  }

  private func options(_ spaces: String..., trials: Int = 6, run: RunOptions = run) throws
    -> SearchOptions
  {
    var options = SearchOptions(
      run: run, spaces: try spaces.map { try SearchSpace(parsing: $0) })
    options.trials = trials
    return options
  }

  private func search(
    _ folder: String, _ options: SearchOptions, network: String = TestImages.network,
    resumes: Bool = false, keepsRuns: Bool = false
  ) throws -> Search {
    try Search(
      [SearchNetwork(Graph(text: network))], data: images.data(), options: options,
      folder: images.path(folder), resumes: resumes, keepsRuns: keepsRuns)
  }

  @Test func aTrialIsTheRunThatTrainWouldMake() throws {
    let search = try search("s", try options("learning-rate=0.001..0.05", "l2=1e-6..1e-2"))
    #expect(try search.run() == .finished)
    let best = search.trials[0]
    #expect(search.trials.map(\.number).sorted() == [1, 2, 3, 4, 5, 6])
    #expect(Set(search.trials.map(\.values)).count == 6)
    var run = Self.run
    try run.set("learning-rate", to: best.values[0])
    try run.set("l2", to: best.values[1])
    let same = try images.run("same", options: run)
    _ = try same.run()
    #expect(try images.bytes("s/best/best.pith") == images.bytes("same/best.pith"))
    #expect(best.score?.validationAccuracy == same.best.accuracy)
    #expect(best.score?.validationLoss == same.best.loss)
    let fields = try images.text("same/log.csv").split(separator: "\n")[same.best.epoch]
      .split(separator: ",")
    #expect(best.score?.trainingLoss == Double(fields[3]))
    #expect(best.score?.trainingAccuracy == Double(fields[4]))
    // Nothing else of the runs is left.
    #expect(
      try images.names(in: "s") == ["best", "journal.txt", "runs", "trials.csv", "trials.svg"])
    #expect(try images.names(in: "s/runs") == ["\(best.number)"])
    #expect(try images.text("s/trials.csv") == search.table.csv)
    #expect(
      search.table.columns == [
        "trial", "round", "learning-rate", "l2", "state", "epochs", "training_accuracy",
        "training_loss", "validation_accuracy", "deviation", "validation_loss",
      ])
    let plots = try #require(XMLElements(images.text("s/trials.svg")))
    #expect(
      plots.named("svg").dropFirst().map { $0.attributes["aria-label"] } == ["learning-rate", "l2"])
    // Training and validation of each trial in each plot.
    let finished = search.trials.count { $0.score != nil }
    #expect(finished > 3 && plots.named("circle").count == 2 * 2 * finished)
  }

  @Test func resultsDependOnNeitherThreadsNorParallelTrials() throws {
    let options = try options("learning-rate=0.001..0.05", "batch=4..16", "optimizer=nesterov,adam")
    let serial = try search("serial", options)
    _ = try serial.run(threads: 1, parallel: 1)
    let parallel = try search("parallel", options)
    _ = try parallel.run(threads: 4, parallel: 3)
    #expect(try images.text("serial/trials.csv") == images.text("parallel/trials.csv"))
    #expect(try images.text("serial/trials.svg") == images.text("parallel/trials.svg"))
    #expect(try images.bytes("serial/best/best.pith") == images.bytes("parallel/best/best.pith"))
    let lines = try ["serial", "parallel"].map { folder in
      try images.text("\(folder)/journal.txt").split(separator: "\n").sorted()
    }
    #expect(lines[0] == lines[1])
  }

  @Test func scoresOfFoldsAreAveraged() throws {
    var run = Self.run
    run.folds = 3
    let search = try search("s", try options("l2=1e-5,1e-3", trials: 1, run: run))
    _ = try search.run()
    let trial = search.trials[0]
    try run.set("l2", to: trial.values[0])
    let runs = try (1...3).map { fold in
      var own = run
      own.fold = fold
      let run = try images.run("fold-\(fold)", options: own)
      _ = try run.run()
      return run.best
    }
    let mean = runs.reduce(0) { $0 + $1.accuracy } / 3
    let score = try #require(trial.score)
    #expect(abs(score.validationAccuracy - mean) < 1e-12)
    #expect(abs(score.validationLoss - runs.reduce(0) { $0 + $1.loss } / 3) < 1e-12)
    let variance = runs.reduce(0) { $0 + ($1.accuracy - mean) * ($1.accuracy - mean) } / 2
    #expect(abs(try #require(score.deviation) - variance.squareRoot()) < 1e-12)
    #expect(try images.names(in: "s/best") == ["fold-1", "fold-2", "fold-3"])
  }

  @Test func aTrialThatDivergesIsStoppedAndRecorded() throws {
    var options = try options("learning-rate=0.05,1e9")
    options.method = .grid
    let search = try search("s", options)
    let ended = Mutex<[Trial.State]>([])
    _ = try search.run(
      parallel: 1,
      observer: { event in
        if case .ended(let trial, _) = event { ended.withLock { $0.append(trial.state) } }
      })
    #expect(ended.withLock { $0 } == [.finished, .diverged])
    let last = search.trials[1]
    #expect(last.values == ["1e9"])
    #expect(last.score == nil && last.epochs < 2)
    #expect(try images.text("s/trials.csv").hasSuffix("\n2,1,1e9,diverged,\(last.epochs),,,,,\n"))
    #expect(try images.names(in: "s/runs") == ["1"])
  }

  @Test func aSearchThatDivergesWhollyEndsWithItsRound() throws {
    var options = try options("learning-rate=1e9..1e10", trials: 2)
    options.rounds = 3
    let search = try search("s", options)
    #expect(try search.run() == .finished)
    #expect(search.trials.map(\.state) == [.diverged, .diverged])
    #expect(try images.names(in: "s/runs") == [])
  }

  @Test(arguments: SearchOptions.Method.allCases)
  func aSearchEndsWhenAllHasBeenTried(method: SearchOptions.Method) throws {
    var options = try options("optimizer=sgd,nesterov", "l2=0,1e-4", trials: 3)
    (options.method, options.rounds) = (method, 4)
    func run(_ search: Search) throws -> (exhausted: [Int], ended: Int) {
      let seen = Mutex<(exhausted: [Int], ended: Int)>(([], 0))
      #expect(
        try search.run(observer: { event in
          switch event {
          case .exhausted(let trials): seen.withLock { $0.exhausted.append(trials) }
          case .ended: seen.withLock { $0.ended += 1 }
          case .round, .epoch, .otherKernels: break
          }
        }) == .finished)
      return seen.withLock { $0 }
    }
    let search = try search("s", options)
    let seen = try run(search)
    let trials = search.trials.sorted { $0.number < $1.number }
    #expect(seen.exhausted == [trials.count] && seen.ended == trials.count)
    #expect(Set(trials.map(\.values)).count == trials.count)
    // Each round after the first is of what the best of the one before were.
    #expect(trials.count { $0.round == 1 } == (method == .grid ? 4 : 3))
    let again = try self.search("s", options, resumes: true)
    #expect(try run(again) == (seen.exhausted, 0))
    #expect(again.trials == search.trials)
  }

  @Test func aRoundSearchesAroundTheBestOfTheOneBefore() throws {
    var options = try options("learning-rate=0.001..10", "batch=4..16", trials: 5)
    options.rounds = 2
    let search = try search("s", options)
    let rounds = Mutex<[[SearchSpace]]>([])
    _ = try search.run(observer: { event in
      if case .round(_, let spaces, _, _) = event { rounds.withLock { $0.append(spaces) } }
    })
    let spaces = rounds.withLock { $0 }
    #expect(spaces.count == 2 && spaces[0] == options.spaces)
    let first = search.trials.filter { $0.round == 1 && $0.score != nil }
    let best = first.prefix((first.count + 3) / 4)
    for (index, space) in options.spaces.enumerated() {
      #expect(spaces[1][index] == space.narrowed(to: best.map { $0.values[index] }))
    }
    guard case .logarithmic(let range) = spaces[1][0].values else {
      Issue.record("a range became something else")
      return
    }
    let second = search.trials.filter { $0.round == 2 }
    #expect(second.map(\.number).sorted() == [6, 7, 8, 9, 10])
    #expect(second.allSatisfy { range.contains(Double($0.values[0]) ?? 0) })
  }

  // MARK: going on

  @Test func aStoppedSearchGoesOnAndEndsTheSame() throws {
    var options = try options("learning-rate=0.001..0.05", trials: 4)
    options.rounds = 2
    let whole = try search("whole", options)
    _ = try whole.run()
    let steps = Atomic(0)
    let first = try search("parts", options)
    let outcome = try first.run(
      parallel: 2, isStopped: { steps.add(1, ordering: .relaxed).newValue > 20 })
    #expect(outcome == .stopped)
    #expect(first.trials.count < 8)
    let second = try search("parts", options, resumes: true)
    let again = Mutex<[Int]>([])
    let done = Set(second.trials.map(\.number))
    #expect(done == Set(first.trials.map(\.number)))
    let end = try second.run(observer: { event in
      if case .ended(let trial, _) = event { again.withLock { $0.append(trial.number) } }
    })
    #expect(end == .finished)
    #expect(again.withLock { $0 }.count == 8 - done.count)
    #expect(done.isDisjoint(with: again.withLock { $0 }))
    #expect(try images.text("whole/trials.csv") == images.text("parts/trials.csv"))
    #expect(try images.bytes("whole/best/best.pith") == images.bytes("parts/best/best.pith"))
    #expect(try images.names(in: "whole/runs") == images.names(in: "parts/runs"))
  }

  @Test func aJournalIsReadBackOrRefused() throws {
    let options = try options("learning-rate=0.001..0.05", trials: 3)
    _ = try search("s", options).run(parallel: 1)
    func problem(_ options: SearchOptions, resumes: Bool = true) -> String? {
      pithError { try search("s", options, resumes: resumes) }.map { "\($0)" }
    }
    let journal = images.path("s/journal.txt")
    #expect(
      problem(options, resumes: false)
        == "\(journal): there is a search in this folder; go on with it by --resume, or choose another folder"
    )
    var other = options
    other.trials = 4
    #expect(
      problem(other)
        == "\(journal): the search began with 'trials: 3' but now it is 'trials: 4'; go on with the data and options that it began with"
    )
    other = options
    other.run.epochs = 3
    #expect(
      problem(other)
        == "\(journal): the search began with 'epochs: 2' but now it is 'epochs: 3'; go on with the data and options that it began with"
    )
    // A last line without its end is a trial that has not ended.
    let whole = try images.text("s/journal.txt")
    try images.write(Array(whole.utf8.dropLast(5)), to: "s/journal.txt")
    let torn = try search("s", options, resumes: true)
    #expect(torn.trials.map(\.number).sorted() == [1, 2])
    #expect(try torn.run() == .finished)
    #expect(try images.text("s/journal.txt") == whole)
    try images.write(
      Array(whole.replacing(",finished,", with: ",done,").utf8), to: "s/journal.txt")
    let message = try #require(problem(options))
    #expect(message.hasPrefix("\(journal): line "))
    #expect(message.contains(": a trial of its own was expected, but there is '"))
    #expect(message.hasSuffix("; remove the line: the trial is then done again"))
    try FileManager.default.removeItem(atPath: journal)
    #expect(
      problem(options, resumes: false)
        == "\(images.path("s/runs")): there are runs of a search without its journal; remove them, or choose another folder"
    )
    #expect(
      pithError { try search("t", options, resumes: true) }.map { "\($0)" }
        == "\(images.path("t/journal.txt")): there is no search in this folder to go on with; leave --resume out to begin one"
    )
  }

  @Test func trialsThatCannotBeTrainedAreRefusedBeforeTheFirst() throws {
    let plain = """
      input image: [3, 8, 8]
      flatten
      fc = fully_connected outputs: 3
      """
    let options = try options("dropout=0.2,0.5", trials: 1)
    let error = pithError { try search("s", options, network: plain) }
    #expect(
      error.map { "\($0)" }
        == "trial 1 (\(options.spaces[0].sample(seed: 5, trial: 1))): a dropout rate was given but the network has no dropout layer; add one to a file of the network: 'dropout' before the last layer"
    )
    #expect(!images.exists("s"))
  }

  // MARK: networks

  @Test func networksAreComparedByTheirSize() throws {
    let text = try NetworkText(
      parsing: """
        parameter width = 1
        input image: [3, 8, 8]
        conv = convolution outputs: round(4 * width) kernel: 3 bias: false
        bn = batch_norm
        relu
        flatten
        fc = fully_connected outputs: 3
        """)
    let networks = try ["0.5", "2"].map { width in
      try SearchNetwork(text.graph(["width": Double(width) ?? 0]), values: [width])
    }
    let options = SearchOptions(run: Self.run, spaces: [])
    let search = try Search(
      networks, parameters: ["width"], data: images.data(), options: options,
      folder: images.path("s"), keepsRuns: true)
    #expect(try search.run() == .finished)
    #expect(
      Array(search.table.columns[..<5])
        == ["trial", "round", "width", "parameters", "multiply_adds"])
    let rows = search.table.rows.map { Array($0[..<5]) }.sorted { $0[0] < $1[0] }
    // 27 o + 2 o + (36 o + 1) 3 numbers, and 36 (27 o) + 36 o * 3 products, of o outputs.
    #expect(rows == [["1", "1", "0.5", "277", "2160"], ["2", "1", "2", "1099", "8640"]])
    #expect(try images.names(in: "s/runs") == ["1", "2"])
    #expect(try images.text("s/trials.svg").contains(">parameters</text>"))
    let error = pithError {
      try Search(
        networks, parameters: ["width"], data: images.data(),
        options: SearchOptions(run: Self.run), folder: images.path("t"))
    }
    #expect(
      error.map { "\($0)" }
        == "networks are compared with the same options, but learning-rate, l2 would be searched; search for one of them first, then compare with what was found"
    )
  }
}
