package import PithGraph
import PithTensor
import PithThreads

/// Holds analytic gradients to centred differences, in double precision.
///
/// The numeric derivative is `(f(x + h) - f(x - h)) / 2h`. Where a ReLU, a max pool or a hinge changes sides between the
/// two, or the two one-sided differences disagree, the function has a kink: the derivative there is not compared, but counted.
package struct GradientCheck: Sendable {
  /// The function whose gradient is checked.
  package enum Objective: Sendable, Hashable {
    /// A fixed random sum of all outputs, of any shape: it sees every part of a layer's gradient.
    case projection
    /// The mean loss of random labels.
    case loss(Loss)
  }

  /// The step `h`, times the size of the coordinate where that is above 1.
  package var step = 1e-5
  /// Derivatives smaller than this share of the greatest one, or than 1e-9, are held to it: their own rounding would count
  /// otherwise.
  package var floor = 1e-4
  /// The most coordinates of a tensor that are checked; a random choice of them when there are more.
  package var coordinates = 24
  /// One-sided differences further apart than this share of the greater show a kink.
  package var disagreement = 0.01
  package var images = 3
  package var seed: UInt64 = 1
  /// Whether batch norm uses the batch's statistics and dropout drops.
  package var isTraining = true
  /// How layers are computed; nil: as by every training in double precision.
  package var arithmetic: (@Sendable (TrainingOperation) -> LayerImplementation<Double>)?

  package init() {}

  /// Checks the gradient by every parameter and every input of a network.
  ///
  /// Inputs and parameters are random numbers, so that no derivative is zero by chance.
  /// - Throws: ``PithError`` when the network cannot be trained.
  package func check(
    _ graph: Graph, _ objective: Objective = .projection, regularization: Regularization = .none,
    threads: Int? = nil
  ) throws -> GradientReport {
    let plan = try TrainingPlan<Double>(
      graph, batch: images, inputGradients: true, arithmetic: arithmetic)
    let session = TrainingSession(
      plan, pool: ThreadPool(threads: threads ?? ThreadCount.available))
    var probe = GradientProbe(
      session, images: images, seed: seed, isTraining: isTraining, objective: objective,
      regularization: regularization)
    let analytic = probe.analyticGradients()
    let greatest = analytic.reduce(0) { $1.values.reduce($0) { max($0, abs($1)) } }
    var random = SeededRandom(seed: seed)
    return GradientReport(
      tensors: analytic.map { tensor in
        compare(
          tensor, positions: chosen(tensor.values.count, &random),
          floor: max(floor * greatest, 1e-9), &probe)
      })
  }

  /// Which coordinates of a tensor are checked.
  private func chosen(_ count: Int, _ random: inout SeededRandom) -> [Int] {
    guard count > coordinates else { return Array(0..<count) }
    return (0..<count).shuffled(using: &random).prefix(coordinates).sorted()
  }

  private func compare(
    _ tensor: GradientProbe.Tensor, positions: [Int], floor: Double, _ probe: inout GradientProbe
  ) -> GradientReport.TensorResult {
    let here = probe.evaluate()
    var (worst, kinks) = (GradientReport.Coordinate?.none, 0)
    for position in positions {
      let address = tensor.start + position
      let value = address.pointee
      let h = step * max(1, abs(value))
      address.pointee = value + h
      let above = probe.evaluate()
      let up = address.pointee - value
      address.pointee = value - h
      let below = probe.evaluate()
      let down = value - address.pointee
      address.pointee = value
      let (rise, fall) = (above.difference(from: here) / up, here.difference(from: below) / down)
      let apart = abs(rise - fall) > disagreement * max(abs(rise), abs(fall), floor)
      guard above.activeSet == here.activeSet, below.activeSet == here.activeSet, !apart else {
        kinks += 1
        continue
      }
      let numeric = above.difference(from: below) / (up + down)
      let analytic = tensor.values[position]
      let size = max(abs(analytic), abs(numeric), floor)
      let error = abs(analytic - numeric) / size
      let coordinate = GradientReport.Coordinate(
        position: position, analytic: analytic, numeric: numeric,
        error: error.isNaN ? .infinity : error)
      if worst.map({ $0.error < coordinate.error }) ?? true { worst = coordinate }
    }
    return GradientReport.TensorResult(
      name: tensor.name, checked: positions.count - kinks, kinks: kinks, worst: worst)
  }
}
