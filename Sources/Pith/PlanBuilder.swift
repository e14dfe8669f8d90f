import PithGraph
import PithKernels
import PithTensor
import PithThreads

/// Turns the layers of a prepared graph into steps.
///
/// Images lie in channel blocks from the first layer that computes in them to the last, and are put in order again only
/// where an operation without a fast kernel, or the caller, needs them so.
struct PlanBuilder {
  /// Where a value is, and how it lies there.
  struct Value {
    var source: Plan.Source
    /// The blocks that the values lie in; nil: they lie in order.
    var blocked: BlockedShape?
  }

  var steps: [Plan.Step] = []
  var activations = ActivationPlaces()
  let graph: ResolvedGraph
  let kernels: BlockedKernelSet?
  private let parameters: [String: Tensor]
  let isExact: Bool
  let pool: ThreadPool?
  let consumers: [String: [Layer]]
  /// What every input and layer so far has given.
  var values: [String: Value] = [:]
  /// The same values in the other layout, where that was needed.
  private var converted: [String: Value] = [:]
  /// Layers that are computed together with one before them.
  var fused: Set<String> = []

  init(
    _ graph: ResolvedGraph, parameters: [String: Tensor], kernels: KernelSet, isExact: Bool,
    pool: ThreadPool?
  ) {
    self.graph = graph
    self.parameters = parameters
    self.kernels = kernels.blocked
    self.isExact = isExact
    self.pool = pool
    consumers = graph.graph.consumers
    for (index, input) in graph.graph.inputs.enumerated() {
      values[input.name] = Value(source: .input(index))
    }
    for layer in graph.layers where !fused.contains(layer.layer.name) { add(layer) }
  }

  /// Where the results are, in order.
  mutating func results() -> [Plan.Source] { graph.graph.outputs.map { plain($0) } }

  private mutating func add(_ layer: ResolvedGraph.ResolvedLayer) {
    let name = layer.layer.name
    guard !layer.layer.operation.isConstant else {
      values[name] = Value(source: .constant(FloatBuffer(tensors(of: layer)[0].values)))
      return
    }
    let operation = layer.kernelOperation
    // The same values under another name.
    if case .copy = operation {
      values[name] = values[layer.layer.inputs[0]]
      return
    }
    if let kernels, addBlocked(layer, operation, kernels) { return }
    let inputs = layer.layer.inputs.map { plain($0) }
    append(
      [name],
      .plain(operation, parameters: tensors(of: layer).map { FloatBuffer($0.values) }),
      kernel: "reference", inputs: inputs, of: layer, blocked: nil)
  }

  func tensors(of layer: ResolvedGraph.ResolvedLayer) -> [Tensor] {
    layer.parameters.compactMap { parameters[$0.name] }
  }

  // MARK: layouts

  func isConstant(_ name: String) -> Bool {
    if case .constant = values[name]?.source { true } else { false }
  }

  /// The blocks that a value of three dimensions takes.
  func shape(of name: String) -> BlockedShape? {
    guard let shape = graph.shapes[name], shape.rank == 3 else { return nil }
    return BlockedShape(channels: shape[0], height: shape[1], width: shape[2])
  }

  /// A value of three dimensions in blocks.
  mutating func blocked(_ name: String) -> Plan.Source? {
    guard let shape = shape(of: name), !isConstant(name) else { return nil }
    if let value = values[name], value.blocked == shape { return value.source }
    if let value = converted[name], value.blocked == shape { return value.source }
    let source = convert(name, plain(name), .toBlocks(shape), count: shape.count)
    converted[name] = Value(source: source, blocked: shape)
    return source
  }

  /// A value with its numbers in order.
  mutating func plain(_ name: String) -> Plan.Source {
    guard let value = values[name] else { return .input(0) }
    // Blocks of one pixel are in order as they are.
    guard let shape = value.blocked, shape.pixels > 1 else { return value.source }
    if let value = converted[name], value.blocked == nil { return value.source }
    let source = convert(
      name, value.source, .fromBlocks(shape), count: shape.channels * shape.pixels)
    converted[name] = Value(source: source)
    return source
  }

  /// Values in order, with zeros up to a whole block.
  mutating func filled(_ source: Plan.Source, count: Int) -> Plan.Source {
    let shape = BlockedShape(channels: count, height: 1, width: 1)
    return convert("input", source, .toBlocks(shape), count: shape.count)
  }

  private mutating func convert(
    _ name: String, _ source: Plan.Source, _ elements: BlockedElements, count: Int
  ) -> Plan.Source {
    let output = activations.add(count)
    steps.append(
      Plan.Step(
        layers: [name], kernel: elements.name, multiplyAdds: 0, computation: .elements(elements),
        inputs: [source], output: output))
    return .activation(output)
  }

  // MARK: steps

  /// One number for each lane of an image's blocks.
  func lanes(_ numbers: [Float], filling shape: BlockedShape) -> FloatBuffer {
    FloatBuffer(numbers + [Float](repeating: 0, count: shape.blocks * 8 - numbers.count))
  }

  /// Adds a step; its activation is known by the name of the last layer that it computes.
  mutating func append(
    _ layers: [String], _ computation: Plan.Computation, kernel: String? = nil,
    inputs: [Plan.Source], of layer: ResolvedGraph.ResolvedLayer, blocked: BlockedShape?
  ) {
    let output = activations.add(blocked?.count ?? layer.outputShape.count)
    steps.append(
      Plan.Step(
        layers: layers, kernel: kernel ?? computation.kernelName,
        multiplyAdds: layer.multiplyAdds, computation: computation, inputs: inputs,
        output: output))
    if let last = layers.last {
      values[last] = Value(source: .activation(output), blocked: blocked)
    }
  }

  /// Places the activations; those that are results stay to the end.
  func memoryPlan(keeping results: [Plan.Source]) -> MemoryPlan {
    activations.memoryPlan(steps: steps, keeping: results)
  }
}
