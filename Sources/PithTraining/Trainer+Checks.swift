import PithGraph
import PithTensor

extension Trainer {
  /// What every call's images and labels owe the network.
  func check(_ images: Tensor, _ labels: [Int]) throws {
    let input = plan.graph.graph.inputs[0].shape
    guard images.shape.dimensions == [labels.count] + input.dimensions else {
      throw PithError(
        .shapeMismatch,
        "the images have shape \(images.shape) but \(labels.count) labels and the network's input need shape \(([labels.count] + input.dimensions).map(String.init).joined(separator: "x"))"
      )
    }
  }

  func check(_ values: Int, _ labels: [Int]) throws {
    let size = plan.graph.graph.inputs[0].shape.count
    guard !labels.isEmpty else {
      throw PithError(.invalidArgument, "there must be at least one image")
    }
    guard values % size == 0, values / size == labels.count else {
      throw PithError(
        .shapeMismatch,
        "\(values) values are not the \(size) of each of \(labels.count) images")
    }
    for (index, label) in labels.enumerated() where label < 0 || label >= classes {
      throw PithError(
        .invalidArgument,
        "image \(index) has the label \(label); labels are from 0 to \(classes - 1)")
    }
  }

  /// The same for all passes of an epoch of so many images.
  func checkStatistics(images: Int, batch: Int) throws {
    for size in [min(batch, images), images % batch] where size > 0 {
      let rest = size % options.imagesPerPass
      try checkStatistics(images: rest == 0 ? min(size, options.imagesPerPass) : rest)
      if rest < size { try checkStatistics(images: options.imagesPerPass) }
    }
  }

  /// A batch norm needs two values of each channel to see how they vary.
  func checkStatistics(images: Int) throws {
    guard images == 1 else { return }
    for layer in plan.graph.layers {
      guard case .batchNorm = layer.layer.operation,
        layer.inputShapes[0].count == layer.inputShapes[0][0]
      else { continue }
      throw PithError(
        .invalidArgument, place: "layer '\(layer.layer.name)' (batch_norm)",
        "a pass of one image gives each channel one value, which has no variance",
        advice: "choose batches so that no pass has a single image left")
    }
  }
}

extension TrainingOptions {
  /// Refuses numbers that make no sense.
  func check() throws {
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
      guard condition else { throw PithError(.invalidArgument, problem()) }
    }
    func isShare(_ value: Double) -> Bool { value >= 0 && value < 1 }
    func isSize(_ value: Double) -> Bool { value.isFinite && value >= 0 }
    try require(
      imagesPerPass >= 1, "a pass of \(imagesPerPass) images: there must be at least 1")
    try require(steps >= 0, "a run of \(steps) steps: there cannot be fewer than none")
    try require(
      isSize(regularization.l1) && isSize(regularization.l2),
      "L1 \(regularization.l1) and L2 \(regularization.l2) must be finite and not negative")
    let (rate, warmUp) = (learningRate.highest, learningRate.warmUp)
    try require(isSize(rate), "the learning rate \(rate) must be finite and not negative")
    try require(warmUp >= 0, "a warm-up of \(warmUp) steps: there cannot be fewer than none")
    if let norm = greatestGradientNorm {
      try require(norm > 0, "the greatest gradient norm \(norm) must be greater than 0")
    }
    switch loss {
    case .crossEntropy(let smoothing):
      try require(
        isShare(smoothing), "the label smoothing \(smoothing) must be at least 0 and less than 1")
    case .hinge(let margin):
      try require(isSize(margin), "the margin \(margin) must be finite and not negative")
    }
    switch optimizer {
    case .sgd: break
    case .momentum(let momentum, _):
      try require(isShare(momentum), "the momentum \(momentum) must be at least 0 and less than 1")
    case .rmsProp(let decay, let epsilon):
      try require(
        isShare(decay) && isSize(epsilon),
        "the decay \(decay) must be at least 0 and less than 1, and epsilon \(epsilon) not negative"
      )
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      try require(
        isShare(beta1) && isShare(beta2) && isSize(epsilon),
        "beta1 \(beta1) and beta2 \(beta2) must be at least 0 and less than 1, and epsilon \(epsilon) not negative"
      )
    }
    switch initializer {
    case .zeros, .xavier, .he: break
    case .constant(let value):
      try require(value.isFinite, "the initial weight \(value) must be finite")
    case .gaussian(let deviation):
      try require(
        isSize(deviation), "the standard deviation \(deviation) must be finite and not negative")
    }
  }
}
