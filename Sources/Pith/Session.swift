import PithKernels
public import PithTensor
package import PithThreads

/// The activations of one call at a time of a plan.
///
/// One thread at a time may use a session; several sessions of one plan run side by side without waiting for
/// each other. After the first call of a batch size, ``run(_:into:)`` allocates nothing.
public final class Session {
  /// What is run.
  public let plan: Plan
  /// How many images are computed together; more are computed batch by batch.
  public let batch: Int
  private let pool: ThreadPool
  private let activations: FloatBuffer
  private let places: [Place]
  private let scratch: WorkerScratch
  /// The steps that a batch goes through in pieces, each on one thread, and what each thread has for that.
  private let early: EarlySteps?
  private let oneThread: ThreadPool
  private let ownScratch: [WorkerScratch]
  /// Where the inputs of the graph are, while a batch is computed.
  private let graphInputs: UnsafeMutableBufferPointer<UnsafePointer<Float>>
  /// For each worker room for the addresses of a step's inputs.
  private let stepInputs: UnsafeMutableBufferPointer<UnsafePointer<Float>>

  /// - Parameters:
  ///   - threads: how many threads compute; nil: as many as the process may use.
  ///   - batch: how many images are computed together at most.
  public convenience init(_ plan: Plan, threads: Int? = nil, batch: Int = 1) {
    self.init(plan, pool: ThreadPool(threads: threads ?? ThreadCount.available), batch: batch)
  }

  /// - Parameter pieceImages: the images that a thread takes at a time, where a batch is cut; nil: as many as stay in a
  ///   cache.
  package init(_ plan: Plan, pool: ThreadPool, batch: Int, pieceImages: Int? = nil) {
    self.plan = plan
    self.batch = max(1, batch)
    self.pool = pool
    early = plan.early(batch: self.batch, threads: pool.threads, pieceImages: pieceImages)
    activations = FloatBuffer(
      count: plan.activationFloats(early, batch: self.batch, threads: pool.threads))
    places = Self.places(plan, early, batch: self.batch, threads: pool.threads, activations)
    let scratch = WorkerScratch(
      workers: pool.threads, floatsPerWorker: plan.scratchFloatsPerWorker)
    self.scratch = scratch
    oneThread = ThreadPool(threads: 1)
    ownScratch = early == nil ? [] : (0..<pool.threads).map { WorkerScratch(of: $0, in: scratch) }
    graphInputs = .allocate(capacity: plan.inputs.count)
    graphInputs.initialize(repeating: UnsafePointer(activations.start))
    let most = plan.steps.reduce(0) { max($0, $1.inputs.count) }
    stepInputs = .allocate(capacity: pool.threads * most)
    stepInputs.initialize(repeating: UnsafePointer(activations.start))
  }

  deinit {
    graphInputs.deallocate()
    stepInputs.deallocate()
  }

  /// The activations, in bytes.
  package var activationBytes: Int { activations.count * MemoryLayout<Float>.stride }

  /// What the threads need beside the activations, in bytes.
  package var scratchBytes: Int {
    plan.scratchFloatsPerWorker * pool.threads * MemoryLayout<Float>.stride
  }

  /// Computes any number of images.
  ///
  /// - Parameter inputs: every input of the graph by name, `[n, ...]` with the batch first, or one image without it.
  /// - Returns: every output of the graph by name, with the batch when the inputs have it.
  /// - Throws: ``PithError`` with the code `shapeMismatch` when an input is missing or misshapen.
  public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    var images: Int?
    var isBatched = false
    let tensors = try plan.inputs.map { input in
      guard let tensor = inputs[input.name] else {
        throw PithError(
          .shapeMismatch, "the input '\(input.name)' is missing",
          advice:
            "the model takes \(plan.inputs.map { "'\($0.name)' \($0.shape)" }.joined(separator: ", "))"
        )
      }
      let count = try imageCount(of: tensor, for: input)
      guard images == nil || images == count else {
        throw PithError(
          .shapeMismatch, "input '\(input.name)' has \(count) images but another has \(images ?? 0)"
        )
      }
      images = count
      isBatched = tensor.shape.rank > input.shape.rank
      return tensor
    }
    for name in inputs.keys where !plan.inputs.contains(where: { $0.name == name }) {
      throw PithError(.shapeMismatch, "the model has no input '\(name)'")
    }
    let count = images ?? 0
    let sources = tensors.map { FloatBuffer($0.values) }
    let results = plan.outputs.map { FloatBuffer(count: $0.shape.count * count) }
    withExtendedLifetime(sources) {
      run(
        images: count, inputs: sources.map { UnsafePointer($0.start) },
        outputs: results.map(\.start))
    }
    var named: [String: Tensor] = [:]
    for (output, values) in zip(plan.outputs, results) {
      let shape = try Shape(checking: (isBatched ? [count] : []) + output.shape.dimensions)
      named[output.name] = try Tensor(
        shape: shape, values: Array(UnsafeBufferPointer(start: values.start, count: values.count)))
    }
    return named
  }

  /// Computes any number of images of a graph with one input and one output.
  ///
  /// - Parameters:
  ///   - input: `[n, ...]`, row-major.
  ///   - output: `[n, ...]`, overwritten.
  /// - Throws: ``PithError`` with the code `shapeMismatch` when the sizes do not fit, and `invalidArgument` when the
  ///   graph has several inputs or outputs.
  public func run(_ input: Span<Float>, into output: inout MutableSpan<Float>) throws {
    guard plan.inputs.count == 1, plan.outputs.count == 1 else {
      throw PithError(
        .invalidArgument,
        "the model has \(plan.inputs.count) inputs and \(plan.outputs.count) outputs",
        advice: "give the inputs by name")
    }
    let (perInput, perOutput) = (plan.inputs[0].shape.count, plan.outputs[0].shape.count)
    let images = input.count / perInput
    guard input.count == images * perInput, output.count == images * perOutput else {
      throw PithError(
        .shapeMismatch,
        "\(input.count) values go in and \(output.count) come out, but an image has \(perInput) and \(perOutput)"
      )
    }
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        guard let source = input.baseAddress, let target = output.baseAddress else { return }
        withUnsafePointer(to: source) { source in
          withUnsafePointer(to: target) { target in
            run(
              images: images, inputs: UnsafeBufferPointer(start: source, count: 1),
              outputs: UnsafeBufferPointer(start: target, count: 1))
          }
        }
      }
    }
  }

  /// Computes images whose values lie at given addresses, one for each input and output of the graph.
  ///
  /// - Parameter afterStep: called with the index of every step that has been computed, several times for a step that
  ///   a batch goes through in pieces. All threads work on one piece then.
  package func run(
    images: Int, inputs: [UnsafePointer<Float>], outputs: [UnsafeMutablePointer<Float>],
    afterStep: (Int) -> Void
  ) {
    inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        run(
          images: images, inputs: inputs, outputs: outputs, isObserved: true, afterStep: afterStep)
      }
    }
  }

  /// The same, unobserved.
  package func run(
    images: Int, inputs: [UnsafePointer<Float>], outputs: [UnsafeMutablePointer<Float>]
  ) {
    inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        run(images: images, inputs: inputs, outputs: outputs)
      }
    }
  }

  private func run(
    images: Int, inputs: UnsafeBufferPointer<UnsafePointer<Float>>,
    outputs: UnsafeBufferPointer<UnsafeMutablePointer<Float>>, isObserved: Bool = false,
    afterStep: (Int) -> Void = { _ in }
  ) {
    var done = 0
    while done < images {
      let count = min(batch, images - done)
      for index in graphInputs.indices {
        graphInputs[index] = inputs[index] + done * plan.inputs[index].shape.count
      }
      if let early {
        let pieces = early.pieces(of: count, threads: pool.threads)
        let ownPieces = isObserved ? 0 : pieces.ownPieces(threads: pool.threads)
        pool.forEach(ownPieces, PieceTasks(session: self, early: early, pieces: pieces))
        for piece in ownPieces..<pieces.count {
          let share = Share(images: pieces.images(of: piece), thread: 0)
          for index in 0..<early.count {
            compute(plan.steps[index], share, pool: pool, scratch: scratch)
            afterStep(index)
          }
        }
      }
      for index in (early?.count ?? 0)..<plan.steps.count {
        compute(
          plan.steps[index], Share(images: 0..<count, thread: 0), pool: pool, scratch: scratch)
        afterStep(index)
      }
      for index in plan.outputs.indices {
        let perImage = plan.outputs[index].shape.count
        collect(
          plan.outputSources[index], images: count, perImage: perImage,
          into: outputs[index] + done * perImage)
      }
      done += count
    }
  }

  /// Images of a batch that go through a step together, and the thread whose memory they have.
  private struct Share {
    let images: Range<Int>
    let thread: Int
  }

  /// The early steps of some images on one thread.
  private struct PieceTasks: ParallelTasks {
    let session: Session
    let early: EarlySteps
    let pieces: EarlySteps.Pieces

    func run(task: Int, worker: Int) {
      let share = Share(images: pieces.images(of: task), thread: worker)
      for index in 0..<early.count {
        session.compute(
          session.plan.steps[index], share, pool: session.oneThread,
          scratch: session.ownScratch[worker])
      }
    }
  }

  private func compute(
    _ step: Plan.Step, _ share: Share, pool: ThreadPool, scratch: WorkerScratch
  ) {
    let images = share.images.count
    let output = start(of: step.output, share)
    let outputStride = places[step.output].stride
    if case .plain(let operation, let parameters) = step.computation {
      pool.forEach(
        images,
        PlainTasks(
          session: self, share: share, operation: operation, inputs: step.inputs,
          parameters: parameters, output: (output, outputStride)))
      return
    }
    let input = place(step.inputs[0], share)
    let second = step.inputs.count > 1 ? place(step.inputs[1], share) : nil
    switch step.computation {
    case .plain: break
    case .convolution(let layer, let tail):
      layer.run(
        images: images, input: input.start, inputStride: input.stride, output: output,
        outputStride: outputStride, residual: second?.start, residualStride: second?.stride ?? 0,
        clamp: tail.clamp, function: tail.function, pool: pool, scratch: scratch)
    case .fullyConnected(let layer, let tail):
      layer.run(
        images: images, input: input.start, inputStride: input.stride, output: output,
        outputStride: outputStride, clamp: tail.clamp, function: tail.function, pool: pool)
    case .window(let layer, let tail):
      layer.run(
        images: images, input: input.start, inputStride: input.stride, output: output,
        outputStride: outputStride, residual: second?.start, residualStride: second?.stride ?? 0,
        clamp: tail.clamp, function: tail.function, pool: pool)
    case .fusion(let layers, let between, let tail):
      layers.run(
        images: images, input: input.start, inputStride: input.stride,
        between: WindowFusion.Tail(clamp: between.clamp, function: between.function),
        output: output, outputStride: outputStride, residual: second?.start,
        residualStride: second?.stride ?? 0, clamp: tail.clamp, function: tail.function,
        pool: pool, scratch: scratch)
    case .elements(let elements):
      guard let kernels = plan.kernels else { return }
      elements.run(
        images: images, input, second, output: (output, outputStride), kernels: kernels,
        pool: pool)
    }
  }

  /// Where the first of some images is in a source, and how far the next image is from it.
  private func place(
    _ source: Plan.Source, _ share: Share
  ) -> (start: UnsafePointer<Float>, stride: Int) {
    switch source {
    case .input(let index):
      let stride = plan.inputs[index].shape.count
      return (graphInputs[index] + share.images.lowerBound * stride, stride)
    case .activation(let index):
      return (UnsafePointer(start(of: index, share)), places[index].stride)
    case .constant(let buffer): return (UnsafePointer(buffer.start), 0)
    }
  }

  /// The images of a step without a fast kernel.
  private struct PlainTasks: ParallelTasks {
    let session: Session
    let share: Share
    let operation: KernelOperation
    let inputs: [Plan.Source]
    let parameters: [FloatBuffer]
    let output: (start: UnsafeMutablePointer<Float>, stride: Int)

    func run(task image: Int, worker: Int) {
      let room = session.stepInputs.count / session.pool.threads
      let first = (share.thread + worker) * room
      let addresses = UnsafeMutableBufferPointer(
        rebasing: session.stepInputs[first..<first + inputs.count])
      for index in inputs.indices {
        let place = session.place(inputs[index], share)
        addresses[index] = place.start + image * place.stride
      }
      withUnsafeTemporaryAllocation(
        of: UnsafePointer<Float>.self, capacity: max(1, parameters.count)
      ) { constants in
        for index in parameters.indices {
          constants.initializeElement(at: index, to: UnsafePointer(parameters[index].start))
        }
        Float.run(
          operation, inputs: UnsafeBufferPointer(addresses),
          parameters: UnsafeBufferPointer(rebasing: constants[..<parameters.count]),
          output: output.start + image * output.stride)
      }
    }
  }

  /// Where an activation lies.
  private struct Place {
    /// Of the first image.
    let start: UnsafeMutablePointer<Float>
    /// How far the next image is.
    let stride: Int
    /// How far the same place of the next thread is; nil when the activation has room for the whole batch.
    let threadStride: Int?
  }

  private static func places(
    _ plan: Plan, _ early: EarlySteps?, batch: Int, threads: Int, _ memory: FloatBuffer
  ) -> [Place] {
    plan.places.indices.map { index in
      let place = plan.places[index]
      guard let early else {
        let start = memory.start + plan.memory.offsets[place.root] * batch + place.offset
        return Place(start: start, stride: place.stride, threadStride: nil)
      }
      let perThread = early.local.total * early.images
      if early.isLocal[index] {
        let start = memory.start + early.local.offsets[place.root] * early.images + place.offset
        return Place(start: start, stride: place.stride, threadStride: perThread)
      }
      let shared = memory.start + perThread * threads
      return Place(
        start: shared + early.shared.offsets[place.root] * batch + place.offset,
        stride: place.stride, threadStride: nil)
    }
  }

  /// Where the first of some images is in an activation.
  private func start(of activation: Int, _ share: Share) -> UnsafeMutablePointer<Float> {
    let place = places[activation]
    return place.start
      + (place.threadStride.map { $0 * share.thread } ?? place.stride * share.images.lowerBound)
  }

  private func collect(
    _ source: Plan.Source, images: Int, perImage: Int, into output: UnsafeMutablePointer<Float>
  ) {
    let (start, step) = place(source, Share(images: 0..<images, thread: 0))
    for image in 0..<images {
      (output + image * perImage).update(from: start + image * step, count: perImage)
    }
  }

  /// The number of images in an input, which has the shape of the graph's or one dimension more.
  private func imageCount(of tensor: Tensor, for input: Graph.Input) throws -> Int {
    if tensor.shape == input.shape { return 1 }
    guard tensor.shape.rank == input.shape.rank + 1,
      Array(tensor.shape.dimensions.dropFirst()) == input.shape.dimensions
    else {
      throw PithError(
        .shapeMismatch, place: "input '\(input.name)'",
        "has shape \(tensor.shape) but the model takes \(input.shape), or n x \(input.shape)")
    }
    return tensor.shape[0]
  }
}
