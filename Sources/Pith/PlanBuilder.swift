import PithGraph
import PithKernels
import PithTensor

/// Turns the layers of a prepared graph into steps.
struct PlanBuilder {
  private(set) var steps: [Plan.Step] = []
  /// Where each value of the graph is.
  private(set) var sources: [String: Plan.Source] = [:]
  /// The number of values of each activation, for one image.
  private(set) var counts: [Int] = []
  private let graph: ResolvedGraph
  private let parameters: [String: Tensor]
  private let kernels: KernelSet
  private let consumers: [String: [Layer]]
  /// Layers that are computed together with one before them.
  private var fused: Set<String> = []

  init(_ graph: ResolvedGraph, parameters: [String: Tensor], kernels: KernelSet) throws {
    self.graph = graph
    self.parameters = parameters
    self.kernels = kernels
    consumers = graph.graph.consumers
    for (index, input) in graph.graph.inputs.enumerated() { sources[input.name] = .input(index) }
    for layer in graph.layers where !fused.contains(layer.layer.name) { try add(layer) }
  }

  private mutating func add(_ layer: ResolvedGraph.ResolvedLayer) throws {
    let name = layer.layer.name
    let inputs = layer.layer.inputs.compactMap { sources[$0] }
    let tensors = layer.parameters.compactMap { parameters[$0.name] }
    guard !layer.layer.operation.isConstant else {
      sources[name] = .constant(FloatBuffer(tensors[0].values))
      return
    }
    switch layer.kernelOperation {
    // The same values under another name.
    case .copy: sources[name] = inputs[0]
    case .convolution where isPacked(inputs[0]), .fullyConnected where isPacked(inputs[0]):
      try addProduct(layer, input: inputs[0], tensors)
    case let operation:
      append(
        [name], .plain(operation, parameters: tensors.map { FloatBuffer($0.values) }),
        kernel: "reference", inputs: inputs, of: layer)
    }
  }

  /// Whether a matrix kernel computes a layer of this input: they read one image after the other, which a constant,
  /// the same for all of them, does not have.
  private func isPacked(_ input: Plan.Source) -> Bool {
    if case .constant = input { return false }
    return kernels.instructionSet != .reference
  }

  /// A convolution or fully connected layer, with the addition and the clamp that follow it.
  private mutating func addProduct(
    _ layer: ResolvedGraph.ResolvedLayer, input: Plan.Source, _ tensors: [Tensor]
  ) throws {
    let tail = FusedTail(layer, consumers: consumers, graph: graph, available: sources)
    let weights = tensors[0].values
    let bias = tensors.count > 1 ? tensors[1].values : nil
    let product: Plan.Product =
      switch layer.kernelOperation {
      case .fullyConnected(let inputs, let outputs, _):
        .fullyConnected(
          try PackedFullyConnected(
            inputs: inputs, outputs: outputs, weights: weights, bias: bias, kernels: kernels))
      case let operation:
        .convolution(
          try PackedConvolution(
            ConvolutionGeometry(operation), weights: weights, bias: bias, kernels: kernels))
      }
    fused.formUnion(tail.layers)
    append(
      [layer.layer.name] + tail.layers,
      .product(product, clamp: tail.clamp, hasResidual: tail.residual != nil),
      kernel: product.isDepthwise ? kernels.depthwise.name : kernels.gemm.name,
      inputs: [input] + (tail.residual.flatMap { sources[$0] }.map { [$0] } ?? []), of: layer)
  }

  /// Adds a step; its activation is known by the name of the last layer that it computes.
  private mutating func append(
    _ layers: [String], _ computation: Plan.Computation, kernel: String, inputs: [Plan.Source],
    of layer: ResolvedGraph.ResolvedLayer
  ) {
    steps.append(
      Plan.Step(
        layers: layers, kernel: kernel, multiplyAdds: layer.multiplyAdds, computation: computation,
        inputs: inputs, output: counts.count))
    if let last = layers.last { sources[last] = .activation(counts.count) }
    counts.append(layer.outputShape.count)
  }

  /// Places the activations; those that are results stay to the end.
  func memoryPlan(keeping results: [Plan.Source]) -> MemoryPlan {
    var activations = counts.map { MemoryPlan.Activation(count: $0, life: 0...0) }
    for (index, step) in steps.enumerated() {
      activations[step.output].life = index...index
      for case .activation(let used) in step.inputs {
        activations[used].life = activations[used].life.lowerBound...index
      }
    }
    for case .activation(let kept) in results {
      activations[kept].life = activations[kept].life.lowerBound...steps.count
    }
    return MemoryPlan(activations)
  }
}

/// What can be computed while a convolution or fully connected layer writes its result: the addition of a value
/// that is there already, then a clamp, when nobody else needs what lies between.
private struct FusedTail {
  private(set) var layers: [String] = []
  private(set) var residual: String?
  private(set) var clamp = ClosedClamp.none

  init(
    _ layer: ResolvedGraph.ResolvedLayer, consumers: [String: [Layer]], graph: ResolvedGraph,
    available: [String: Plan.Source]
  ) {
    var last = layer.layer.name
    func next() -> Layer? { graph.graph.soleConsumer(of: last, in: consumers) }
    if let addition = next(), case .add = addition.operation,
      addition.inputs[0] != addition.inputs[1],
      let other = addition.inputs.first(where: { $0 != last }),
      graph.shapes[other] == layer.outputShape
    {
      switch available[other] {
      case .input, .activation:
        residual = other
        last = addition.name
        layers.append(last)
      // A constant is the same for every image, not laid out as the output is.
      case .constant, nil: break
      }
    }
    guard let activation = next() else { return }
    switch activation.operation {
    case .relu: clamp = .relu
    case .clip(let clip): clamp = ClosedClamp(low: Float(clip.minimum), high: Float(clip.maximum))
    default: return
    }
    layers.append(activation.name)
  }
}

extension ConvolutionGeometry {
  /// - Parameter operation: a convolution.
  fileprivate init(_ operation: KernelOperation) throws {
    guard case .convolution(let window, let channels, let outputs, let groups, _) = operation else {
      throw PithError(.unsupported, "only convolutions have a convolution's geometry")
    }
    try self.init(
      inputChannels: channels, outputChannels: outputs, inputHeight: window.inputHeight,
      inputWidth: window.inputWidth, kernel: Pair(window.kernelHeight, window.kernelWidth),
      stride: Pair(window.strideHeight, window.strideWidth),
      padding: Padding(
        top: window.top, left: window.left, bottom: window.bottom, right: window.right),
      dilation: Pair(window.dilationHeight, window.dilationWidth), groups: groups)
  }
}
