import PithGraph
import PithKernels

/// Layers that are computed while the one before them is written.
extension PlanBuilder {
  /// What can be computed while a layer writes its result: the addition of a value that is there already, then an
  /// activation, when nobody else needs what lies between.
  struct FusedTail {
    var layers: [String] = []
    var residual: String?
    var computation = Plan.Tail()
  }

  func fusedTail(
    _ layer: ResolvedGraph.ResolvedLayer, allowsResidual: Bool = true, allowsFunction: Bool = true
  ) -> FusedTail {
    var tail = FusedTail()
    var last = layer.layer.name
    func next() -> Layer? { graph.graph.soleConsumer(of: last, in: consumers) }
    if allowsResidual, let addition = next(), case .add = addition.operation,
      addition.inputs[0] != addition.inputs[1],
      let other = addition.inputs.first(where: { $0 != last }), values[other] != nil,
      !isConstant(other), graph.shapes[other] == layer.outputShape, layer.outputShape.rank == 3
    {
      tail.residual = other
      last = addition.name
      tail.layers.append(last)
    }
    guard let activation = next() else { return tail }
    switch activation.operation {
    case .relu: tail.computation.clamp = .relu
    case .clip(let clip):
      tail.computation.clamp = ClosedClamp(low: Float(clip.minimum), high: Float(clip.maximum))
    case .leakyReLU(let leaky) where allowsFunction:
      tail.computation.function = .leakyReLU(slope: Float(leaky.slope))
    case .elu(let elu) where allowsFunction:
      tail.computation.function = .elu(alpha: Float(elu.alpha))
    case .sigmoid where allowsFunction: tail.computation.function = .sigmoid
    case .hardSigmoid(let sigmoid) where allowsFunction:
      tail.computation.function = .hardSigmoid(
        slope: Float(sigmoid.slope), offset: Float(sigmoid.offset))
    case .hardSwish where allowsFunction: tail.computation.function = .hardSwish
    case .silu where allowsFunction: tail.computation.function = .silu
    case .gelu(let gelu) where allowsFunction:
      tail.computation.function = gelu.approximate ? .approximateGELU : .gelu
    case .tanh where allowsFunction: tail.computation.function = .tanh
    default: return tail
    }
    tail.layers.append(activation.name)
    return tail
  }
}
