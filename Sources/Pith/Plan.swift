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
    /// By the reference operation, image by image.
    case plain(KernelOperation, parameters: [FloatBuffer])
    /// `clamp(product + residual)`; the residual is the second input.
    case product(Product, clamp: ClosedClamp, hasResidual: Bool)
  }

  /// A layer whose weights have been packed for a matrix kernel.
  enum Product {
    case convolution(PackedConvolution)
    case fullyConnected(PackedFullyConnected)

    var isDepthwise: Bool {
      switch self {
      case .convolution(let layer): layer.geometry.isDepthwise
      case .fullyConnected: false
      }
    }

    var scratchFloatsPerWorker: Int {
      switch self {
      case .convolution(let layer): layer.scratchFloatsPerWorker
      case .fullyConnected(let layer): layer.scratchFloatsPerWorker
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
  let memory: MemoryPlan
  /// The number of values of each activation, for one image.
  let activationCounts: [Int]
  /// The floats that each thread of a session needs beside the activations.
  let scratchFloatsPerWorker: Int

  /// Decodes the weights of a model and prepares it.
  ///
  /// - Parameters:
  ///   - model: the model; not needed any more afterwards.
  ///   - threads: how many threads decode and pack; nil: as many as the process may use.
  /// - Throws: ``PithError`` with the code `checksumMismatch` when a chunk of the file is damaged.
  public init(_ model: Model, threads: Int? = nil) throws {
    let pool = ThreadPool(threads: threads ?? ThreadCount.available)
    try self.init(model.network(pool: pool), limits: model.limits)
  }

  /// Prepares a network.
  ///
  /// - Parameter kernels: nil: those that the environment asks for, else the fastest that this machine can run.
  package init(
    _ network: Network, limits: Limits = Limits(), kernels: KernelSet? = nil
  ) throws {
    let prepared = try network.preparedForInference()
    let graph = try prepared.graph.resolved(limits: limits)
    try graph.checkParameters(prepared.parameters.mapValues(\.shape))
    let builder = try PlanBuilder(
      graph, parameters: prepared.parameters, kernels: kernels ?? KernelSet.chosen())
    inputs = network.graph.inputs
    outputs = zip(network.graph.outputs, prepared.graph.outputs).map { name, source in
      Graph.Input(name, shape: graph.shapes[source] ?? [])
    }
    steps = builder.steps
    outputSources = prepared.graph.outputs.compactMap { builder.sources[$0] }
    memory = builder.memoryPlan(keeping: outputSources)
    activationCounts = builder.counts
    scratchFloatsPerWorker = steps.reduce(0) { largest, step in
      guard case .product(let product, _, _) = step.computation else { return largest }
      return max(largest, product.scratchFloatsPerWorker)
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
