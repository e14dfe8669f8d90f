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
  /// The batch norms that are part of a layer, by its name.
  private let foldedNorms: [String: [FoldedNorm]]
  private let source: any ParameterSource
  let algorithms: AlgorithmChoices
  /// What is to be read before the steps can be computed.
  var loading = WeightLoading()
  let consumers: [String: [Layer]]
  let layers: [String: ResolvedGraph.ResolvedLayer]
  /// What every input and layer so far has given.
  var values: [String: Value] = [:]
  /// The same values in the other layout, where that was needed.
  private var converted: [String: Value] = [:]
  /// The floats of weights that steps so far have.
  private var countedWeights = 0
  /// Layers that are computed together with one before them.
  var fused: Set<String> = []

  init(
    _ graph: ResolvedGraph, foldedNorms: [String: [FoldedNorm]], source: any ParameterSource,
    kernels: KernelSet, algorithms: AlgorithmChoices
  ) {
    self.graph = graph
    self.foldedNorms = foldedNorms
    self.source = source
    self.kernels = kernels.blocked
    self.algorithms = algorithms
    consumers = graph.graph.consumers
    layers = Dictionary(
      graph.layers.map { ($0.layer.name, $0) }, uniquingKeysWith: { first, _ in first })
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
      values[name] = Value(source: .constant(parameter(of: layer)))
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
      .plain(operation, parameters: plainParameters(of: layer)),
      kernel: "reference", inputs: inputs, of: layer, blocked: nil)
  }

  // MARK: parameters

  /// The only parameter of a layer as it is; it is there when everything was read.
  mutating func parameter(of layer: ResolvedGraph.ResolvedLayer) -> FloatBuffer {
    let (name, shape) = layer.parameters[0]
    return loading.copy(of: name, count: shape.count, isKept: true)
  }

  /// Lays out the weights of a layer, and writes its bias, both with the batch norms that are part of it.
  mutating func load(
    _ layer: ResolvedGraph.ResolvedLayer, outputs: Int, into weights: any PackedWeights,
    bias target: FloatBuffer
  ) {
    let name = layer.layer.name
    let norms = (foldedNorms[name] ?? []).map { loading.norm($0, channels: outputs) }
    loading.pack("\(name).weight", outputs: outputs, norms: norms, into: weights)
    let bias =
      source.has("\(name).bias")
      ? loading.copy(of: "\(name).bias", count: outputs, isKept: false) : nil
    guard bias != nil || !norms.isEmpty else { return }
    loading.atEnd {
      let fold = LoadedNorm.fold(norms, 0..<outputs)
      for n in 0..<outputs { target.start[n] = fold.bias(of: n, before: bias?.start[n] ?? 0) }
    }
  }

  /// The parameters of an operation without a fast kernel.
  private mutating func plainParameters(
    of layer: ResolvedGraph.ResolvedLayer
  ) -> [FloatBuffer] {
    guard foldedNorms[layer.layer.name] != nil else {
      return layer.parameters.map {
        loading.copy(of: $0.name, count: $0.shape.count, isKept: true)
      }
    }
    // Weight and bias of a convolution or a fully connected layer.
    let buffers = layer.parameters.map { loading.memory.floats($0.shape.count) }
    load(
      layer, outputs: buffers[1].count,
      into: PlainWeights(
        buffer: buffers[0], weightsPerOutput: buffers[0].count / buffers[1].count),
      bias: buffers[1])
    return buffers
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
    addStep([name], .elements(elements), inputs: [source], output: output, hasWeights: false)
    return .activation(output)
  }

  // MARK: steps

  /// Adds a step; its activation is known by the name of the last layer that it computes.
  ///
  /// - Parameters:
  ///   - layer: the one that gives the activation its shape.
  ///   - multiplyAdds: those of the layers before it.
  mutating func append(
    _ layers: [String], _ computation: Plan.Computation, kernel: String? = nil,
    inputs: [Plan.Source], of layer: ResolvedGraph.ResolvedLayer, multiplyAdds: Int = 0,
    blocked: BlockedShape?
  ) {
    let output = activations.add(blocked?.count ?? layer.outputShape.count)
    addStep(
      layers, computation, kernel: kernel, multiplyAdds: multiplyAdds + layer.multiplyAdds,
      inputs: inputs, output: output)
    if let last = layers.last {
      values[last] = Value(source: .activation(output), blocked: blocked)
    }
  }

  /// Adds a step that writes an activation which is there already.
  mutating func addStep(
    _ layers: [String], _ computation: Plan.Computation, kernel: String? = nil,
    multiplyAdds: Int = 0, inputs: [Plan.Source], output: Int, hasWeights: Bool = true
  ) {
    // Asked for since the last step that has some.
    let weights = hasWeights ? loading.memory.count : countedWeights
    steps.append(
      Plan.Step(
        layers: layers, kernel: kernel ?? computation.kernelName, multiplyAdds: multiplyAdds,
        weightFloats: weights - countedWeights, computation: computation, inputs: inputs,
        output: output))
    countedWeights = weights
  }
}
