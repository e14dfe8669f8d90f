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
  /// How many images are computed together; larger batches are cut into pieces of this size.
  public let batch: Int
  private let pool: ThreadPool
  private let activations: FloatBuffer
  private let scratch: WorkerScratch

  /// - Parameters:
  ///   - threads: how many threads compute; nil: as many as the process may use.
  ///   - batch: how many images are computed together at most.
  public convenience init(_ plan: Plan, threads: Int? = nil, batch: Int = 1) {
    self.init(plan, pool: ThreadPool(threads: threads ?? ThreadCount.available), batch: batch)
  }

  package init(_ plan: Plan, pool: ThreadPool, batch: Int) {
    self.plan = plan
    self.batch = max(1, batch)
    self.pool = pool
    activations = FloatBuffer(count: plan.memory.total * self.batch)
    scratch = WorkerScratch(
      workers: pool.threads, floatsPerWorker: plan.scratchFloatsPerWorker)
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
        run(images: images, inputs: [source], outputs: [target])
      }
    }
  }

  /// Computes images whose values lie at given addresses, one for each input and output of the graph.
  ///
  /// - Parameter afterStep: called with the index of every step that has been computed.
  package func run(
    images: Int, inputs: [UnsafePointer<Float>], outputs: [UnsafeMutablePointer<Float>],
    afterStep: (Int) -> Void = { _ in }
  ) {
    var done = 0
    while done < images {
      let count = min(batch, images - done)
      let starts = zip(inputs, plan.inputs).map { $0 + done * $1.shape.count }
      for (index, step) in plan.steps.enumerated() {
        compute(step, images: count, graphInputs: starts)
        afterStep(index)
      }
      for (index, output) in plan.outputs.enumerated() {
        collect(
          plan.outputSources[index], images: count, perImage: output.shape.count,
          graphInputs: starts, into: outputs[index] + done * output.shape.count)
      }
      done += count
    }
  }

  private func compute(
    _ step: Plan.Step, images: Int, graphInputs: [UnsafePointer<Float>]
  ) {
    let output = start(of: step.output)
    let outputStride = plan.places[step.output].stride
    if case .plain(let operation, let parameters) = step.computation {
      let inputs = step.inputs.map { place($0, graphInputs) }
      let constants = parameters.map { UnsafePointer($0.start) }
      pool.forEach(images) { image, _ in
        Float.run(
          operation, inputs: inputs.map { $0.start + image * $0.stride }, parameters: constants,
          output: output + image * outputStride)
      }
      return
    }
    let input = place(step.inputs[0], graphInputs)
    let second = step.inputs.count > 1 ? place(step.inputs[1], graphInputs) : nil
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
    case .elements(let elements):
      guard let kernels = plan.kernels else { return }
      elements.run(
        images: images, input, second, output: (output, outputStride), kernels: kernels,
        pool: pool)
    }
  }

  /// Where a source's first image is, and how far the next image is from it.
  private func place(
    _ source: Plan.Source, _ graphInputs: [UnsafePointer<Float>]
  ) -> (start: UnsafePointer<Float>, stride: Int) {
    switch source {
    case .input(let index): (graphInputs[index], plan.inputs[index].shape.count)
    case .activation(let index):
      (UnsafePointer(start(of: index)), plan.places[index].stride)
    case .constant(let buffer): (UnsafePointer(buffer.start), 0)
    }
  }

  private func start(of activation: Int) -> UnsafeMutablePointer<Float> {
    let place = plan.places[activation]
    return activations.start + place.memory * batch + place.offset
  }

  private func collect(
    _ source: Plan.Source, images: Int, perImage: Int, graphInputs: [UnsafePointer<Float>],
    into output: UnsafeMutablePointer<Float>
  ) {
    let (start, step) = place(source, graphInputs)
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
