/// What the checks before a run have found.
public struct StartReport: Sendable {
  /// How a handful of images was learned by heart.
  public struct Handful: Sendable, Hashable {
    public let images: Int
    public let steps: Int
    /// Of the last step, without regularisation.
    public let loss: Double
    /// Images that the last step found right.
    public let correct: Int
    /// False when there was no time to find out.
    public let isConclusive: Bool

    /// Whether all images are right, or the loss is less than a tenth of guessing.
    func succeeds(guessing: Double) -> Bool { correct == images || loss < 0.1 * guessing }
  }

  /// The mean loss of the first batch without regularisation, and what regularisation adds.
  public let initialLoss: Double
  public let penalty: Double
  /// The loss of a network that finds all classes equally likely: `ln(classes)`, or for the hinge loss `classes - 1`.
  public let guessingLoss: Double
  public let handful: Handful
  public let range: RateRange
  /// The sizes of signals and gradients before the first step.
  public let layers: [LayerStatistics]
  public let diagnoses: [Diagnosis]
}

/// A range test of the learning rate: it grows from step to step, and the loss is looked at (Smith 2015, "Cyclical Learning Rates
/// for Training Neural Networks", section 3.3).
public struct RateRange: Sendable, Hashable {
  public struct Point: Sendable, Hashable {
    public let rate: Double
    /// Averaged over about the last three steps.
    public let loss: Double
  }

  /// In the order of rising rates; the test ends early when the loss is four times the first.
  public let points: [Point]

  /// The rate at which the loss falls fastest, over five steps, before it rises; nil: nowhere.
  public var steepest: Double? {
    let falling = points.prefix { $0.rate < limit ?? .infinity }
    let slopes = zip(falling, falling.dropFirst(5)).enumerated().map { index, pair in
      (fall: pair.0.loss - pair.1.loss, rate: falling[index + 2].rate)
    }
    guard let best = slopes.max(by: { $0.fall < $1.fall }), best.fall > 0 else { return nil }
    return best.rate
  }

  /// The rate from which the loss is half as high again as the least; nil: nowhere.
  public var limit: Double? {
    var least = Double.infinity
    for point in points {
      if !(point.loss <= 1.5 * least) { return point.rate }
      least = min(least, point.loss)
    }
    return nil
  }
}
