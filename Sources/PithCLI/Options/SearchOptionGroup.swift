public import ArgumentParser
public import PithTraining

/// The options of `tune` that decide which trials there are.
struct SearchOptionGroup: ParsableArguments {
  /// The most networks of one comparison.
  private static let greatestNetworks = 100

  @Option(
    help: ArgumentHelp(
      "A hyperparameter and its values: learning-rate=1e-3..1, a range, or optimizer=nesterov,adamw, a list; up to 4 times (default: learning-rate from a hundredth to ten times the usual one and l2=1e-6..1e-2, as far as they are not given).",
      valueName: "name=values"))
  var search: [String] = []

  @Option(
    help:
      "How values are chosen (default: random). Few hyperparameters matter, and of so many trials a random search tries as many values of each, a grid far fewer (Bergstra and Bengio 2012)."
  )
  var method: SearchOptions.Method?

  @Option(
    help: ArgumentHelp("Trials of each round of a random search (default: 20).", valueName: "n"))
  var trials: Int?

  @Option(
    help: ArgumentHelp(
      "Values of each range in a grid, both ends among them (default: 4).", valueName: "n"))
  var gridPoints: Int?

  @Option(
    help: ArgumentHelp(
      "Rounds, coarse to fine: each searches around the best quarter of the one before (default: 1).",
      valueName: "n"))
  var rounds: Int?

  @Option(
    help: ArgumentHelp(
      "Compare networks instead: a parameter of the architecture and its values, width=0.5,1,2 for example; several make all combinations.",
      valueName: "name=values"))
  var vary: [VariedParameter] = []

  /// Refuses what does not go together, or with fixed options.
  func check(_ training: TrainingOptionGroup, _ input: TrainingInput) throws {
    guard training.fold == nil else {
      throw ValidationError("every trial trains all folds; leave out --fold")
    }
    let needless: [(String, Bool)] =
      !vary.isEmpty
      ? [
        ("--search", !search.isEmpty), ("--method", method != nil), ("--trials", trials != nil),
        ("--grid-points", gridPoints != nil), ("--rounds", rounds != nil),
      ] : method == .grid ? [("--trials", trials != nil)] : [("--grid-points", gridPoints != nil)]
    let given = needless.filter(\.1).map(\.0).joined(separator: ", ")
    guard given.isEmpty else {
      throw ValidationError(
        !vary.isEmpty
          ? "--vary compares networks and searches nothing; leave out \(given)"
          : method == .grid
            ? "a grid has a trial for each of its points; leave out \(given)"
            : "--grid-points goes with --method grid")
    }
    for (index, varied) in vary.enumerated() {
      guard input.from == nil else { throw ValidationError("--vary goes with --architecture") }
      guard input.network.parameters[varied.name] == nil,
        !vary[..<index].contains(where: { $0.name == varied.name })
      else { throw ValidationError("the parameter \(varied.name) is given twice") }
    }
    // Counted before they are made.
    let networks = vary.reduce(1) { min($0 * $1.values.count, 1_000_000) }
    guard networks <= Self.greatestNetworks else {
      throw ValidationError("\(networks) networks: at most \(Self.greatestNetworks) are compared")
    }
    do {
      let spaces = try search.map { try SearchSpace(parsing: $0) }
      for space in spaces where training.given.contains("--\(space.name)") {
        throw ValidationError("--\(space.name) is searched; leave it out")
      }
      try Self.check(spaces, training, input)
      let options = try options(training)
      guard !vary.isEmpty || !options.spaces.isEmpty else {
        throw ValidationError(
          "--learning-rate and --l2 are given, so nothing is left to search; say what with --search"
        )
      }
      try options.check()
    } catch let error as ValidationError {
      throw error
    } catch { throw ValidationError("\(error)") }
  }

  /// Refuses hyperparameters that would do nothing in any trial, or in some.
  private static func check(
    _ spaces: [SearchSpace], _ training: TrainingOptionGroup, _ input: TrainingInput
  ) throws {
    let names = Set(spaces.map(\.name))
    guard input.from == nil || !names.contains("init") else {
      throw ValidationError("--from takes the weights of the model; leave out --search init")
    }
    guard training.options.loss == .crossEntropy || !names.contains("label-smoothing") else {
      throw ValidationError("label-smoothing goes with --loss cross-entropy; leave it out")
    }
    guard names.contains("momentum") || training.momentum != nil else { return }
    var optimizers = [training.options.optimizer.rawValue]
    if case .choices(let choices) = spaces.first(where: { $0.name == "optimizer" })?.values {
      optimizers = choices
    }
    let others = optimizers.filter {
      RunOptions.OptimizerName(rawValue: $0)?.takesMomentum != true
    }
    guard others.isEmpty else {
      throw ValidationError(
        "momentum is of the optimisers momentum and nesterov, not of \(others.joined(separator: ", ")); leave out one of them"
      )
    }
  }

  /// What was given, and defaults.
  func options(_ training: TrainingOptionGroup) throws -> SearchOptions {
    let run = training.options
    let spaces =
      !vary.isEmpty
      ? []
      : !search.isEmpty
        ? try search.map { try SearchSpace(parsing: $0) }
        : SearchOptions.usualSpaces(run.optimizer).filter {
          !training.given.contains("--\($0.name)")
        }
    var options = SearchOptions(run: run, spaces: spaces)
    options.method = method ?? options.method
    options.trials = trials ?? options.trials
    options.gridPoints = gridPoints ?? options.gridPoints
    options.rounds = rounds ?? options.rounds
    return options
  }

  /// The values of varied parameters for each network; without any those of the one network.
  var networks: [[NetworkParameter]] {
    vary.reduce([[]]) { combinations, varied in
      combinations.flatMap { combination in varied.values.map { combination + [$0] } }
    }
  }
}

/// `NAME=VALUE,VALUE`.
struct VariedParameter: ExpressibleByArgument {
  let values: [NetworkParameter]
  var name: String { values[0].name }

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let texts = parts[1].split(separator: ",", omittingEmptySubsequences: false)
    let values = texts.compactMap { NetworkParameter(argument: "\(parts[0])=\($0)") }
    guard values.count == texts.count, values.count > 1,
      Set(values.map(\.value)).count == values.count
    else { return nil }
    self.values = values
  }
}

extension SearchOptions.Method: ExpressibleByArgument {}
