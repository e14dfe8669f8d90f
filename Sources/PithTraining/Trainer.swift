public import PithGraph
public import PithTensor
import PithThreads

/// Trains a network step by step.
///
/// A class because it owns the memory of the run. One thread at a time may use it; it splits its work over threads of its
/// own, and the results do not depend on their number.
///
/// ```swift
/// let trainer = try Trainer(graph, classes: 10, options: options)
/// let report = try trainer.step(images, labels)   // report.loss, report.correct
/// let result = try trainer.evaluate(images, labels)
/// ```
public final class Trainer {
  public let options: TrainingOptions
  /// The logits of an image.
  public let classes: Int
  /// The network without a softmax at its end: that is part of the loss.
  let plan: TrainingPlan<Float>
  /// The network as it was given.
  let graph: Graph
  let session: TrainingSession<Float>
  /// What the optimiser remembers: for each of its slots as many numbers as there are trained parameters.
  let slots: [ScalarBuffer<Float>]
  let chunks: [ParameterChunk]
  /// The steps done so far.
  public internal(set) var stepCount = 0
  /// What a schedule that waits for plateaus remembers.
  public internal(set) var plateau = Plateau()
  /// Whether dropout does nothing.
  let keepsAll: Bool

  /// Makes a network ready and gives its parameters their first values.
  ///
  /// - Parameters:
  ///   - graph: a network with one input of channels x height x width and one output: the logits of an image, or a softmax of
  ///     them.
  ///   - classes: how many the labels have.
  ///   - threads: nil: as many as the process may use. Results do not depend on it.
  /// - Throws: ``PithError`` when the network cannot be trained or does not fit the classes, or an option makes no sense.
  public convenience init(
    _ graph: Graph, classes: Int, options: TrainingOptions = TrainingOptions(),
    threads: Int? = nil, limits: Limits = Limits()
  ) throws {
    try self.init(
      graph, parameters: .memory([:]), classes: classes, options: options, threads: threads,
      limits: limits)
  }

  /// The same, beginning with the parameters that a network has; those that it does not have are initialised.
  package convenience init(
    _ network: Network, classes: Int, options: TrainingOptions, threads: Int? = nil
  ) throws {
    try self.init(
      network.graph, parameters: .memory(network.parameters.mapValues { TensorValues($0) }),
      classes: classes, options: options, threads: threads)
  }

  /// - Parameter parameters: those that there are; the others are initialised.
  init(
    _ graph: Graph, parameters known: StateTensors, classes: Int,
    options: TrainingOptions, threads: Int? = nil, limits: Limits = Limits()
  ) throws {
    try options.check()
    self.graph = graph
    self.options = options
    self.classes = classes
    // Each parameter with its gradient and the optimiser's state, and once more as it is laid out.
    let states = 3 + options.optimizer.slots.count
    let parameters = try graph.resolved(limits: limits).parameters
      .reduce(0) { try $0.checkedAdding($1.shape.count, "the parameters") }
    try Self.checkMemory(
      parameters.checkedMultiplying(states, "the parameters"), options)
    let plan = try TrainingPlan<Float>(
      graph.endingInLogits(), batch: options.imagesPerPass, limits: limits)
    try Self.check(plan, classes: classes)
    self.plan = plan
    try Self.checkMemory(states * parameters + plan.memoryCount, options)
    session = TrainingSession(
      plan, pool: ThreadPool(threads: threads ?? ThreadCount.available))
    slots = options.optimizer.slots.map { _ in ScalarBuffer(count: plan.trainedCount) }
    keepsAll = false
    chunks = plan.parameters.flatMap(ParameterChunk.chunks)
    var brought: [String: Place] = [:]
    // One by one: there is no second copy of all.
    for parameter in plan.parameters {
      if let shape = known.shape(of: parameter.name) {
        try parameter.check(shape)
        brought[parameter.name] = Place(parameter, session.parameters)
      } else {
        try session.load(first(parameter), as: parameter)
      }
    }
    try known.copy(to: brought.mapValues(\.start))
  }

  /// The first value of a parameter that the network did not bring.
  private func first(_ parameter: TrainingParameter) throws -> TensorValues {
    guard parameter.kind != .constant else {
      throw PithError(
        .tensorMismatch,
        "the constant '\(parameter.name)' has no value, and training cannot find one",
        advice: "train from a model that has it")
    }
    return TensorValues(
      try Tensor(
        shape: parameter.shape,
        values: options.initializer.values(for: parameter, seed: options.seed)))
  }

  /// A trainer of the same parameters in the memory of another.
  init(
    inMemoryOf other: Trainer, slots: [ScalarBuffer<Float>], options: TrainingOptions,
    keepsAll: Bool
  ) throws {
    try options.check()
    precondition(options.imagesPerPass <= other.plan.batch, "there is no room for such a pass")
    (self.options, self.slots, self.keepsAll) = (options, slots, keepsAll)
    (classes, plan, graph) = (other.classes, other.plan, other.graph)
    (session, chunks) = (other.session, other.chunks)
  }

  /// Refuses a network or options with which there could be no trainer.
  ///
  /// - Throws: ``PithError``, the same as making one would.
  static func check(_ graph: Graph, classes: Int, options: TrainingOptions) throws {
    try options.check()
    let plan = try TrainingPlan<Float>(graph.endingInLogits(), batch: options.imagesPerPass)
    try check(plan, classes: classes)
  }

  /// Refuses what memory does not hold, which nothing could catch later.
  ///
  /// - Parameter values: the numbers that will be asked for at least.
  private static func checkMemory(_ values: Int, _ options: TrainingOptions) throws {
    let bytes = try values.checkedMultiplying(MemoryLayout<Float>.stride, "the memory of training")
    let free = FreeMemory.bytes
    guard bytes <= free else {
      throw PithError(
        .limitExceeded,
        "training takes \(bytes >> 20) MB with \(options.imagesPerPass) images at a time, but only \(free >> 20) MB of memory are free",
        advice:
          "choose a smaller batch, cut it into passes (--accumulate), or choose a smaller network")
    }
  }

  private static func check(_ plan: TrainingPlan<Float>, classes: Int) throws {
    let graph = plan.graph
    guard graph.graph.inputs.count == 1, let input = graph.graph.inputs.first,
      input.shape.rank == 3
    else {
      throw PithError(
        .invalidGraph, "the network must have one input of channels x height x width to be trained")
    }
    guard classes >= 2 else {
      throw PithError(
        .invalidArgument, "there must be at least two classes to learn, not \(classes)")
    }
    guard graph.outputCount == classes else {
      throw PithError(
        .shapeMismatch,
        "the network has \(graph.outputCount) outputs but there are \(classes) classes",
        advice: "set the network's parameter 'classes', or the outputs of its last layer")
    }
  }

  /// What the run keeps in memory.
  public var memory: TrainingMemory { plan.memory(optimizerSlots: slots.count) }

  /// The share of regularised weights that are exactly zero.
  public var sparsity: Double {
    var (zeros, count) = (0, 0)
    for parameter in plan.parameters where parameter.kind == .weight {
      count += parameter.range.count
      for position in parameter.range where session.parameters.start[position] == 0 { zeros += 1 }
    }
    return count > 0 ? Double(zeros) / Double(count) : 0
  }

  /// Whether all parameters, running statistics among them, and all that the optimiser remembers are finite.
  var isFinite: Bool {
    let parameters = UnsafeBufferPointer(
      start: session.parameters.start, count: plan.parameterCount)
    return parameters.allSatisfy(\.isFinite)
      && slots.allSatisfy {
        UnsafeBufferPointer(start: $0.start, count: plan.trainedCount).allSatisfy(\.isFinite)
      }
  }

  /// Tells a schedule that waits for plateaus how validation went.
  public func recordValidation(loss: Double) {
    plateau.record(loss, options.learningRate.schedule)
  }

  /// The network with its present parameters, running statistics among them, as inference takes it.
  package func network() throws -> Network {
    Network(
      graph: graph,
      parameters: tensors.filter { TrainingState.slot(ofTensor: $0.key) == nil }
        .mapValues(\.tensor))
  }

  /// A copy of all that changes from step to step.
  ///
  /// - Throws: never, but for a defect of this class.
  public func state() throws -> TrainingState {
    TrainingState(tensors: tensors.mapValues(\.tensor), numbers: numbers)
  }

  /// The tensors of the state in the memory of the trainer: the next step changes them.
  var tensors: [String: TensorValues] {
    places.mapValues { TensorValues(shape: $0.shape, at: $0.start, of: $0.buffer) }
  }

  /// Where a tensor of the state is.
  private struct Place {
    let shape: Shape
    let start: UnsafeMutablePointer<Float>
    let buffer: ScalarBuffer<Float>

    init(_ parameter: TrainingParameter, _ buffer: ScalarBuffer<Float>) {
      shape = parameter.shape
      start = buffer.start + parameter.range.lowerBound
      self.buffer = buffer
    }
  }

  /// Where each is, by name.
  private var places: [String: Place] {
    var places: [String: Place] = [:]
    for parameter in plan.parameters {
      places[parameter.name] = Place(parameter, session.parameters)
      guard parameter.isTrained else { continue }
      for (slot, buffer) in zip(options.optimizer.slots, slots) {
        places[TrainingState.slotName(slot, of: parameter.name)] = Place(parameter, buffer)
      }
    }
    return places
  }

  /// The numbers of the state.
  var numbers: [String: Double] { TrainingState.numbers(step: stepCount, plateau: plateau) }

  /// Goes back to a state of a run with the same network and options.
  ///
  /// - Throws: ``PithError`` when a tensor or number is missing or does not fit; then nothing has changed.
  public func restore(_ state: TrainingState) throws {
    try restore(.memory(state.tensors.mapValues { TensorValues($0) }), state.numbers)
  }

  /// - Throws: also when the file of the tensors can no longer be read; then some have changed.
  func restore(_ tensors: StateTensors, _ numbers: [String: Double]) throws {
    let progress = try TrainingState.progress(numbers)
    let slotNames = options.optimizer.slots
    for parameter in plan.parameters {
      let names =
        parameter.isTrained
        ? slotNames.map { TrainingState.slotName($0, of: parameter.name) } : []
      for name in [parameter.name] + names where tensors.shape(of: name) != parameter.shape {
        let found = tensors.shape(of: name).map { "has shape \($0)" } ?? "is missing"
        throw PithError(
          .tensorMismatch,
          "the tensor '\(name)' of the training state \(found); it must have shape \(parameter.shape)",
          advice: "resume with the network and optimiser that the run began with")
      }
    }
    try tensors.copy(to: places.mapValues(\.start))
    (stepCount, plateau) = (progress.step, progress.plateau)
  }
}
