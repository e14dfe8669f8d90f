/// A range test of the learning rate: it grows from step to step, and the loss is looked at (Smith 2015, "Cyclical Learning Rates
/// for Training Neural Networks", section 3.3).
public struct RateRange: Sendable, Hashable {
  public struct Point: Sendable, Hashable {
    public let rate: Double
    /// Averaged over about the last three steps.
    public let loss: Double

    package init(rate: Double, loss: Double) { (self.rate, self.loss) = (rate, loss) }
  }

  /// From a ten-thousandth of the run's rate to a thousand times as much.
  static let (steps, decades) = (70, 7.0)
  /// The first points, at whose rates next to nothing is learned: how they differ is the noise of batches.
  private static let firstPoints = 10
  /// As many points are a rise that lasts.
  private static let lastingPoints = 3

  /// In the order of rising rates; the test ends early when the loss ``isLost``, or the time is over.
  public let points: [Point]

  package init(points: [Point]) { self.points = points }

  /// The rate at which the loss falls fastest, over five steps, before it rises; nil: nowhere.
  public var steepest: Double? {
    let falling = points.prefix { $0.rate < limit ?? .infinity }
    let slopes = zip(falling, falling.dropFirst(5)).enumerated().map { index, pair in
      (fall: pair.0.loss - pair.1.loss, rate: falling[index + 2].rate)
    }
    guard let best = slopes.max(by: { $0.fall < $1.fall }), best.fall > 0 else { return nil }
    return best.rate
  }

  /// The rate from which on the loss stays above the least before by half and by twice the noise of batches; nil: nowhere.
  ///
  /// A rise that ends the test is lasting however short it is.
  public var limit: Double? {
    var least = Double.infinity
    for (index, point) in points.enumerated() {
      let bound = max(1.5 * least, least + 2 * noise)
      let rest = points[index...]
      if rest.allSatisfy({ !($0.loss <= bound) }), rest.count >= Self.lastingPoints || isLost {
        return point.rate
      }
      least = min(least, point.loss)
    }
    return nil
  }

  /// The highest rate that was tried, when there was no time for all of them; nil: there was.
  public var highestTried: Double? {
    points.count < Self.steps && !isLost ? points.last?.rate : nil
  }

  /// Whether the last loss is not finite, or above four times the middle one of the first points.
  var isLost: Bool {
    guard let last = points.last else { return false }
    return !last.loss.isFinite || points.count > Self.firstPoints && last.loss > 4 * middle
  }

  /// The losses of the first points in their order of size.
  private var first: [Double] { points.prefix(Self.firstPoints).map(\.loss).sorted() }

  /// The middle one of the first losses: rates at which they rise at once do not change it much.
  private var middle: Double { first.isEmpty ? .nan : first[first.count / 2] }

  /// How far apart the first losses are, but no further than the middle one of them is from 0.
  private var noise: Double {
    guard let least = first.first, let greatest = first.last else { return 0 }
    return min(greatest - least, middle)
  }
}
