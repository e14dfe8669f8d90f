import Pith
package import PithGraph
import PithKernels
package import PithTensor

/// A network made ready to train: its layers forwards and backwards over a batch, and where every value lies.
///
/// A value is kept after the forward pass only when the backward pass of a layer reads it; all others, and the gradients
/// by values, share memory as their lives allow. Reshapes are other names of the same values. Layers that do not lead to the
/// result are left out.
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
    /// Where its state begins in the memory.
    var state = 0
    /// For each input: whether its gradient is needed, and whether the step's part is added to others'.
    var gradients: [(isNeeded: Bool, adds: Bool)] = []
  }

  /// An input or the output of a layer, with its gradient.
  struct Value {
    let name: String
    /// For one image.
    let count: Int
    /// Which input of the network it is.
    let input: Int?
    /// Whether the loss's gradient by it leads to a parameter, or is asked for.
    var needsGradient: Bool
    /// Where it begins in the memory; not used by inputs.
    var place = 0
    var gradientPlace = 0
  }

  package let graph: ResolvedGraph
  /// The most images of a pass.
  package let batch: Int
  /// Trained ones first.
  package let parameters: [TrainingParameter]
  /// The numbers of values of all parameters, and of those that are trained.
  package let parameterCount: Int
  package let trainedCount: Int
  /// The memory for activations, their gradients and states, in values.
  package internal(set) var memoryCount = 0
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
  ///   - arithmetic: how layers are computed; nil: the fastest way that there is.
  /// - Throws: ``PithError`` when the graph does not resolve, has an operation without a gradient, or needs more memory than
  ///   can be counted.
  package init(
    _ graph: Graph, batch: Int, inputGradients: Bool = false, limits: Limits = Limits(),
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
    let layers = resolved.leading(to: output)
    let parameters = try TrainingParameter.all(of: layers)
    self.parameters = parameters
    parameterCount = parameters.last?.range.upperBound ?? 0
    trainedCount = parameters.last(where: \.isTrained)?.range.upperBound ?? 0
    var values = graph.inputs.enumerated().map { index, input in
      Value(
        name: input.name, count: input.shape.count, input: index, needsGradient: inputGradients)
    }
    var names = Dictionary(uniqueKeysWithValues: values.indices.map { (values[$0].name, $0) })
    let places = Dictionary(
      uniqueKeysWithValues: parameters.enumerated().map { ($1.name, $0) })
    var steps: [Step] = []
    for layer in layers {
      let inputs = layer.layer.inputs.compactMap { names[$0] }
      let operation = try TrainingOperation(layer)
      guard operation != .alias else {
        names[layer.layer.name] = inputs[0]
        continue
      }
      let own = layer.parameters.compactMap { places[$0.name] }
      let isNeeded = inputs.map { values[$0].needsGradient }
      names[layer.layer.name] = values.count
      steps.append(
        Step(
          name: layer.layer.name,
          arithmetic: (arithmetic ?? Scalar.arithmetic)(operation), inputs: inputs,
          output: values.count, parameters: own, gradients: isNeeded.map { ($0, false) }))
      values.append(
        Value(
          name: layer.layer.name, count: layer.outputShape.count, input: nil,
          needsGradient: isNeeded.contains(true) || own.contains { parameters[$0].isTrained }))
    }
    guard let result = names[output], values[result].needsGradient, values[result].input == nil
    else {
      throw PithError(
        .invalidGraph, "the network has nothing to train: no parameter has a part in its output")
    }
    self.result = result
    self.steps = steps
    self.values = values
    orderGradients()
    try placeValues()
  }

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
