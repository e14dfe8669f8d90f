import PithKernels
package import PithTensor
package import PithThreads

/// The values of one network in training: its parameters, their gradients, and the activations of one pass at a time.
///
/// A class because it owns memory. One thread at a time may use it.
package final class TrainingSession<Scalar: TrainingScalar> {
  package let plan: TrainingPlan<Scalar>
  package let pool: ThreadPool
  /// All parameters, each at its ``TrainingParameter/range``.
  package let parameters: ScalarBuffer<Scalar>
  /// Of the loss by the trained parameters, at the same positions; passes add to them.
  package let gradients: ScalarBuffer<Scalar>
  private let memory: ScalarBuffer<Scalar>
  private let workers: WorkerScratch
  private let shared: ScalarBuffer<Scalar>

  package init(_ plan: TrainingPlan<Scalar>, pool: ThreadPool) {
    self.plan = plan
    self.pool = pool
    parameters = ScalarBuffer(count: plan.parameterCount)
    gradients = ScalarBuffer(count: plan.trainedCount)
    memory = ScalarBuffer(count: plan.memoryCount)
    workers = WorkerScratch(workers: pool.threads, floatsPerWorker: plan.scratch.perWorker)
    shared = ScalarBuffer(count: plan.scratch.shared)
  }

  /// A session of another plan for the same parameters, which are one with those of a session that rests meanwhile: so is its
  /// other memory where that is large enough.
  init(_ plan: TrainingPlan<Scalar>, inMemoryOf other: TrainingSession<Scalar>) {
    precondition(plan.parameters == other.plan.parameters, "the parameters lie elsewhere")
    func room(_ buffer: ScalarBuffer<Scalar>, _ count: Int) -> ScalarBuffer<Scalar> {
      buffer.count >= count ? buffer : ScalarBuffer(count: count)
    }
    self.plan = plan
    (pool, parameters, gradients) = (other.pool, other.parameters, other.gradients)
    memory = room(other.memory, plan.memoryCount)
    shared = room(other.shared, plan.scratch.shared)
    workers =
      other.workers.floatsPerWorker >= plan.scratch.perWorker
      ? other.workers
      : WorkerScratch(workers: pool.threads, floatsPerWorker: plan.scratch.perWorker)
  }

  /// Leaves the memory of activations and of gradients to others until the next step.
  func rest() {
    memory.empty()
    gradients.empty()
  }

  // MARK: passes

  /// Is shown the values of a layer's output, or the gradient by it, row-major, before anything overwrites them.
  package typealias Observer = (_ layer: String, _ values: UnsafePointer<Scalar>) -> Void

  /// Computes the results of a batch.
  ///
  /// - Parameters:
  ///   - inputs: each input of the network for all images, which must stay until after ``backward(_:images:pass:observer:)``.
  ///   - images: at most as many as planned.
  /// - Returns: the results, image after image.
  @discardableResult
  package func forward(
    _ inputs: [UnsafePointer<Scalar>], images: Int, pass: TrainingPass, observer: Observer? = nil
  ) -> UnsafePointer<Scalar> {
    for step in plan.steps {
      let call = call(step, inputs, images, pass)
      step.arithmetic.forward(call)
      if let observer { show(call.output, of: step, images: images, to: observer) }
    }
    return UnsafePointer(memory.start + plan.values[plan.result].place)
  }

  /// The same, with the sides of all kinks that its values lie on.
  package func forwardWithActiveSet(
    _ inputs: [UnsafePointer<Scalar>], images: Int, pass: TrainingPass
  ) -> (results: UnsafePointer<Scalar>, activeSet: ActiveSet) {
    var activeSet = ActiveSet()
    for step in plan.steps {
      let call = call(step, inputs, images, pass)
      step.arithmetic.forward(call)
      step.arithmetic.describeActiveSet(call, &activeSet)
    }
    return (UnsafePointer(memory.start + plan.values[plan.result].place), activeSet)
  }

  /// Where the gradient of the loss by the results is to be written between ``forward(_:images:pass:observer:)`` and
  /// ``backward(_:images:pass:observer:)``.
  package var resultGradient: UnsafeMutablePointer<Scalar> {
    memory.start + plan.values[plan.result].gradientPlace
  }

  /// Adds the gradients of the loss by all trained parameters to ``gradients``, after the forward pass of the same batch.
  package func backward(
    _ inputs: [UnsafePointer<Scalar>], images: Int, pass: TrainingPass, observer: Observer? = nil
  ) {
    for step in plan.steps.reversed() where plan.values[step.output].needsGradient {
      let output = UnsafePointer(memory.start + plan.values[step.output].gradientPlace)
      if let observer { show(output, of: step, images: images, to: observer) }
      let targets = zip(step.inputs, step.gradients).map { input, gradient in
        gradient.isNeeded
          ? GradientTarget(
            start: memory.start + plan.values[input].gradientPlace, adds: gradient.adds) : nil
      }
      let parameterTargets = step.parameters.map { index in
        plan.parameters[index].isTrained
          ? gradients.start + plan.parameters[index].range.lowerBound : nil
      }
      step.arithmetic.backward(
        call(step, inputs, images, pass),
        LayerGradients(output: output, inputs: targets, parameters: parameterTargets))
    }
  }

  /// The gradient by an input of the network after ``backward(_:images:pass:observer:)``, when the plan computes it.
  package func inputGradient(_ input: Int) -> UnsafePointer<Scalar>? {
    guard let value = plan.values.first(where: { $0.input == input }), value.needsGradient else {
      return nil
    }
    return UnsafePointer(memory.start + value.gradientPlace)
  }

  /// Shows values to an observer in row-major order.
  private func show(
    _ values: UnsafePointer<Scalar>, of step: TrainingPlan<Scalar>.Step, images: Int,
    to observer: Observer
  ) {
    let value = plan.values[step.output]
    guard !step.isReordering else { return }
    guard value.layout != .plain else { return observer(step.name, values) }
    let copy = ScalarBuffer<Scalar>(count: value.plainCount * images)
    for image in 0..<images {
      value.layout.plain(values + image * value.count, to: copy.start + image * value.plainCount)
    }
    observer(step.name, copy.start)
  }

  private func call(
    _ step: TrainingPlan<Scalar>.Step, _ inputs: [UnsafePointer<Scalar>], _ images: Int,
    _ pass: TrainingPass
  ) -> LayerCall<Scalar> {
    LayerCall(
      inputs: step.inputs.map { index in
        let value = plan.values[index]
        return value.input.map { inputs[$0] } ?? UnsafePointer(memory.start + value.place)
      },
      parameters: step.parameters.map {
        parameters.start + plan.parameters[$0].range.lowerBound
      },
      output: memory.start + plan.values[step.output].place, state: memory.start + step.state,
      images: images, pass: pass, pool: pool, workers: workers, shared: shared.start)
  }

  // MARK: parameters

  /// Sets all gradients to zero.
  package func clearGradients() {
    gradients.start.update(repeating: 0, count: gradients.count)
  }

  /// Sets parameters to the values of tensors.
  ///
  /// - Throws: ``PithError`` with the code `tensorMismatch` when one that the plan needs is missing or misshapen.
  package func load(_ tensors: [String: Tensor]) throws {
    for parameter in plan.parameters {
      try load(tensors[parameter.name].map { TensorValues($0) }, as: parameter)
    }
  }

  /// Sets one of the plan's parameters.
  func load(_ tensor: TensorValues?, as parameter: TrainingParameter) throws {
    try parameter.check(tensor?.shape)
    tensor?.withValues { values in
      for (position, value) in zip(parameter.range, values) {
        parameters.start[position] = Scalar(value)
      }
    }
  }

  /// The value of a parameter, rounded to `Float`.
  package func tensor(_ parameter: TrainingParameter) throws -> Tensor {
    try Tensor(
      shape: parameter.shape, values: parameter.range.map { Float(parameters.start[$0]) })
  }
}
