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

  init(_ graph: ResolvedGraph, parameters: [String: Tensor]) throws {
    for (index, input) in graph.graph.inputs.enumerated() { sources[input.name] = .input(index) }
    for layer in graph.layers { add(layer, parameters) }
  }

  private mutating func add(
    _ layer: ResolvedGraph.ResolvedLayer, _ parameters: [String: Tensor]
  ) {
    let name = layer.layer.name
    let inputs = layer.layer.inputs.compactMap { sources[$0] }
    let buffers = layer.parameters.compactMap { parameters[$0.name].map { FloatBuffer($0.values) } }
    switch layer.layer.operation {
    case .constant: sources[name] = .constant(buffers[0])
    // The same values under another name.
    case .flatten, .reshape, .dropout, .identity: sources[name] = inputs[0]
    case .convolution, .batchNorm, .fullyConnected, .maxPool, .averagePool, .globalAveragePool,
      .relu, .clip, .leakyReLU, .sigmoid, .tanh, .softmax, .add, .multiply, .concat, .pad, .slice:
      steps.append(
        Plan.Step(
          layers: [name], computation: .plain(layer.kernelOperation, parameters: buffers),
          inputs: inputs, output: counts.count))
      sources[name] = .activation(counts.count)
      counts.append(layer.outputShape.count)
    }
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
