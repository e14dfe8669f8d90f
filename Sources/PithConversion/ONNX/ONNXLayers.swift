import PithGraph
import PithTensor

/// The layers that the nodes of an ONNX graph become, with their names and parameters.
struct ONNXLayers {
  /// The output of a layer, or an input of the graph.
  struct Activation {
    var name: String
    /// Without the batch.
    var shape: Shape
  }

  /// A parameter of a layer; values: other ones than the constant's.
  typealias Parameter = (role: String, constant: ONNXConstant, values: [Float]?)

  private(set) var graph = Graph(inputs: [])
  private(set) var entries: [String: StateDictionary.Entry] = [:]
  /// Of every input and layer, without the batch.
  private(set) var shapes: [String: Shape] = [:]
  /// The layers that are known numbers.
  private(set) var constants: Set<String> = []
  /// The names that layers may not take: those of inputs, outputs and layers.
  private var taken: Set<String>
  /// The names of the graph's outputs.
  private let results: Set<String>
  private let limits: Limits
  /// How many values the parameters may still have.
  private var parameterBudget: Int
  /// How often each name was wanted beyond the first time.
  private var repetitions: [String: Int] = [:]

  init(results: Set<String>, limits: Limits) {
    self.results = results
    self.limits = limits
    taken = results
    parameterBudget = limits.tensorValues
  }

  mutating func addInput(_ name: String, shape: Shape) throws -> Activation {
    try checkSize(shape)
    graph.inputs.append(Graph.Input(name, shape: shape))
    shapes[name] = shape
    taken.insert(name)
    return Activation(name: name, shape: shape)
  }

  mutating func addOutput(_ name: String, of activation: Activation) {
    if activation.name != name {
      graph.layers.append(Layer(name, .identity, inputs: [activation.name]))
    }
    graph.outputs.append(name)
  }

  /// Adds the last layer of a node, which has the node's name, or that of the parameters that it uses.
  mutating func last(
    _ operation: Operation, _ inputs: [Activation], for node: ONNXNode, parameters: [Parameter]
  ) throws -> Activation {
    let output = node.outputs.first ?? ""
    let own = node.name.isEmpty ? output : node.name
    // A graph's output keeps its name; a layer with parameters keeps theirs, which may be the same.
    let result = results.contains(output) && shapes[output] == nil ? output : nil
    let wanted =
      parameterPrefix(parameters.map { ($0.role, $0.constant) }, result: result)
      ?? (parameters.isEmpty ? result ?? own : own)
    let name = wanted == result ? wanted : unused(wanted)
    return try add(operation, inputs, name: name, parameters: parameters)
  }

  /// Adds a layer that stands before the last one of a node.
  mutating func step(
    _ operation: Operation, _ inputs: [Activation], for node: ONNXNode
  ) throws -> Activation {
    let base = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    return try add(
      operation, inputs, name: unused("\(base)/\(operation.name)"), parameters: [])
  }

  private mutating func add(
    _ operation: Operation, _ inputs: [Activation], name: String,
    parameters: [Parameter]
  ) throws -> Activation {
    let inputShapes = inputs.map(\.shape)
    let shape = try operation.outputShape(inputShapes)
    try checkSize(shape)
    for (parameter, given) in zip(try operation.parameters(inputShapes), parameters) {
      guard parameter.shape.count <= parameterBudget else {
        throw PithError(
          .limitExceeded,
          "the parameters have more than the \(limits.tensorValues) values that a model may have")
      }
      parameterBudget -= parameter.shape.count
      let values = try given.values ?? given.constant.floats()
      guard values.count == parameter.shape.count else {
        throw PithError(
          .shapeMismatch,
          "\(parameter.role) has shape \(given.constant.shape) but \(parameter.shape) is needed")
      }
      entries["\(name).\(parameter.role)"] = StateDictionary.Entry(
        name: "\(name).\(parameter.role)",
        tensor: try Tensor(shape: parameter.shape, values: values),
        type: given.values == nil ? given.constant.type : .float32)
    }
    graph.layers.append(Layer(name, operation, inputs: inputs.map(\.name)))
    taken.insert(name)
    shapes[name] = shape
    return Activation(name: name, shape: shape)
  }

  /// A layer of known numbers, the same for every image.
  mutating func constant(
    _ constant: ONNXConstant, for node: ONNXNode
  ) throws -> Activation {
    guard constant.isFloatingPoint else {
      throw PithError(.unsupported, "computes with whole numbers")
    }
    let name = unused(
      constant.initializer ?? "\(node.name.isEmpty ? node.outputs.first ?? "" : node.name)/constant"
    )
    constants.insert(name)
    return try add(
      .constant(Constant(shape: constant.shape)), [], name: name,
      parameters: [("value", constant, nil)])
  }

  /// The common part of the names of initializers: `conv1` of `conv1.weight` and `conv1.bias`.
  ///
  /// - Parameter result: the output of the graph that the layer may have the name of.
  private func parameterPrefix(
    _ parameters: [(role: String, constant: ONNXConstant)], result: String?
  ) -> String? {
    for (role, constant) in parameters {
      guard let name = constant.initializer, name.hasSuffix(".\(role)") else { continue }
      let prefix = String(name.dropLast(role.count + 1))
      if !prefix.isEmpty, prefix == result || !taken.contains(prefix) { return prefix }
    }
    return nil
  }

  /// The name, or one made from it that no input, output or layer has.
  private mutating func unused(_ name: String) -> String {
    let name = name.isEmpty ? "layer" : name
    var candidate = name
    while taken.contains(candidate) {
      repetitions[name, default: 1] += 1
      candidate = "\(name)_\(repetitions[name, default: 1])"
    }
    return candidate
  }

  /// Refuses values of a size that no run could have, so that sums and products of sizes fit.
  private func checkSize(_ shape: Shape) throws {
    guard shape.count > 0 else { throw PithError(.shapeMismatch, "has the empty shape \(shape)") }
    guard shape.rank <= limits.rank else {
      throw PithError(
        .limitExceeded, "has \(shape.rank) dimensions but at most \(limits.rank) are read")
    }
    guard shape.count <= limits.activationBytes / 4 else {
      throw PithError(
        .limitExceeded,
        "the shape \(shape) needs more than the \(limits.activationBytes) bytes that activations may take"
      )
    }
  }
}
