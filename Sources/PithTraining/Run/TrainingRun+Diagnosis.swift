/// What the checks before a run say about what they have found. Every limit is in `Training.md`.
extension TrainingRun {
  static func diagnose(
    initial: StepReport, guessing: Double, _ options: RunOptions, isFresh: Bool
  ) -> [Diagnosis] {
    var found: [Diagnosis] = []
    if isFresh, !(0.5 * guessing...2 * guessing ~= initial.loss) {
      // No size of random weights makes it less; a loss that is no number is one of weights that are too large.
      let reason =
        initial.loss < guessing
        ? "it knows the labels before it has learned anything; look for weights that are not random, and for labels that show in the images"
        : "the first weights are too large (--init)"
      found.append(
        Diagnosis(
          .initialLoss,
          "the loss at the start is \(TrainingWatch.short(initial.loss)), but a network that only guesses has \(TrainingWatch.short(guessing)): \(reason)"
        ))
    }
    let regularizes = options.l1 > 0 || options.l2 > 0 && options.optimizer != .adamw
    if regularizes, initial.penalty <= 0 {
      found.append(
        Diagnosis(
          .missingPenalty,
          "regularisation adds nothing to the loss at the start: all weights are zero (--init)"))
    }
    return found
  }

  static func diagnose(equalWeights equal: [String]) -> [Diagnosis] {
    guard let first = equal.first else { return [] }
    return [
      Diagnosis(
        .equalWeights,
        "all weights of '\(first)'\(equal.count > 1 ? " and \(equal.count - 1) more tensors" : "") are equal, so all units of the layer learn the same: start from random weights (--init)"
      )
    ]
  }

  /// How much larger gradients may be in any layer than in the last.
  private static let greatestGrowth = 1000.0

  /// Looks for signals that vanish, explode, are dead or saturated.
  ///
  /// - Parameter last: the layers whose values no weights are applied to: however small they are, nothing is lost.
  static func diagnose(_ layers: [LayerStatistics], last: Set<String>) -> [Diagnosis] {
    var found: [Diagnosis] = []
    if let layer = layers.first(where: {
      $0.values.standardDeviation < 1e-4 && !last.contains($0.layer)
        || $0.gradient.standardDeviation < 1e-12
    }) {
      found.append(
        Diagnosis(
          .vanishingSignals,
          "signals vanish in layer '\(layer.layer)': its values have the standard deviation \(TrainingWatch.short(layer.values.standardDeviation)), its gradients \(TrainingWatch.short(layer.gradient.standardDeviation)); choose larger first weights (--init) or batch norms"
        ))
    }
    if let layer = layers.first(where: { !($0.values.standardDeviation <= 1e4) }) {
      found.append(
        Diagnosis(
          .explodingSignals,
          "signals explode in layer '\(layer.layer)': its values have the standard deviation \(TrainingWatch.short(layer.values.standardDeviation)); choose smaller first weights (--init) or batch norms"
        ))
    }
    if let last = layers.last, last.gradient.standardDeviation > 0,
      let layer = layers.first(where: {
        !($0.gradient.standardDeviation <= greatestGrowth * last.gradient.standardDeviation)
      })
    {
      let (far, near) = (layer.gradient.standardDeviation, last.gradient.standardDeviation)
      found.append(
        Diagnosis(
          .explodingGradients,
          "gradients explode on their way back: their standard deviation is \(TrainingWatch.short(near)) in the last layer '\(last.layer)' but \(TrainingWatch.short(far / near)) times that in '\(layer.layer)'; choose smaller first weights (--init) or batch norms, or clip gradients (--clip)"
        ))
    }
    if let layer = layers.first(where: { ($0.dead ?? 0) > 0.5 }), let dead = layer.dead {
      found.append(
        Diagnosis(
          .deadUnits,
          "\(TrainingWatch.percent(dead)) of the units of '\(layer.layer)' are 0 for every image and learn nothing: choose other first weights (--init)"
        ))
    }
    if let layer = layers.first(where: { ($0.saturated ?? 0) > 0.5 }), let share = layer.saturated {
      found.append(
        Diagnosis(
          .saturatedUnits,
          "\(TrainingWatch.percent(share)) of the values of '\(layer.layer)' are at the flat ends of \(layer.operation) and learn next to nothing: choose smaller first weights (--init)"
        ))
    }
    return found
  }

  static func diagnose(_ handful: StartReport.Handful, guessing: Double) -> [Diagnosis] {
    guard handful.isConclusive, !handful.succeeds(guessing: guessing) else { return [] }
    return [
      Diagnosis(
        .cannotOverfit,
        "\(handful.images) images cannot be learned by heart: after \(handful.steps) steps \(handful.correct) are right and the loss is \(TrainingWatch.short(handful.loss)); look for wrong labels, or a network that is too small or has a fault"
      )
    ]
  }

  package static func diagnose(_ range: RateRange, rate: Double) -> [Diagnosis] {
    let short = TrainingWatch.short
    if let limit = range.limit, rate > limit {
      return [
        Diagnosis(
          .rateAboveRange,
          "the learning rate \(short(rate)) is too large: in the range test the loss rises from \(short(limit)) on; try \(short(limit / 3))"
        )
      ]
    }
    if let steepest = range.steepest, rate < steepest / 20 {
      return [
        Diagnosis(
          .rateBelowRange,
          "the learning rate \(short(rate)) is too small: in the range test the loss falls fastest at \(short(steepest)); try \(short(steepest / 3))"
        )
      ]
    }
    if let highest = range.highestTried {
      return [
        Diagnosis(
          .rangeUnfinished,
          "the range test had no time for learning rates above \(short(highest)): \(rate > highest ? "whether \(short(rate)) suits is not known" : "whether higher ones suit is not known")"
        )
      ]
    }
    return []
  }
}
