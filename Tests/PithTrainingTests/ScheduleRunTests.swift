import Foundation
import PithGraph
import PithTestSupport
import PithTraining
import Testing

/// The learning rates of whole runs, against the formulas of the schedules.
@Suite struct ScheduleRunTests {
  let images: TemporaryFolder

  /// 33 training images, of which 32 make four steps of 8.
  init() throws {
    images = try TemporaryFolder()
    try images.writeColors()
  }

  private static let stepsPerEpoch = 4
  private static let network =
    "input image: [3, 8, 8]\nglobal_average_pool\nflatten\nfully_connected outputs: 3"

  private func options(_ change: (inout RunOptions) -> Void) -> RunOptions {
    var options = TestImages.options
    (options.augmentation, options.epochs, options.learningRate) = (.none, 6, 0.05)
    change(&options)
    return options
  }

  /// The rate of each step, and what the log says of each epoch in a column.
  private func rates(_ run: TrainingRun) throws -> [Double] {
    var rates: [Double] = []
    let outcome = try run.run {
      if case .step(let report, _, _, _) = $0 { rates.append(report.learningRate) }
    }
    #expect(outcome == .finished)
    return rates
  }

  private func logged(_ column: String, _ folder: String = "run") throws -> [Double] {
    let rows = try images.text("\(folder)/log.csv").split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let place = try #require(rows[0].firstIndex { $0 == column })
    return try rows.dropFirst().map { try #require(Double($0[place])) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let schedule: RunOptions.ScheduleName
    var warmUp = 0.0
    /// Over the highest rate, of a step of 24, from 0.
    let share: @Sendable (Double) -> Double

    var testDescription: String { "\(schedule), \(warmUp)" }
  }

  private static func wave(_ from: Double, _ to: Double, _ share: Double) -> Double {
    to + (from - to) / 2 * (1 + cos(Double.pi * share))
  }

  /// Rises from 1/25 to 1 until step 0.3 * 24 - 1 = 6.2, and falls to 1/250,000 until step 23.
  private static func oneCycle(_ step: Double) -> Double {
    step <= 6.2 ? wave(0.04, 1, step / 6.2) : wave(1, 4e-6, (step - 6.2) / 16.8)
  }

  static let cases = [
    Case(schedule: .constant) { _ in 1 },
    Case(schedule: .step) { $0 < 12 ? 1 : $0 < 18 ? 0.1 : 0.01 },
    Case(schedule: .cosine) { (1 + cos(Double.pi * $0 / 24)) / 2 },
    Case(schedule: .oneCycle) { oneCycle($0) },
    // An epoch and a half is 6 steps.
    Case(schedule: .constant, warmUp: 1.5) { min(1, ($0 + 1) / 6) },
    Case(schedule: .step, warmUp: 1.5) {
      $0 < 6 ? ($0 + 1) / 6 : $0 < 12 ? 1 : $0 < 18 ? 0.1 : 0.01
    },
    Case(schedule: .cosine, warmUp: 1.5) {
      $0 < 6 ? ($0 + 1) / 6 : (1 + cos(Double.pi * ($0 - 6) / 18)) / 2
    },
  ]

  @Test(arguments: cases)
  func ratesAreThoseOfTheFormula(test: Case) throws {
    let run = try images.run(
      network: Self.network,
      options: options { ($0.schedule, $0.warmUp) = (test.schedule, test.warmUp) })
    let rates = try rates(run)
    #expect(rates.count == 6 * Self.stepsPerEpoch)
    for (step, rate) in rates.enumerated() {
      #expect(abs(rate - 0.05 * test.share(Double(step))) < 1e-12, "step \(step)")
    }
    // The log has the rate of each epoch's last step.
    let last = (1...6).map { rates[Self.stepsPerEpoch * $0 - 1] }
    #expect(try logged("learning_rate") == last)
  }

  // MARK: plateaus

  /// At this rate the loss stands: the first epoch is the best, and after six more the rate falls to a tenth.
  @Test func theRateFallsAfterSixEpochsWithoutABetterOne() throws {
    let run = try images.run(
      network: Self.network,
      options: options { ($0.schedule, $0.learningRate, $0.epochs) = (.plateau, 1e-9, 15) })
    let expected = (1...15).map { $0 <= 7 ? 1e-9 : $0 <= 13 ? 1e-10 : 1e-11 }
    let rates = try rates(run)
    for (step, rate) in rates.enumerated() {
      #expect(abs(rate / expected[step / Self.stepsPerEpoch] - 1) < 1e-12)
    }
    #expect(
      try zip(logged("learning_rate"), expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
  }

  /// Images that have nothing in common with their labels: what is learned of them makes the loss of others rise.
  private func writeNoise() throws {
    for name in ["blue", "green", "red"] {
      for index in 0..<12 {
        let pixels = formulaNumbers("noise \(name) \(index)", count: 192).map {
          UInt8(128 + 120 * $0)
        }
        try images.write(
          PNGFile.bytes(rgb: pixels, height: 8, width: 8), to: "data/\(name)/\(index).png")
      }
    }
  }

  private var plateauOptions: RunOptions {
    options { ($0.schedule, $0.epochs, $0.validation, $0.l2) = (.plateau, 24, 0.3, 0) }
  }

  /// PyTorch's ReduceLROnPlateau, written anew: a loss below the best by a ten-thousandth is better; after more than five
  /// epochs in a row without such a one the rate falls to a tenth, and the count begins again.
  private func plateauRates(_ losses: [Double]) -> [Double] {
    var (rate, best, bad) = (0.05, Double.infinity, 0)
    return losses.map { loss in
      let now = rate
      bad = loss < best * 0.9999 ? 0 : bad + 1
      if bad == 0 { best = loss }
      if bad == 6 { (rate, bad) = (rate / 10, 0) }
      return now
    }
  }

  private static let deeper = "input image: [3, 8, 8]\nflatten\nfully_connected outputs: 3"

  @Test func plateausFollowTheValidationLossAndAreResumedBitForBit() throws {
    try writeNoise()
    let whole = try images.run("whole", network: Self.deeper, options: plateauOptions)
    _ = try whole.run()
    let rates = try logged("learning_rate", "whole")
    let expected = try plateauRates(logged("validation_loss", "whole"))
    #expect(zip(rates, expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 }, "\(rates) \(expected)")
    let drop = try #require(rates.firstIndex { $0 < 0.04 }, "the rate never falls")
    #expect(drop < 20)
    // Stopped in the epochs after: in the midst of one, when some have been waited.
    let steps = whole.trainer.stepCount / 24
    for stop in [drop * steps, (drop + 2) * steps + 1] {
      let folder = "parts \(stop)"
      var done = 0
      let first = try images.run(folder, network: Self.deeper, options: plateauOptions)
      let outcome = try first.run(
        observer: { if case .step = $0 { done += 1 } }, isStopped: { done == stop })
      #expect(outcome == .stopped)
      let checkpoint = try TrainingCheckpoint(contentsOf: images.path(folder), takesLast: true)
      #expect(abs(try #require(checkpoint.state().numbers["plateau.factor"]) - 0.1) < 1e-12)
      let second = try TrainingRun(
        resuming: checkpoint, data: images.data(), folder: images.path(folder), threads: 1)
      #expect(try second.run() == .finished)
      #expect(try images.bytes("\(folder)/last.pith") == images.bytes("whole/last.pith"))
      #expect(try images.bytes("\(folder)/best.pith") == images.bytes("whole/best.pith"))
      #expect(try logged("learning_rate", folder) == rates)
    }
  }
}
