import PithGraph
public import PithTensor

extension Trainer {
  /// How large signals and gradients are at each layer for some images, as in a step that changes nothing.
  ///
  /// - Parameters:
  ///   - images: `[n, channels, height, width]`; at most ``TrainingOptions/imagesPerPass`` of them are used, and no more than
  ///     the values of every layer have room for in the memory of a step.
  ///   - labels: the class of each image, from 0.
  /// - Returns: the layers in order, without those that only rename values.
  /// - Throws: ``PithError`` when images or labels do not fit the network.
  public func layerStatistics(_ images: Tensor, _ labels: [Int]) throws -> [LayerStatistics] {
    try check(images, labels)
    try check(images.values.count, labels)
    let size = images.values.count / labels.count
    let observing = try observingPlan(images: min(labels.count, options.imagesPerPass))
    let count = observing.batch
    try checkStatistics(images: count)
    session.rest()
    let observed = TrainingSession(observing, inMemoryOf: session)
    // Batch norms are to follow these images only while they are looked at.
    let fixed = session.parameters.start + plan.trainedCount
    let before = Array(
      UnsafeBufferPointer(start: fixed, count: plan.parameterCount - plan.trainedCount))
    defer { fixed.update(from: before, count: before.count) }
    var values: [String: Summary] = [:]
    var gradients: [String: Summary] = [:]
    images.values.withUnsafeBufferPointer { pixels in
      runPass(
        observed, UnsafeBufferPointer(rebasing: pixels[..<(count * size)]), Array(labels[..<count]),
        forwards: { values[$0] = self.summary(of: $0, $1, images: count) },
        backwards: { gradients[$0] = self.summary(of: $0, $1, images: count) })
    }
    return plan.graph.layers.compactMap { layer in
      guard let value = values[layer.layer.name], let gradient = gradients[layer.layer.name] else {
        return nil
      }
      let operation = layer.layer.operation
      return LayerStatistics(
        layer: layer.layer.name, operation: operation.name, values: value.moments,
        gradient: gradient.moments, dead: operation.canDie ? value.dead : nil,
        saturated: operation.saturation.map { value.share(near: $0) })
    }
  }

  /// A plan in which the values of every layer exist, for as many images as the memory of a step holds, but for two at least.
  private func observingPlan(images: Int) throws -> TrainingPlan<Float> {
    var count = images
    while true {
      let observing = try TrainingPlan<Float>(plan.graph.graph, batch: count, fuses: false)
      guard observing.memoryCount > plan.memoryCount, count > 2 else { return observing }
      count = max(2, count * plan.memoryCount / observing.memoryCount)
    }
  }

  /// A pass forwards and backwards over all given images.
  private func runPass(
    _ session: TrainingSession<Float>, _ images: UnsafeBufferPointer<Float>, _ labels: [Int],
    forwards: @escaping TrainingSession<Float>.Observer,
    backwards: @escaping TrainingSession<Float>.Observer
  ) {
    guard let address = images.baseAddress else { return }
    let pass = TrainingPass(isTraining: true, seed: options.seed, step: stepCount)
    let logits = session.forward(
      [address], images: labels.count, pass: pass, observer: forwards)
    for (image, label) in labels.enumerated() {
      _ = options.loss.evaluate(
        logits + image * classes, label: label, classes: classes, scale: 1 / Double(labels.count),
        gradient: session.resultGradient + image * classes)
    }
    session.backward([address], images: labels.count, pass: pass, observer: backwards)
  }

  /// What is to be known of the values of a layer.
  private struct Summary {
    let moments: LayerStatistics.Moments
    /// The share of channels that are 0 everywhere.
    let dead: Double
    private let nearZero, nearOne, nearMinusOne: Double

    init(_ values: UnsafeBufferPointer<Float>, images: Int, channels: Int) {
      let inner = values.count / (images * channels)
      var (sum, squares) = (0.0, 0.0)
      var (zero, one, minusOne) = (0, 0, 0)
      var isAlive = [Bool](repeating: false, count: channels)
      for value in values {
        sum += Double(value)
        if abs(value) < 0.01 { zero += 1 }
        if abs(value - 1) < 0.01 { one += 1 }
        if abs(value + 1) < 0.01 { minusOne += 1 }
      }
      let count = Double(values.count)
      let mean = sum / count
      for (index, value) in values.enumerated() {
        squares += (Double(value) - mean) * (Double(value) - mean)
        if value != 0 { isAlive[index / inner % channels] = true }
      }
      moments = LayerStatistics.Moments(
        mean: mean, standardDeviation: (squares / count).squareRoot())
      dead = Double(isAlive.count { !$0 }) / Double(channels)
      (nearZero, nearOne, nearMinusOne) = (
        Double(zero) / count, Double(one) / count, Double(minusOne) / count
      )
    }

    func share(near ends: Saturation) -> Double {
      switch ends {
      case .zeroAndOne: nearZero + nearOne
      case .minusOneAndOne: nearMinusOne + nearOne
      }
    }
  }

  private func summary(of layer: String, _ values: UnsafePointer<Float>, images: Int) -> Summary {
    let shape = plan.graph.shapes[layer] ?? []
    return Summary(
      UnsafeBufferPointer(start: values, count: shape.count * images), images: images,
      channels: shape.rank > 0 ? shape[0] : 1)
  }
}

/// The ends of a function that bends flat.
private enum Saturation {
  case zeroAndOne
  case minusOneAndOne
}

extension Operation {
  /// Whether its units can be 0 for all images, and then learn nothing.
  fileprivate var canDie: Bool {
    switch self {
    case .relu: true
    case .clip(let clip): clip.minimum == 0
    default: false
    }
  }

  fileprivate var saturation: Saturation? {
    switch self {
    case .sigmoid, .hardSigmoid: .zeroAndOne
    case .tanh: .minusOneAndOne
    default: nil
    }
  }
}
