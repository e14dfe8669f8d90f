public import PithTensor
import PithThreads

extension Trainer {
  /// Moves the parameters by one step.
  ///
  /// In this order: the gradient of the mean loss, its clipping, L2, the optimiser, the soft-thresholding of L1.
  ///
  /// - Parameters:
  ///   - images: `[n, channels, height, width]`, preprocessed; any `n`.
  ///   - labels: the class of each image, from 0.
  /// - Throws: ``PithError`` when images or labels do not fit the network. A loss that is not finite is no error: see
  ///   ``StepReport/isFinite``.
  @discardableResult
  public func step(_ images: Tensor, _ labels: [Int]) throws -> StepReport {
    try check(images, labels)
    return try images.values.withUnsafeBufferPointer { try step($0, labels) }
  }

  /// The same for values that lie elsewhere, `labels.count` images one after the other.
  @discardableResult
  package func step(
    _ images: UnsafeBufferPointer<Float>, _ labels: [Int]
  ) throws -> StepReport {
    try check(images.count, labels)
    session.clearGradients()
    var (sum, correct) = (0.0, 0)
    for pass in passes(labels.count) {
      try checkStatistics(images: pass.count)
      var how = TrainingPass(
        isTraining: true, seed: options.seed, step: stepCount, firstImage: pass.lowerBound)
      how.keepsAll = keepsAll
      let tally = run(images, labels, pass, how)
      sum += tally.loss
      correct += tally.correct
    }
    let loss = sum / Double(labels.count)
    let norm = gradientNorm()
    let rate = options.learningRate.rate(
      step: stepCount, of: options.steps, plateau: plateau)
    let penalty = penalty()
    let isFinite = loss.isFinite && norm.isFinite
    let ratio = isFinite ? update(rate: rate, gradientNorm: norm) : 0
    let report = StepReport(
      step: stepCount, images: labels.count, loss: loss, penalty: penalty, correct: correct,
      learningRate: rate, gradientNorm: norm, updateRatio: ratio, isFinite: isFinite)
    stepCount += 1
    return report
  }

  /// The loss, hits and logits of images, with batch norm's statistics fixed and nothing dropped.
  ///
  /// Each image is computed by itself: its logits do not depend on the others.
  /// - Throws: ``PithError`` when images or labels do not fit the network.
  public func evaluate(_ images: Tensor, _ labels: [Int]) throws -> EvaluationReport {
    try check(images, labels)
    return try images.values.withUnsafeBufferPointer { try evaluate($0, labels) }
  }

  /// The same for values that lie elsewhere, `labels.count` images one after the other.
  package func evaluate(
    _ images: UnsafeBufferPointer<Float>, _ labels: [Int]
  ) throws -> EvaluationReport {
    try check(images.count, labels)
    var (sum, correct) = (0.0, 0)
    var logits: [Float] = []
    logits.reserveCapacity(labels.count * classes)
    for pass in passes(labels.count) {
      let tally = run(images, labels, pass, TrainingPass(isTraining: false))
      sum += tally.loss
      correct += tally.correct
      logits += UnsafeBufferPointer(start: tally.logits, count: pass.count * classes)
    }
    return EvaluationReport(
      images: labels.count, loss: sum / Double(labels.count), correct: correct, logits: logits)
  }

  // MARK: passes

  /// The images of each pass.
  private func passes(_ images: Int) -> [Range<Int>] {
    stride(from: 0, to: images, by: options.imagesPerPass).map {
      $0..<min($0 + options.imagesPerPass, images)
    }
  }

  /// Computes a pass; when training, adds its gradients, those of the mean over all labels.
  private func run(
    _ images: UnsafeBufferPointer<Float>, _ labels: [Int], _ range: Range<Int>,
    _ pass: TrainingPass
  ) -> (loss: Double, correct: Int, logits: UnsafePointer<Float>) {
    let size = images.count / labels.count
    guard let first = images.baseAddress else { preconditionFailure("checked before") }
    let inputs = [first + range.lowerBound * size]
    let logits = session.forward(inputs, images: range.count, pass: pass)
    var (loss, correct) = (0.0, 0)
    for image in 0..<range.count {
      let label = labels[range.lowerBound + image]
      let row = logits + image * classes
      loss += options.loss.evaluate(
        row, label: label, classes: classes, scale: 1 / Double(labels.count),
        gradient: pass.isTraining ? session.resultGradient + image * classes : nil)
      // The first of equal logits is the answer, as `classify` ranks them.
      if (0..<classes).allSatisfy({ $0 < label ? row[$0] < row[label] : row[$0] <= row[label] }) {
        correct += 1
      }
    }
    if pass.isTraining { session.backward(inputs, images: range.count, pass: pass) }
    return (loss, correct, logits)
  }

  // MARK: the step

  /// The length of the gradient by all parameters.
  private func gradientNorm() -> Double {
    sum { chunk in
      var sum = 0.0
      for i in chunk.range {
        let value = Double(session.gradients.start[i])
        sum += value * value
      }
      return sum
    }.squareRoot()
  }

  private func penalty() -> Double {
    let regularization = Regularization(
      l1: options.regularization.l1,
      l2: options.optimizer.decouplesDecay ? 0 : options.regularization.l2)
    guard regularization != .none else { return 0 }
    return sum { chunk in
      guard chunk.isRegularized else { return 0 }
      return regularization.penalty(
        UnsafeBufferPointer(
          start: session.parameters.start + chunk.range.lowerBound, count: chunk.range.count))
    }
  }

  /// Moves all trained parameters; the change of the weights over the weights.
  private func update(rate: Double, gradientNorm: Double) -> Double {
    var step = OptimizerStep(options.optimizer, rate: rate, number: stepCount + 1)
    if let greatest = options.greatestGradientNorm {
      step.gradientScale = min(1, greatest / (gradientNorm + 1e-6))
    }
    var regularized = step
    regularized.l1 = options.regularization.l1
    regularized.l2 = options.regularization.l2
    let plainStep = step
    let weightStep = regularized
    var squares = [(weights: Double, changes: Double)](repeating: (0, 0), count: chunks.count)
    squares.withUnsafeMutableBufferPointer { squares in
      session.pool.forEach(chunks.count) { task, _ in
        squares[task] = apply(chunks[task].isRegularized ? weightStep : plainStep, to: chunks[task])
      }
    }
    let weights = squares.reduce(0) { $0 + $1.weights }
    return weights > 0 ? (squares.reduce(0) { $0 + $1.changes } / weights).squareRoot() : 0
  }

  /// Moves a chunk; the sums of squares of its weights and their changes, when it is regularised.
  private func apply(
    _ step: OptimizerStep, to chunk: ParameterChunk
  ) -> (weights: Double, changes: Double) {
    let weights = session.parameters.start + chunk.range.lowerBound
    let count = chunk.range.count
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { before in
      before.baseAddress?.update(from: weights, count: count)
      step.update(
        weights, gradients: session.gradients.start + chunk.range.lowerBound,
        slots: slots.map { $0.start + chunk.range.lowerBound }, count: count)
      guard chunk.isRegularized else { return (0, 0) }
      var (squares, changes) = (0.0, 0.0)
      for i in 0..<count {
        let (old, change) = (Double(before[i]), Double(weights[i]) - Double(before[i]))
        squares += old * old
        changes += change * change
      }
      return (squares, changes)
    }
  }

  /// A sum over all trained parameters: chunks on all threads, their sums in order.
  private func sum(_ term: (ParameterChunk) -> Double) -> Double {
    var sums = [Double](repeating: 0, count: chunks.count)
    sums.withUnsafeMutableBufferPointer { sums in
      session.pool.forEach(chunks.count) { task, _ in sums[task] = term(chunks[task]) }
    }
    return sums.reduce(0, +)
  }
}
