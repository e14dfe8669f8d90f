import PithFormat
package import PithGraph
package import PithKernels
import PithTensor
package import PithThreads

/// A model made ready to run: fused layers, chosen kernels, packed weights, and where activations lie.
///
/// Made once and shared by any number of sessions on any threads.
public struct Plan: Sendable {
  /// Where a step finds an input.
  enum Source {
    /// Among the inputs of the graph.
    case input(Int)
    /// Among the activations.
    case activation(Int)
    /// A tensor of the model, the same for every image.
    case constant(FloatBuffer)
  }

  /// One thing to compute, into one activation.
  package struct Step: Sendable {
    /// The layers that it computes, first to last.
    package let layers: [String]
    /// The name of the kernel that does it.
    package let kernel: String
    /// The multiplications with an addition for one image.
    package let multiplyAdds: Int
    /// The numbers of its weights as they are laid out.
    let weightFloats: Int
    let computation: Computation
    let inputs: [Source]
    /// The index of the activation that it writes.
    let output: Int
  }

  /// How a step is computed. Indirect, so that a step that is taken from the plan is not copied field by field.
  indirect enum Computation {
    /// By the reference operation, image by image, on values in order.
    case plain(KernelOperation, parameters: [FloatBuffer])
    case convolution(BlockedConvolution, Tail)
    case fullyConnected(BlockedFullyConnected, Tail)
    case window(BlockedWindow, Tail)
    /// A convolution and a window over its results.
    case fusion(WindowFusion, between: Tail, Tail)
    case elements(BlockedElements)

    /// What listings call it.
    var kernelName: String {
      switch self {
      case .plain: "reference"
      case .convolution(let layer, _): layer.kernelName
      case .fullyConnected(let layer, _): layer.kernelName
      case .window(let window, _): window.kernelName
      case .fusion(let layers, _, _): layers.kernelName
      case .elements(let elements): elements.name
      }
    }

    /// The floats that each thread needs beside the activations.
    var scratchFloatsPerWorker: Int {
      switch self {
      case .convolution(let layer, _): layer.scratchFloatsPerWorker
      case .fusion(let layers, _, _): layers.scratchFloatsPerWorker
      case .plain, .fullyConnected, .window, .elements: 0
      }
    }
  }

  /// What follows a sum before it is written: `function(clamp(sum + residual))`; the residual is the second input.
  struct Tail {
    var clamp = ClosedClamp.none
    var hasResidual = false
    var function: MapFunction?
  }

  /// What a plan may take of a machine's memory.
  public enum MemoryUse: Sendable, CaseIterable {
    /// Weights are laid out for speed, at most 2.5 times as large as in 32 bits each.
    case normal
    /// Weights take no more memory than in 32 bits each, but for padding; some convolutions are slower.
    case small

    /// How many times as large as in 32 bits each the weights may be.
    var bound: Double {
      switch self {
      case .normal: 2.5
      case .small: 1
      }
    }
  }

  /// The inputs of the graph; shapes are without the batch.
  public let inputs: [Graph.Input]
  /// The outputs of the graph by their names in the model, shapes without the batch.
  public let outputs: [Graph.Input]
  package let steps: [Step]
  /// Where each output is.
  let outputSources: [Source]
  /// Where the activations of images lie that go through all steps together, in values for one image.
  let memory: MemoryPlan
  /// The steps that a large batch goes through in pieces, if any.
  package let early: EarlySteps?
  /// The bytes of the weights as they are laid out, and of all other numbers that the plan keeps.
  package let weightBytes: Int
  /// For each activation the one whose memory it lies in, how many values after its start, and how far the next image is.
  let places: [(root: Int, offset: Int, stride: Int)]
  let kernels: BlockedKernelSet?
  /// The floats that each thread of a session needs beside the activations.
  let scratchFloatsPerWorker: Int

  /// Decodes the weights of a model and prepares it.
  ///
  /// - Parameters:
  ///   - model: the model; not needed any more afterwards.
  ///   - threads: how many threads decode and pack; nil: as many as the process may use.
  ///   - isExact: whether only plain sums are allowed: Winograd's convolution, which is faster, rounds more.
  ///   - memory: what matters more, speed or memory.
  /// - Throws: ``PithError`` with the code `checksumMismatch` when a chunk of the file is damaged.
  public init(
    _ model: Model, threads: Int? = nil, isExact: Bool = false, memory: MemoryUse = .normal
  ) throws {
    try self.init(
      model, pool: ThreadPool(threads: threads ?? ThreadCount.available), isExact: isExact,
      memory: memory)
  }

  /// The same on the threads of a pool.
  package init(
    _ model: Model, pool: ThreadPool, isExact: Bool = false, memory: MemoryUse = .normal
  ) throws {
    try self.init(
      model.graph, prepared: model.graph.preparedForInference(),
      parameters: StoredParameters(container: model.container), limits: model.limits,
      kernels: KernelSet.chosen(), isExact: isExact, memory: memory, pool: pool)
  }

  /// Prepares a network whose weights are in memory, batch norms folded into them one by one.
  ///
  /// - Parameter kernels: nil: those that the environment asks for, else the fastest that this machine can run.
  package init(
    _ network: Network, limits: Limits = Limits(), kernels: KernelSet? = nil,
    isExact: Bool = false, memory: MemoryUse = .normal
  ) throws {
    let prepared = try network.preparedForInference(limits: limits)
    try self.init(
      network.graph, prepared: PreparedGraph(graph: prepared.graph),
      parameters: LoadedParameters(tensors: prepared.parameters), limits: limits,
      kernels: kernels ?? KernelSet.chosen(), isExact: isExact, memory: memory,
      pool: ThreadPool(threads: 1))
  }

  /// - Parameters:
  ///   - graph: the graph as the caller knows it.
  ///   - prepared: the same graph after all passes.
  ///   - parameters: what `graph` needs, checked to be there and to have its shapes.
  private init(
    _ graph: Graph, prepared: PreparedGraph, parameters: any ParameterSource, limits: Limits,
    kernels: KernelSet, isExact: Bool, memory use: MemoryUse, pool: ThreadPool
  ) throws {
    let resolved = try prepared.graph.resolved(limits: limits)
    var builder = PlanBuilder(
      resolved, foldedNorms: prepared.foldedNorms, source: parameters, kernels: kernels,
      algorithms: AlgorithmChoices(resolved, isExact: isExact, bound: use.bound))
    self.kernels = kernels.blocked
    inputs = graph.inputs
    outputs = zip(graph.outputs, prepared.graph.outputs).map { name, source in
      Graph.Input(name, shape: resolved.shapes[source] ?? [])
    }
    outputSources = builder.results()
    steps = builder.steps
    let activations = builder.activations
    memory = activations.memoryPlan(activations.lives(steps: steps, keeping: outputSources))
    early = EarlySteps(steps, activations, keeping: outputSources)
    places = activations.counts.indices.map { index in
      let root = activations.root(of: index)
      return (root.index, root.offset, activations.counts[root.index])
    }
    scratchFloatsPerWorker = steps.reduce(0) { max($0, $1.computation.scratchFloatsPerWorker) }
    weightBytes = builder.loading.memory.count * MemoryLayout<Float>.stride
    try builder.loading.run(from: parameters, pool: pool)
  }
}
