import PithGraph
import PithKernels

/// The steps of a plan as they are put together, layer by layer.
struct TrainingSteps<Scalar: TrainingScalar> {
  typealias Plan = TrainingPlan<Scalar>

  private(set) var steps: [Plan.Step] = []
  private(set) var values: [Plan.Value]
  /// The value of each input and layer.
  private var names: [String: Int]
  /// The same values in another layout.
  private var copies: [Copy: Int] = [:]
  /// The step that each value is made by.
  private var makers: [Int: Int] = [:]
  /// How many layers use each value.
  private let uses: [String: Int]
  private let parameters: [TrainingParameter]
  private let places: [String: Int]
  private let output: String
  private let fuses: Bool
  private let kernels: TrainingKernels
  private let arithmetic: ((TrainingOperation) -> LayerImplementation<Scalar>)?

  private struct Copy: Hashable {
    let value: Int
    let layout: ValueLayout
  }

  /// - Parameters:
  ///   - inputs: those of the network.
  ///   - fuses: whether a clip, such as ReLU, may be computed with the layer before it.
  ///   - arithmetic: how layers are computed; nil: the fastest way that there is.
  init(
    inputs: [Plan.Value], layers: [ResolvedGraph.ResolvedLayer],
    parameters: [TrainingParameter], output: String, fuses: Bool, kernels: TrainingKernels,
    arithmetic: ((TrainingOperation) -> LayerImplementation<Scalar>)?
  ) throws {
    values = inputs
    names = Dictionary(uniqueKeysWithValues: inputs.indices.map { (inputs[$0].name, $0) })
    uses = layers.reduce(into: [:]) { uses, layer in
      for input in layer.layer.inputs { uses[input, default: 0] += 1 }
    }
    self.parameters = parameters
    places = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($1.name, $0) })
    self.output = output
    self.fuses = fuses
    self.kernels = kernels
    self.arithmetic = arithmetic
    for layer in layers { try add(layer) }
  }

  /// The value that the loss is computed from, row-major.
  mutating func result() -> Int? {
    names[output].map { values[$0].input == nil ? value($0, in: .plain) : $0 }
  }

  private mutating func add(_ layer: ResolvedGraph.ResolvedLayer) throws {
    let inputs = layer.layer.inputs.compactMap { names[$0] }
    let operation = try TrainingOperation(layer)
    guard operation != .alias else {
      names[layer.layer.name] = inputs[0]
      return
    }
    if fuse(operation, layer, inputs) { return }
    let implementation =
      arithmetic?(operation)
      ?? Scalar.fastArithmetic(
        for: operation, layouts: inputs.map { values[$0].layout }, kernels)
      ?? Scalar.arithmetic(for: operation)
    let laidOut = inputs.enumerated().map { position, input in
      value(input, in: implementation.inputLayouts?[position] ?? .plain)
    }
    let own = layer.parameters.compactMap { places[$0.name] }
    append(
      layer.layer.name, implementation, inputs: laidOut, parameters: own,
      count: layer.outputShape.count)
    names[layer.layer.name] = values.count - 1
  }

  /// Lets the layer before compute a clip with its own values, when nobody else uses these.
  private mutating func fuse(
    _ operation: TrainingOperation, _ layer: ResolvedGraph.ResolvedLayer, _ inputs: [Int]
  ) -> Bool {
    guard fuses, case .kernel(.map(.clip(let minimum, let maximum), _)) = operation,
      let input = layer.layer.inputs.first, uses[input] == 1, input != output,
      let maker = makers[inputs[0]], steps[maker].name == input,
      let clamped = steps[maker].arithmetic.clamped
    else { return false }
    let clamp = ClosedClamp(low: Float(minimum), high: Float(maximum))
    let name = layer.layer.name
    steps[maker] = Plan.Step(
      name: name, arithmetic: clamped(clamp), inputs: steps[maker].inputs,
      output: steps[maker].output, parameters: steps[maker].parameters,
      gradients: steps[maker].gradients)
    values[inputs[0]].name = name
    names[name] = inputs[0]
    return true
  }

  private mutating func append(
    _ name: String, _ implementation: LayerImplementation<Scalar>, inputs: [Int],
    parameters own: [Int], count: Int, isReordering: Bool = false
  ) {
    let isNeeded = inputs.map { values[$0].needsGradient }
    makers[values.count] = steps.count
    steps.append(
      Plan.Step(
        name: name, arithmetic: implementation, inputs: inputs, output: values.count,
        parameters: own, isReordering: isReordering, gradients: isNeeded.map { ($0, false) }))
    values.append(
      Plan.Value(
        name: name, layout: implementation.outputLayout, plainCount: count, input: nil,
        needsGradient: isNeeded.contains(true) || own.contains { parameters[$0].isTrained }))
  }

  /// The same value in a layout, for which a step is added where it does not exist yet.
  private mutating func value(_ index: Int, in layout: ValueLayout) -> Int {
    let value = values[index]
    guard value.layout != layout else { return index }
    if let copy = copies[Copy(value: index, layout: layout)] { return copy }
    // From blocks to other blocks by way of row-major order.
    let source = value.layout == .plain || layout == .plain ? index : self.value(index, in: .plain)
    guard
      let implementation = Scalar.reordering(
        from: values[source].layout, to: layout, kernels)
    else { preconditionFailure("only blocked kernels ask for another layout") }
    append(
      value.name, implementation, inputs: [source], parameters: [], count: value.plainCount,
      isReordering: true)
    copies[Copy(value: index, layout: layout)] = values.count - 1
    return values.count - 1
  }
}
