import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// Optimisers, schedules and regularisers against PyTorch (`tools/fixtures/training_steps.py`), and by their definitions.
@Suite struct OptimizerTests {
  private static let count = 40

  @Test(arguments: [
    (Optimizer.sgd, "sgd"), (.momentum(0.9), "momentum"),
    (.momentum(0.7, nesterov: true), "nesterov"), (.rmsProp(), "rmsprop"),
    (.rmsProp(decay: 0.9, epsilon: 1e-6), "rmsprop.slow"), (.adam(), "adam"),
    (.adam(beta1: 0.8, beta2: 0.9, epsilon: 1e-3), "adam.slow"), (.adamW(), "adamw"),
  ])
  func stepsArePyTorchs(optimizer: Optimizer, name: String) throws {
    let numbers = formulaNumbers("steps", count: 21 * Self.count).map { Float($0) }
    var weights = Array(numbers[..<Self.count])
    var slots = optimizer.slots.map { _ in [Float](repeating: 0, count: Self.count) }
    for number in 1...20 {
      var step = OptimizerStep(optimizer, rate: 0.05, number: number)
      step.l2 = 0.02
      step.apply(
        to: &weights, gradients: Array(numbers[(number * Self.count)...].prefix(Self.count)),
        slots: &slots)
    }
    #expect(distance(weights, try TrainingSteps.values(name)) < 2e-6)
  }

  @Test func softThresholdingIsTheProximalStep() {
    // Brute force: the v that makes (v - w)^2 / 2 + t |v| least, on a fine grid.
    for weight in stride(from: -1.5, through: 1.5, by: 0.1875) {
      for threshold in [0.0, 0.25, 0.5] {
        let grid = (-3200...3200).map { Double($0) / 1600 }
        let best = grid.min {
          func value(_ v: Double) -> Double { (v - weight) * (v - weight) / 2 + threshold * abs(v) }
          return value($0) < value($1)
        }
        let found = Regularization.softThreshold(Float(weight), Float(threshold))
        #expect(abs(Double(found) - (best ?? .nan)) < 1e-3)
        if abs(weight) <= threshold { #expect(found == 0) }
      }
    }
    #expect(Regularization.softThreshold(.nan, 0.1).isNaN)
  }

  @Test(arguments: [
    (LearningRate(0.4), "constant"),
    (LearningRate(0.4, .step(every: 7, factor: 0.3)), "step"),
    (LearningRate(0.4, .milestones([5, 20, 21], factor: 0.5)), "milestones"),
    (LearningRate(0.4, .cosine(low: 0.1)), "cosine"),
    (LearningRate(0.4, .oneCycle()), "one_cycle"),
    (LearningRate(0.4, .oneCycle(rise: 0.45, start: 0.1, end: 0.001)), "one_cycle.other"),
    (LearningRate(0.4, .cosine(), warmUp: 10), "warm_up"),
  ])
  func schedulesArePyTorchs(rate: LearningRate, name: String) throws {
    let rates = (0..<40).map { Float(rate.rate(step: $0, of: 40)) }
    #expect(distance(rates, try TrainingSteps.values(name)) < 1e-7)
  }

  @Test func plateausArePyTorchs() throws {
    let schedule = LearningRate(0.4, .onPlateau(factor: 0.5, patience: 2, threshold: 0.01))
    var plateau = Plateau()
    let rates = (0..<60).map { step -> Float in
      let wave = abs(sine(Double(step))) / Double(1 + step / 9)
      plateau.record(1 + wave, schedule.schedule)
      return Float(schedule.rate(step: step, of: 60, plateau: plateau))
    }
    #expect(distance(rates, try TrainingSteps.values("plateau")) < 1e-7)
    #expect(Set(rates).count > 3)
  }

  @Test func warmUpIsFollowedByTheWholeSchedule() {
    let rate = LearningRate(1, .step(every: 2, factor: 0.5), warmUp: 4)
    #expect(
      (0..<9).map { rate.rate(step: $0, of: 9) } == [0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5, 0.25])
  }
}
