import Pith
package import PithGraph
package import PithKernels
package import PithTensor

/// A network made ready to train: its layers forwards and backwards over a batch, and where every value lies.
///
/// A value is kept after the forward pass only when the backward pass of a layer reads it; all others, and the gradients
/// by values, share memory as their lives allow. Reshapes are other names of the same values. Layers that do not lead to the
/// result are left out.
///
/// Layers lay out their weights in memory of the plan: one session at a time may use it.
package struct TrainingPlan<Scalar: TrainingScalar> {
  /// A layer's place in the plan.
  struct Step {
    let name: String
    let arithmetic: LayerImplementation<Scalar>
    /// Indices of values, and of one.
    let inputs: [Int]
    let output: Int
    /// Indices of parameters.
    let parameters: [Int]
    /// Whether it only puts a layer's value in another order.
    var isReordering = false
    /// Where its state begins in the memory.
    var state = 0
    /// For each input: whether its gradient is needed, and whether the step's part is added to others'.
    var gradients: [(isNeeded: Bool, adds: Bool)] = []
  }

  /// An input or the output of a layer, with its gradient.
  struct Value {
    var name: String
    let layout: ValueLayout
    /// The values of one image.
    let plainCount: Int
    /// Which input of the network it is.
    let input: Int?
    /// Whether the loss's gradient by it leads to a parameter, or is asked for.
    var needsGradient: Bool
    /// Where it begins in the memory; not used by inputs.
    var place = 0
    var gradientPlace = 0

    /// What one image takes.
    var count: Int { layout.storedCount(of: plainCount) }
  }

  package let graph: ResolvedGraph
  /// The most images of a pass.
  package let batch: Int
  /// Of the kernels.
  package let instructionSet: InstructionSet
  /// Trained ones first.
  package let parameters: [TrainingParameter]
  /// The numbers of values of all parameters, and of those that are trained.
  package let parameterCount: Int
  package let trainedCount: Int
  /// The memory for activations, their gradients and states, in values.
  package internal(set) var memoryCount = 0
  /// The floats in which layers lay out their weights.
  package private(set) var packedCount = 0
  /// The most that any of its layers needs for itself.
  package private(set) var scratch = ScratchNeed()
  /// The values that backward passes read, in values: the least that any plan must keep.
  package internal(set) var retainedCount = 0
  var steps: [Step] = []
  var values: [Value] = []
  /// The value that the loss is computed from.
  let result: Int

  /// - Parameters:
  ///   - graph: a network with one output.
  ///   - batch: the most images of a pass.
  ///   - inputGradients: whether gradients by the network's inputs are computed, too.
  ///   - kernels: nil: those that the environment asks for, else the fastest.
  ///   - fuses: whether clips such as ReLU may be computed with the layer before them, whose own values are not seen then,
  ///     and after a max pool instead of before it.
  ///   - arithmetic: how layers are computed; nil: the fastest way that there is.
  /// - Throws: ``PithError`` when the graph does not resolve, has an operation without a gradient, or needs more memory than
  ///   can be counted.
  package init(
    _ graph: Graph, batch: Int, inputGradients: Bool = false, limits: Limits = Limits(),
    kernels: KernelSet? = nil, fuses: Bool = true,
    arithmetic: ((TrainingOperation) -> LayerImplementation<Scalar>)? = nil
  ) throws {
    let resolved = try graph.resolved(limits: limits)
    try resolved.checkGradients()
    guard graph.outputs.count == 1, let output = graph.outputs.first else {
      throw PithError(
        .invalidGraph,
        "a network with \(graph.outputs.count) outputs cannot be trained; it must have one")
    }
    guard batch >= 1 else {
      throw PithError(.invalidArgument, "a batch of \(batch) images: there must be at least 1")
    }
    self.graph = resolved
    self.batch = batch
    let layers =
      fuses
      ? try graph.withClipsBehindPools().resolved(limits: limits).leading(to: output)
      : resolved.leading(to: output)
    let parameters = try TrainingParameter.all(of: layers)
    self.parameters = parameters
    parameterCount = parameters.last?.range.upperBound ?? 0
    trainedCount = parameters.last(where: \.isTrained)?.range.upperBound ?? 0
    let kernels = TrainingKernels(try kernels ?? KernelSet.chosen(), batch: batch)
    instructionSet = kernels.kernels.instructionSet
    var made = try TrainingSteps(
      inputs: graph.inputs.enumerated().map { index, input in
        Value(
          name: input.name, layout: .plain, plainCount: input.shape.count, input: index,
          needsGradient: inputGradients)
      }, layers: layers, parameters: parameters, output: output, fuses: fuses, kernels: kernels,
      arithmetic: arithmetic)
    let result = made.result()
    kernels.memory.prepare()
    packedCount = kernels.memory.most
    (steps, values) = (made.steps, made.values)
    guard let result, values[result].needsGradient, values[result].input == nil
    else {
      throw PithError(
        .invalidGraph, "the network has nothing to train: no parameter has a part in its output")
    }
    self.result = result
    for step in steps { scratch.formUnion(step.arithmetic.scratch) }
    orderGradients()
    try placeValues()
  }

  /// The last layer with weights and those that follow it; several where branches end.
  ///
  /// Each of its units is told by other labels than the rest, so they learn different things however equal they begin.
  var lastLayers: Set<String> {
    let weighted = Set(parameters.filter { $0.kind == .weight }.map(\.layer))
    var leading: Set<String> = []
    for layer in graph.layers.reversed()
    where weighted.contains(layer.layer.name) || leading.contains(layer.layer.name) {
      leading.formUnion(layer.layer.inputs)
    }
    return Set(graph.layers.map(\.layer.name)).subtracting(leading)
  }

  /// The values that are put in another order between layers.
  package var reorderings: [String] { steps.filter(\.isReordering).map(\.name) }

  /// The gradient of a value that several layers use is written by the last of them and added to by the others.
  private mutating func orderGradients() {
    var written: Set<Int> = [result]
    for index in steps.indices.reversed() {
      for (position, input) in steps[index].inputs.enumerated()
      where steps[index].gradients[position].isNeeded {
        steps[index].gradients[position].adds = !written.insert(input).inserted
      }
    }
  }
}

extension ResolvedGraph {
  /// The layers that the value of a name is computed from, in order.
  fileprivate func leading(to output: String) -> [ResolvedLayer] {
    var needed: Set<String> = [output]
    var found: [ResolvedLayer] = []
    for layer in layers.reversed() where needed.contains(layer.layer.name) {
      needed.formUnion(layer.layer.inputs)
      found.append(layer)
    }
    return found.reversed()
  }
}
