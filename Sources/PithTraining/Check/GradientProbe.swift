import PithTensor

/// A network with numbers put in, as a function of each of them.
struct GradientProbe {
  /// A parameter or input with the analytic gradient by it.
  struct Tensor {
    let name: String
    let start: UnsafeMutablePointer<Double>
    let values: [Double]
  }

  /// The function's value as terms, which differences take one by one: the sum of many terms would hide a small change.
  struct Evaluation {
    let terms: [Double]
    let activeSet: ActiveSet

    func difference(from other: Evaluation) -> Double {
      zip(terms, other.terms).reduce(0) { $0 + ($1.0 - $1.1) }
    }
  }

  private let session: TrainingSession<Double>
  private let inputs: [ScalarBuffer<Double>]
  private let images: Int
  private let pass: TrainingPass
  private let objective: GradientCheck.Objective
  private let regularization: Regularization
  /// The factor of each output, for a projection.
  private let factors: [Double]
  private let labels: [Int]

  init(
    _ session: TrainingSession<Double>, images: Int, seed: UInt64, isTraining: Bool,
    objective: GradientCheck.Objective, regularization: Regularization
  ) {
    self.session = session
    self.images = images
    self.objective = objective
    self.regularization = regularization
    pass = TrainingPass(isTraining: isTraining, seed: seed)
    var random = GaussianRandom(seed: seed)
    inputs = session.plan.graph.graph.inputs.map { input in
      let buffer = ScalarBuffer<Double>(count: input.shape.count * images)
      for i in 0..<buffer.count { buffer.start[i] = random.next() }
      return buffer
    }
    for parameter in session.plan.parameters {
      let fanIn = Double(parameter.shape.dimensions.dropFirst().reduce(1, *))
      for position in parameter.range {
        let number = random.next()
        session.parameters.start[position] =
          switch parameter.kind {
          case .weight: number * (2 / fanIn).squareRoot()
          // Never 0, and positive where it is a variance.
          case .scale, .slope, .constant: 1 + 0.5 * (2 * random.uniform() - 1)
          case .statistic where parameter.role == "running_var": 0.5 + random.uniform()
          case .offset, .statistic: 0.5 * number
          }
      }
    }
    let outputs = session.plan.graph.outputCount
    factors = (0..<outputs * images).map { _ in random.next() }
    labels = (0..<images).map { _ in Int(random.uniform() * Double(outputs)) }
  }

  private var classes: Int { factors.count / images }
  private var addresses: [UnsafePointer<Double>] { inputs.map { UnsafePointer($0.start) } }

  /// The function's value, and on which sides of its kinks.
  func evaluate() -> Evaluation {
    var (results, activeSet) = session.forwardWithActiveSet(addresses, images: images, pass: pass)
    var terms: [Double] = []
    switch objective {
    case .projection: terms = factors.indices.map { factors[$0] * results[$0] }
    case .loss(let loss):
      for image in 0..<images {
        let row = results + image * classes
        terms.append(
          loss.evaluate(
            row, label: labels[image], classes: classes, scale: 1, gradient: nil) / Double(images))
        loss.describeActiveSet(row, label: labels[image], classes: classes, to: &activeSet)
      }
    }
    if regularization != .none {
      for parameter in session.plan.parameters where parameter.kind == .weight {
        for position in parameter.range {
          let weight = session.parameters.start + position
          terms.append(regularization.penalty(UnsafeBufferPointer(start: weight, count: 1)))
          if regularization.l1 > 0 { activeSet.add(weight.pointee > 0 ? 1 : 0) }
        }
      }
    }
    return Evaluation(terms: terms, activeSet: activeSet)
  }

  /// The gradients by all trained parameters and all inputs.
  func analyticGradients() -> [Tensor] {
    session.clearGradients()
    let results = session.forward(addresses, images: images, pass: pass)
    switch objective {
    case .projection:
      for i in factors.indices { session.resultGradient[i] = factors[i] }
    case .loss(let loss):
      for image in 0..<images {
        _ = loss.evaluate(
          results + image * classes, label: labels[image], classes: classes,
          scale: 1 / Double(images), gradient: session.resultGradient + image * classes)
      }
    }
    session.backward(addresses, images: images, pass: pass)
    var tensors: [Tensor] = []
    for parameter in session.plan.parameters where parameter.isTrained {
      tensors.append(
        Tensor(
          name: parameter.name, start: session.parameters.start + parameter.range.lowerBound,
          values: parameter.range.map { position in
            let own =
              parameter.kind == .weight
              ? regularization.gradient(session.parameters.start[position]) : 0
            return session.gradients.start[position] + own
          }))
    }
    for (index, input) in session.plan.graph.graph.inputs.enumerated() {
      guard let gradient = session.inputGradient(index) else { continue }
      tensors.append(
        Tensor(
          name: input.name, start: inputs[index].start,
          values: (0..<inputs[index].count).map { gradient[$0] }))
    }
    return tensors
  }
}
