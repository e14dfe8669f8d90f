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
    let computation: Computation
    let inputs: [Source]
    /// The index of the activation that it writes.
    let output: Int
  }

  /// How a step is computed.
  enum Computation {
    /// By the reference operation, image by image, on values in order.
    case plain(KernelOperation, parameters: [FloatBuffer])
    case convolution(BlockedConvolution, Tail)
    case fullyConnected(BlockedFullyConnected, Tail)
    case window(BlockedWindow, Tail)
    case elements(BlockedElements)

    /// What listings call it.
    var kernelName: String {
      switch self {
      case .plain: "reference"
      case .convolution(let layer, _): layer.kernelName
      case .fullyConnected(let layer, _): layer.kernelName
      case .window(let window, _): window.kernelName
      case .elements(let elements): elements.name
      }
    }
  }

  /// What follows a sum before it is written: `function(clamp(sum + residual))`; the residual is the second input.
  struct Tail {
    var clamp = ClosedClamp.none
    var hasResidual = false
    var function: MapFunction?
  }

  /// The inputs of the graph; shapes are without the batch.
  public let inputs: [Graph.Input]
  /// The outputs of the graph by their names in the model, shapes without the batch.
  public let outputs: [Graph.Input]
  package let steps: [Step]
  /// Where each output is.
  let outputSources: [Source]
  let memory: MemoryPlan
  /// For each activation where it begins, in values for one image of what it lies in, and how far the next image is.
  let places: [(memory: Int, offset: Int, stride: Int)]
  let kernels: BlockedKernelSet?
  /// The floats that each thread of a session needs beside the activations.
  let scratchFloatsPerWorker: Int

  /// Decodes the weights of a model and prepares it.
  ///
  /// - Parameters:
  ///   - model: the model; not needed any more afterwards.
  ///   - threads: how many threads decode and pack; nil: as many as the process may use.
  ///   - isExact: whether only plain sums are allowed: Winograd's convolution, which is faster, rounds more.
  /// - Throws: ``PithError`` with the code `checksumMismatch` when a chunk of the file is damaged.
  public init(_ model: Model, threads: Int? = nil, isExact: Bool = false) throws {
    let pool = ThreadPool(threads: threads ?? ThreadCount.available)
    try self.init(
      model.network(pool: pool), limits: model.limits, isExact: isExact,
      pool: pool)
  }

  /// Prepares a network.
  ///
  /// - Parameters:
  ///   - kernels: nil: those that the environment asks for, else the fastest that this machine can run.
  ///   - pool: whose threads lay the weights out.
  package init(
    _ network: Network, limits: Limits = Limits(), kernels: KernelSet? = nil,
    isExact: Bool = false, pool: ThreadPool? = nil
  ) throws {
    let prepared = try network.preparedForInference()
    let graph = try prepared.graph.resolved(limits: limits)
    try graph.checkParameters(prepared.parameters.mapValues(\.shape))
    let kernels = try kernels ?? KernelSet.chosen()
    var builder = PlanBuilder(
      graph, parameters: prepared.parameters, kernels: kernels, isExact: isExact,
      pool: pool)
    self.kernels = kernels.blocked
    inputs = network.graph.inputs
    outputs = zip(network.graph.outputs, prepared.graph.outputs).map { name, source in
      Graph.Input(name, shape: graph.shapes[source] ?? [])
    }
    outputSources = builder.results()
    steps = builder.steps
    let memory = builder.memoryPlan(keeping: outputSources)
    self.memory = memory
    let activations = builder.activations
    places = activations.counts.indices.map { index in
      let root = activations.root(of: index)
      return (memory.offsets[root.index], root.offset, activations.counts[root.index])
    }
    scratchFloatsPerWorker = steps.reduce(0) { largest, step in
      guard case .convolution(let layer, _) = step.computation else { return largest }
      return max(largest, layer.scratchFloatsPerWorker)
    }
  }
}

extension Model {
  /// The graph with all its weights, decoded on a pool's threads.
  package func network(pool: ThreadPool) throws -> Network {
    let decoded = try container.decodeAll(workers: pool.threads) { count, body in
      pool.forEach(count, body)
    }
    var parameters = try decoded.byName()
    parameters[Preprocessing.meanImageName] = nil
    return Network(graph: graph, parameters: parameters)
  }
}
