import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// Optimisers, schedules and regularisers against PyTorch, and by their definitions.
@Suite struct OptimizerTests {
  /// Every optimiser with the arguments that make PyTorch's the same.
  static let cases: [(Optimizer, String)] = [
    (.sgd, "torch.optim.SGD([p], lr=0.05, weight_decay=0.02)"),
    (.momentum(0.9), "torch.optim.SGD([p], lr=0.05, momentum=0.9, weight_decay=0.02)"),
    (
      .momentum(0.7, nesterov: true),
      "torch.optim.SGD([p], lr=0.05, momentum=0.7, nesterov=True, weight_decay=0.02)"
    ),
    (
      .rmsProp(decay: 0.9, epsilon: 1e-6),
      "torch.optim.RMSprop([p], lr=0.05, alpha=0.9, eps=1e-6, weight_decay=0.02)"
    ),
    (.adam(), "torch.optim.Adam([p], lr=0.05, weight_decay=0.02)"),
    (
      .adam(beta1: 0.8, beta2: 0.9, epsilon: 1e-3),
      "torch.optim.Adam([p], lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.02)"
    ),
    (.adamW(), "torch.optim.AdamW([p], lr=0.05, weight_decay=0.02)"),
  ]

  private static let script = """
    import sys, numpy, torch
    numbers = numpy.random.default_rng(3).standard_normal((21, 40)).astype('float32')
    results = {'numbers': numbers}
    for index, make in enumerate(sys.argv[2:]):
        p = torch.nn.Parameter(torch.from_numpy(numbers[0].copy()))
        optimizer = eval(make)
        for gradient in numbers[1:]:
            p.grad = torch.from_numpy(gradient.copy())
            optimizer.step()
        results[str(index)] = p.detach().numpy()
    numpy.savez(sys.argv[1], **results)
    """

  @Test(.needsPython("numpy", "torch"))
  func stepsArePyTorchs() throws {
    let expected = try Python.arrays(Self.script, Self.cases.map(\.1))
    let numbers = try #require(expected["numbers"]).values
    for (index, (optimizer, text)) in Self.cases.enumerated() {
      var weights = Array(numbers[..<40])
      var slots = optimizer.slots.map { _ in [Float](repeating: 0, count: 40) }
      for number in 1...20 {
        var step = OptimizerStep(optimizer, rate: 0.05, number: number)
        step.l2 = 0.02
        step.apply(
          to: &weights, gradients: Array(numbers[(number * 40)..<(number * 40 + 40)]),
          slots: &slots)
      }
      let other = try #require(expected["\(index)"]).values
      #expect(distance(weights, other) < 2e-6, "\(text)")
    }
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

  private static let scheduleScript = """
    import sys, warnings, numpy, torch
    warnings.simplefilter('ignore')
    S = torch.optim.lr_scheduler
    results = {}
    for index, make in enumerate(sys.argv[2:]):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
        schedule = eval(make)
        rates = []
        for step in range(40):
            rates.append(optimizer.param_groups[0]['lr'])
            optimizer.step()
            schedule.step()
        results[str(index)] = numpy.array(rates, 'float64')
    losses = 1 + numpy.abs(numpy.sin(numpy.arange(60))) / (1 + numpy.arange(60) // 9)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule = S.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=0.01)
    rates = []
    for loss in losses:
        schedule.step(loss)
        rates.append(optimizer.param_groups[0]['lr'])
    results['plateau'] = numpy.array(rates)
    numpy.savez(sys.argv[1], **results)
    """

  static let schedules: [(LearningRate, String)] = [
    (LearningRate(0.4), "S.ConstantLR(optimizer, factor=1)"),
    (LearningRate(0.4, .step(every: 7, factor: 0.3)), "S.StepLR(optimizer, 7, 0.3)"),
    (
      LearningRate(0.4, .milestones([5, 20, 21], factor: 0.5)),
      "S.MultiStepLR(optimizer, [5, 20, 21], 0.5)"
    ),
    (LearningRate(0.4, .cosine(low: 0.1)), "S.CosineAnnealingLR(optimizer, 40, eta_min=0.04)"),
    (LearningRate(0.4, .oneCycle()), "S.OneCycleLR(optimizer, 0.4, total_steps=40)"),
    (
      LearningRate(0.4, .oneCycle(rise: 0.45, start: 0.1, end: 0.001)),
      "S.OneCycleLR(optimizer, 0.4, total_steps=40, pct_start=0.45, div_factor=10, final_div_factor=100)"
    ),
    (
      LearningRate(0.4, .cosine(), warmUp: 10),
      """
      S.SequentialLR(optimizer, [S.LambdaLR(optimizer, lambda t: (t + 1) / 10), \
      S.CosineAnnealingLR(optimizer, 30)], [10])
      """
    ),
  ]

  @Test(.needsPython("numpy", "torch"))
  func schedulesArePyTorchs() throws {
    let expected = try Python.arrays(
      Self.scheduleScript, Self.schedules.map(\.1))
    for (index, (rate, text)) in Self.schedules.enumerated() {
      let rates = (0..<40).map { Float(rate.rate(step: $0, of: 40)) }
      let other = try #require(expected["\(index)"]).values
      #expect(distance(rates, other) < 1e-7, "\(text): \(rates) \(other)")
    }
    let schedule = LearningRate(0.4, .onPlateau(factor: 0.5, patience: 2, threshold: 0.01))
    var plateau = Plateau()
    let rates = (0..<60).map { step -> Float in
      let wave = abs(sine(Double(step))) / Double(1 + step / 9)
      plateau.record(1 + wave, schedule.schedule)
      return Float(schedule.rate(step: step, of: 60, plateau: plateau))
    }
    #expect(distance(rates, try #require(expected["plateau"]).values) < 1e-7)
    #expect(Set(rates).count > 3)
  }

  @Test func warmUpIsFollowedByTheWholeSchedule() {
    let rate = LearningRate(1, .step(every: 2, factor: 0.5), warmUp: 4)
    #expect(
      (0..<9).map { rate.rate(step: $0, of: 9) } == [0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5, 0.25])
  }
}
