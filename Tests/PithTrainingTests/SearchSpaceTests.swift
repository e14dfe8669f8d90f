import Foundation
import PithTensor
import PithTestSupport
import PithTraining
import Testing

@Suite struct SearchSpaceTests {
  /// The greatest distance between the share of samples up to a value and `cumulative` of it: the statistic of Kolmogorov and
  /// Smirnov, which exceeds 1.63 / sqrt(n) for one in a hundred sets of `n` samples that are distributed so.
  private func distance(
    _ text: String, samples count: Int, cumulative: (Double) -> Double
  ) throws -> Double {
    let space = try SearchSpace(parsing: text)
    let samples = try (1...count).map { trial in
      try #require(Double(space.sample(seed: 7, trial: trial)))
    }
    return samples.sorted().enumerated().reduce(0.0) { greatest, sample in
      let expected = cumulative(sample.element)
      let (below, upTo) = (Double(sample.offset), Double(sample.offset + 1))
      return max(
        greatest, abs(expected - below / Double(count)), abs(upTo / Double(count) - expected))
    }
  }

  @Test func ratesAreSampledLogUniformly() throws {
    let bound = 1.63 / 4000.0.squareRoot()
    let logarithmic: (Double) -> Double = { (log10($0) + 4) / 5 }
    #expect(
      try distance("learning-rate=1e-4..10", samples: 4000, cumulative: logarithmic) < bound)
    #expect(try distance("l2=1e-4..10", samples: 4000, cumulative: logarithmic) < bound)
    #expect(
      try distance("dropout=0.1..0.6", samples: 4000) { ($0 - 0.1) / 0.5 } < bound)
    // The same samples are far from what they are not.
    #expect(try distance("dropout=0.1..0.6", samples: 4000) { log10($0 * 10) / log10(6) } > 0.1)
  }

  @Test func batchesAndChoicesHaveEqualChances() throws {
    for (text, values) in [
      ("batch=16..128", ["16", "32", "64", "128"]), ("optimizer=sgd,adam", ["sgd", "adam"]),
    ] {
      let space = try SearchSpace(parsing: text)
      let samples = (1...4000).map { space.sample(seed: 1, trial: $0) }
      for value in values {
        // Four standard deviations of a binomial count.
        let share = 1 / Double(values.count)
        let deviation = (4000 * share * (1 - share)).squareRoot()
        #expect(abs(Double(samples.count { $0 == value }) - 4000 * share) < 4 * deviation)
      }
    }
  }

  @Test func samplesFollowFromSeedTrialAndName() throws {
    let space = try SearchSpace(parsing: "l2=1e-6..1e-2")
    let other = try SearchSpace(parsing: "l1=1e-6..1e-2")
    #expect(space.sample(seed: 3, trial: 5) == space.sample(seed: 3, trial: 5))
    #expect(space.sample(seed: 3, trial: 5) != space.sample(seed: 3, trial: 6))
    #expect(space.sample(seed: 3, trial: 5) != space.sample(seed: 4, trial: 5))
    #expect(space.sample(seed: 3, trial: 5) != other.sample(seed: 3, trial: 5))
  }

  @Test(arguments: [
    ("learning-rate=1e-3..1", 4, ["0.001", "0.01", "0.1", "1.0"]),
    ("l2=1e-6..1e-2", 5, ["1e-06", "1e-05", "0.0001", "0.001", "0.01"]),
    ("l1=1e-4..1e-3", 3, ["0.0001", "0.0003162", "0.001"]),
    ("dropout=0..0.6", 3, ["0.0", "0.3", "0.6"]),
    ("momentum=0.8..0.99", 2, ["0.8", "0.99"]),
    ("batch=32..256", 2, ["32", "64", "128", "256"]),
    ("optimizer=nesterov,adamw", 7, ["nesterov", "adamw"]),
  ])
  func gridsHaveBothEndsAndEqualSteps(text: String, points: Int, values: [String]) throws {
    #expect(try SearchSpace(parsing: text).grid(points: points) == values)
  }

  @Test func spacesNarrowToTheBestValues() throws {
    func narrowed(_ text: String, _ best: [String]) throws -> SearchSpace {
      try SearchSpace(parsing: text).narrowed(to: best)
    }
    guard
      case .logarithmic(let inner) = try narrowed("l2=1e-4..1", ["0.1", "0.01", "0.05"]).values,
      case .logarithmic(let lower) = try narrowed("l2=1e-4..1", ["0.0001"]).values,
      case .linear(let linear) = try narrowed("dropout=0..0.5", ["0.2", "0.48"]).values
    else {
      Issue.record("a range became something else")
      return
    }
    #expect(abs(log10(inner.lowerBound) + 2.4) < 1e-12)
    #expect(abs(log10(inner.upperBound) + 0.6) < 1e-12)
    #expect(lower.lowerBound == 1e-4)
    #expect(abs(log10(lower.upperBound) + 3.6) < 1e-12)
    #expect(abs(linear.lowerBound - 0.15) < 1e-12 && linear.upperBound == 0.5)
    #expect(try "\(narrowed("batch=16..256", ["128", "32"]))" == "batch=32..128")
    #expect(
      try "\(narrowed("optimizer=sgd,adam,adamw", ["adamw", "sgd", "sgd"]))"
        == "optimizer=sgd,adamw")
  }

  @Test(arguments: [
    (
      "epochs=1..3",
      "'epochs=1..3' is no hyperparameter with its values; write NAME=LOWEST..HIGHEST or NAME=VALUE,VALUE; names are learning-rate, l2, l1, dropout, momentum, label-smoothing, batch, optimizer, schedule, init, augment"
    ),
    (
      "l2=0..1e-2",
      "the range 0..1e-2 of l2 is searched by orders of magnitude and must begin above 0"
    ),
    ("dropout=0.5..0.1", "the range 0.5..0.1 of dropout must rise"),
    ("dropout=a..0.1", "the range a..0.1 of dropout must be from one number to another"),
    ("l1=1..inf", "the range 1..inf of l1 must be from one number to another"),
    ("batch=16..100", "the range 16..100 of batch must be from one power of two to another"),
    (
      "optimizer=sgd..adam",
      "optimizer has no range, but 'sgd..adam' was given; list what is tried: optimizer=VALUE,VALUE"
    ),
    ("optimizer=sgd,fast", "optimizer cannot be 'fast'"),
    (
      "momentum=0.9",
      "momentum has a single value, '0.9'; leave it out of the search and give it as --momentum"
    ),
    ("l2=0,1e-4,0", "l2 has a value twice"),
    ("learning-rate=0.1,1e-1", "learning-rate has a value twice"),
    ("init=he,small,gaussian=0.01", "init has a value twice"),
  ])
  func spacesThatMakeNoSenseAreRefused(text: String, message: String) {
    #expect(pithError { try SearchSpace(parsing: text) }.map { "\($0)" } == message)
  }

  // MARK: trials

  private func options(_ texts: String..., trials: Int) throws -> SearchOptions {
    var options = SearchOptions(spaces: try texts.map { try SearchSpace(parsing: $0) })
    options.trials = trials
    return options
  }

  @Test func aRandomSearchTriesEveryCombinationOnce() throws {
    let options = try options(
      "optimizer=sgd,adam,adamw", "schedule=cosine,step", "batch=8..64", trials: 100)
    let all = options.values(of: options.spaces, after: [])
    #expect(all.count == 24 && Set(all).count == 24)
    // In two rounds: those of the first are not drawn again.
    var half = options
    half.trials = 15
    let first = half.values(of: options.spaces, after: [])
    #expect(first == Array(all[..<15]))
    #expect(half.values(of: options.spaces, after: first) == Array(all[15...]))
    #expect(half.values(of: options.spaces, after: all) == [])
    // What is drawn first is what a search draws that never repeats.
    #expect(all[0] == options.spaces.map { $0.sample(seed: 1, trial: 1) })
    let ranges = try self.options("l2=1e-6..1e-2", "momentum=0.5..0.99", trials: 50)
    #expect(
      ranges.values(of: ranges.spaces, after: [])
        == (1...50).map { trial in
          ranges.spaces.map { $0.sample(seed: 1, trial: trial) }
        })
  }

  /// Numbers have four digits.
  @Test func aRangeOfFewNumbersHasAnEnd() throws {
    let options = try options("learning-rate=0.1..0.1003", trials: 20)
    let all = options.values(of: options.spaces, after: []).map { $0[0] }
    #expect(all.sorted() == ["0.1", "0.1001", "0.1002", "0.1003"])
  }

  @Test func aGridLeavesOutWhatWasTried() throws {
    var options = try options("l2=1e-4,1e-3", "dropout=0..0.5", trials: 1)
    (options.method, options.gridPoints) = (.grid, 3)
    let first = options.values(of: options.spaces, after: [])
    #expect(first.count == 6)
    let narrowed = [options.spaces[0], options.spaces[1].narrowed(to: ["0.0", "0.25"])]
    #expect("\(narrowed[1])" == "dropout=0.0..0.3")
    #expect(
      options.values(of: narrowed, after: first) == [
        ["1e-4", "0.15"], ["1e-4", "0.3"], ["1e-3", "0.15"], ["1e-3", "0.3"],
      ])
    #expect(options.values(of: options.spaces, after: first) == [])
  }

  // MARK: options

  private func problem(_ texts: [String], _ change: (inout SearchOptions) -> Void = { _ in }) throws
    -> String?
  {
    var options = SearchOptions(spaces: try texts.map { try SearchSpace(parsing: $0) })
    change(&options)
    return pithError { try options.check() }.map { "\($0)" }
  }

  @Test func optionsThatMakeNoSenseAreRefused() throws {
    let four = ["learning-rate=1e-3..1", "l2=1e-6..1e-2", "l1=1e-6..1e-2", "momentum=0.5..0.99"]
    #expect(try problem(four) == nil)
    #expect(
      try problem(four + ["label-smoothing=0..0.2"])
        == "5 hyperparameters in one search, but at most 4 make sense: the trials needed to cover a space multiply with each, and few hyperparameters matter; search the learning rate and regularisation first, fix them, then search others"
    )
    #expect(try problem(["l2=1e-6..1e-2", "l2=0,1"]) == "l2 is searched twice")
    #expect(
      try problem(["dropout=0.1..1.5"])
        == "the dropout rate 1.5 must be at least 0 and less than 1")
    #expect(
      try problem(four) { ($0.method, $0.gridPoints) = (.grid, 11) }
        == "the grid of 11 x 11 x 11 x 11 points has more than 10000 trials; take fewer points, or search at random"
    )
    #expect(
      try problem(four) { $0.run.validation = 0 }
        == "trials are compared on validation images, but none are kept; keep a share of the images, or cut them into folds"
    )
    #expect(try problem(four) { $0.trials = 0 } == "0 trials: there must be from 1 to 10000")
    #expect(
      try problem([]) { $0.rounds = 2 } == "2 rounds, but nothing is searched that they narrow")
  }
}
