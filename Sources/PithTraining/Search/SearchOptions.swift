import PithTensor

/// How hyperparameters are searched.
public struct SearchOptions: Sendable, Hashable {
  public enum Method: String, Sendable, CaseIterable {
    /// Every trial draws each hyperparameter anew.
    ///
    /// The default, because few hyperparameters matter for a given network and data, and nobody knows in advance which: of `n`
    /// trials a random search tries `n` values of each, a grid over `d` of them only `n^(1/d)` (Bergstra and Bengio 2012,
    /// "Random Search for Hyper-Parameter Optimization", section 1 and figure 1).
    case random
    /// Every combination of evenly spaced values.
    case grid
  }

  /// The most hyperparameters of one search.
  public static let greatestSpaces = 4
  /// The most trials of one round.
  public static let greatestTrials = 10_000

  public var method = Method.random
  /// What is searched; empty: networks are compared.
  public var spaces: [SearchSpace]
  /// Of each round of a random search.
  public var trials = 20
  /// The values of each range in a grid.
  public var gridPoints = 4
  /// Coarse to fine: each round after the first searches around the best quarter of the trials of the round before, see
  /// ``Search``.
  public var rounds = 1
  /// What all trials have in common. With ``RunOptions/folds`` a trial is cross-validated: one run for each fold.
  public var run: RunOptions

  /// - Parameter spaces: nil: ``usualSpaces(_:)``.
  public init(run: RunOptions = RunOptions(), spaces: [SearchSpace]? = nil) {
    self.run = run
    self.spaces = spaces ?? Self.usualSpaces(run.optimizer)
  }

  /// The learning rate from a hundredth to ten times the usual one of the optimiser, and L2 from 1e-6 to 1e-2.
  public static func usualSpaces(_ optimizer: RunOptions.OptimizerName) -> [SearchSpace] {
    let rate = optimizer.usualLearningRate
    return [
      SearchSpace("learning-rate", .logarithmic(rate / 100...rate * 10)),
      SearchSpace("l2", .logarithmic(1e-6...1e-2)),
    ]
  }

  /// Refuses what makes no sense, before any time is spent.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument`.
  public func check() throws {
    func require(
      _ condition: Bool, _ problem: @autoclosure () -> String, advice: String? = nil
    ) throws {
      guard condition else { throw PithError(.invalidArgument, problem(), advice: advice) }
    }
    try require(
      spaces.count <= Self.greatestSpaces,
      "\(spaces.count) hyperparameters in one search, but at most \(Self.greatestSpaces) make sense: the trials needed to cover a space multiply with each, and few hyperparameters matter",
      advice: "search the learning rate and regularisation first, fix them, then search others")
    for (index, space) in spaces.enumerated() {
      try require(
        !spaces[..<index].contains { $0.name == space.name }, "\(space.name) is searched twice")
      for value in [space.value(at: 0), space.value(at: 1)] {
        var options = run
        try options.set(space.name, to: value)
        try options.check()
      }
    }
    try require(
      2...1000 ~= gridPoints, "a grid of \(gridPoints) points: there must be from 2 to 1000")
    try require(
      rounds == 1 || !spaces.isEmpty, "\(rounds) rounds, but nothing is searched that they narrow")
    try require(1...100 ~= rounds, "\(rounds) rounds: there must be from 1 to 100")
    try require(
      1...Self.greatestTrials ~= trials,
      "\(trials) trials: there must be from 1 to \(Self.greatestTrials)")
    let points = spaces.map { $0.grid(points: gridPoints).count }
    var product = 1
    for count in points where product <= Self.greatestTrials { product *= count }
    try require(
      method == .random || product <= Self.greatestTrials,
      "the grid of \(points.map(String.init).joined(separator: " x ")) points has more than \(Self.greatestTrials) trials",
      advice: "take fewer points, or search at random")
    try require(
      run.validation > 0 || run.folds != nil,
      "trials are compared on validation images, but none are kept",
      advice: "keep a share of the images, or cut them into folds")
    try run.check()
  }

  /// The values of a round's trials, in the order of ``spaces``. No two trials have the same.
  ///
  /// - Parameters:
  ///   - spaces: those of the round.
  ///   - before: the values of all trials before.
  /// - Returns: fewer than ``trials``, or none in a grid, when all there are have been tried.
  package func values(of spaces: [SearchSpace], after before: [[String]]) -> [[String]] {
    guard !spaces.isEmpty else { return [[]] }
    var tried = Set(before)
    switch method {
    case .random:
      var found: [[String]] = []
      while found.count < trials,
        let values = draw(spaces, trial: before.count + found.count + 1, except: tried)
      {
        tried.insert(values)
        found.append(values)
      }
      return found
    case .grid:
      let all: [[String]] = spaces.reduce([[]]) { combinations, space in
        let values = space.grid(points: gridPoints)
        return combinations.flatMap { combination in values.map { combination + [$0] } }
      }
      return all.filter { tried.insert($0).inserted }
    }
  }

  /// What a trial draws first that no other has had; nil: nothing is left.
  private func draw(
    _ spaces: [SearchSpace], trial: Int, except tried: Set<[String]>
  ) -> [String]? {
    // Where one of n equally likely combinations is left, 50 n draws miss it with the probability e^-50.
    (0..<50 * (tried.count + 1)).lazy.map { draw in
      spaces.map { $0.sample(seed: run.seed, trial: trial, draw: draw) }
    }.first { !tried.contains($0) }
  }
}
