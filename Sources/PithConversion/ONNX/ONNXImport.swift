import PithGraph
import PithTensor

/// Turns the nodes of an ONNX graph into layers, one after the other.
///
/// Every operator has a row in ``ONNXOperator/all``; what it makes of a node is either layers or, when all that it needs
/// is known already, a folded constant.
struct ONNXImport {
  /// What a name stands for while nodes are converted.
  enum Value {
    case constant(ONNXConstant)
    case activation(Activation)
    /// The output of a node that could not be converted, or that Pith does not compute.
    case unavailable(String)
  }

  /// The output of a layer, or an input of the graph.
  struct Activation {
    var name: String
    /// Without the batch.
    var shape: Shape
  }

  let model: ONNXModel
  let limits: Limits
  /// Whether the first dimension of every input is the batch.
  let hasBatch: Bool
  /// The version of the standard set of operators.
  let version: Int
  /// The batch for which the graph was written, when it is a number.
  private(set) var staticBatch: Int?
  private(set) var graph = Graph(inputs: [])
  private(set) var entries: [String: StateDictionary.Entry] = [:]
  var folding: ONNXFolding
  private var values: [String: Value] = [:]
  private(set) var shapes: [String: Shape] = [:]
  /// The names that layers may not take: those of inputs, outputs and layers.
  private var taken: Set<String> = []
  /// The layers that are known numbers.
  private(set) var constantLayers: Set<String> = []
  private let resultNames: Set<String>
  /// How many values the parameters may still have.
  private var parameterBudget: Int
  /// How often each name was wanted beyond the first time.
  private var repetitions: [String: Int] = [:]
  private var problems: [String] = []

  init(_ model: ONNXModel, hasBatch: Bool, limits: Limits) throws {
    self.model = model
    self.limits = limits
    self.hasBatch = hasBatch
    folding = ONNXFolding(budget: limits.foldedValues, greatestRank: limits.rank)
    parameterBudget = limits.tensorValues
    resultNames = Set(model.graph.outputs.map(\.name))
    guard let version = model.operatorSets[""] else {
      throw PithError(
        .malformedCheckpoint, "does not say which version of ONNX its operators are of")
    }
    guard ONNXOperator.versions.contains(version) else {
      throw PithError(
        .unsupported,
        "is of version \(version) of the operators of ONNX; "
          + "\(ONNXOperator.versions.lowerBound) to \(ONNXOperator.versions.upperBound) are read",
        advice: "export it anew, or lift it with onnx.version_converter")
    }
    self.version = version
    for tensor in model.graph.initializers {
      values[tensor.name] = .constant(ONNXConstant(tensor, isInitializer: true))
    }
    for name in model.graph.sparseInitializers {
      values[name] = .unavailable("is a sparse tensor, which is not read")
    }
  }

  // MARK: inputs and outputs

  mutating func addInputs(size: Preprocessing.Size?) throws {
    for input in model.graph.inputs where values[input.name] == nil {
      do {
        let shape = try shape(of: input, size: size)
        try checkSize(shape)
        graph.inputs.append(Graph.Input(input.name, shape: shape))
        values[input.name] = .activation(Activation(name: input.name, shape: shape))
        shapes[input.name] = shape
        taken.insert(input.name)
      } catch let error as PithError {
        throw error.at("input '\(input.name)'")
      }
    }
    guard !graph.inputs.isEmpty else {
      throw PithError(.malformedCheckpoint, "the graph has no input")
    }
    taken.formUnion(resultNames)
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

  private mutating func shape(
    of input: ONNXValueInfo, size: Preprocessing.Size?
  ) throws -> Shape {
    guard let type = input.type, type.isFloatingPoint else {
      throw PithError(
        .unsupported, "must be a tensor of floating-point numbers",
        advice: "convert the part of the network that comes after the image has become real numbers"
      )
    }
    guard var dimensions = input.dimensions else {
      throw PithError(.unsupported, "the file does not say how many dimensions it has")
    }
    if hasBatch {
      guard !dimensions.isEmpty else {
        throw PithError(
          .unsupported, "is a single number, so it has no batch",
          advice: "say with --no-batch that the first dimension of the inputs is not a batch")
      }
      if case .fixed(let count) = dimensions.removeFirst() {
        guard count > 0 else { throw PithError(.unsupported, "has a batch of \(count) images") }
        guard staticBatch == nil || staticBatch == count else {
          throw PithError(
            .unsupported, "has a batch of \(count) but another has \(staticBatch ?? 0)")
        }
        staticBatch = count
      }
    }
    let sizes = try dimensions.enumerated().map { index, dimension -> Int in
      switch dimension {
      case .fixed(let count): return count
      case .named, .unknown:
        // Height and width of an image are the last two of three.
        if dimensions.count == 3, index > 0, let size {
          return index == 1 ? size.height : size.width
        }
        throw PithError(
          .unsupported, "the file leaves its size along axis \(index + (hasBatch ? 1 : 0)) open",
          advice: "say with --resize or --crop how large images are")
      }
    }
    return try Shape(checking: sizes)
  }

  mutating func addOutputs() throws {
    for output in model.graph.outputs {
      switch values[output.name] {
      case .activation(let activation):
        if activation.name != output.name {
          graph.layers.append(Layer(output.name, .identity, inputs: [activation.name]))
        }
        graph.outputs.append(output.name)
      case .constant:
        problems.append("the output '\(output.name)' does not depend on the input")
      case .unavailable(let reason):
        // What could not be converted has been listed with its node.
        if !reason.isEmpty { problems.append("the output '\(output.name)': \(reason)") }
      case nil: problems.append("the output '\(output.name)' is given by no node")
      }
    }
    guard problems.isEmpty else {
      throw PithError(
        .unsupported,
        "\(problems.count == 1 ? "one thing" : "\(problems.count) things") of the graph cannot be converted:\n  "
          + listing(problems, atMost: 50, separator: "\n  "),
        advice: "'pith ops' lists what can be")
    }
    guard !graph.outputs.isEmpty else {
      throw PithError(.malformedCheckpoint, "the graph has no output")
    }
  }

  // MARK: nodes

  /// Converts what the outputs need; what cannot be is listed, and what depends on it is left out.
  mutating func addNodes() {
    let needed = neededNodes()
    for (index, node) in model.graph.nodes.enumerated() where needed.contains(index) {
      let place = Self.place(of: node, index: index)
      do {
        if let name = node.outputs.first(where: { values[$0] != nil }) {
          throw PithError(.malformedCheckpoint, "gives '\(name)', which is given before it")
        }
        let results = try convert(node)
        for (position, name) in node.outputs.enumerated() where !name.isEmpty {
          values[name] =
            position < results.count
            ? results[position]
            : .unavailable("is output \(position) of \(place), which is not computed")
        }
      } catch let failure as Dependency {
        if let reason = failure.reason { problems.append("\(place): \(reason)") }
        markUnavailable(node.outputs)
      } catch {
        let reason = (error as? PithError)?.description ?? "\(error)"
        problems.append("\(place): \(reason)")
        markUnavailable(node.outputs)
      }
    }
  }

  private mutating func markUnavailable(_ names: [String]) {
    for name in names where !name.isEmpty && values[name] == nil { values[name] = .unavailable("") }
  }

  /// A value that a node uses is not there; without a reason, it has been reported already.
  private struct Dependency: Error {
    let reason: String?
  }

  private mutating func convert(_ node: ONNXNode) throws -> [Value] {
    guard node.domain.isEmpty || node.domain == "ai.onnx" else {
      let isOwn = model.functions.contains("\(node.domain).\(node.operation)")
      throw PithError(
        .unsupported,
        isOwn
          ? "is a function that the file defines; export it with its functions laid out"
          : "is an operator of '\(node.domain)', which is not known")
    }
    guard let row = ONNXOperator.named(node.operation) else {
      throw PithError(.unsupported, "the operator is not known")
    }
    return try row.convert(&self, node)
  }

  /// `node 'conv1' (Conv)`.
  private static func place(of node: ONNXNode, index: Int) -> String {
    let name =
      node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "\(index)" : node.name
    return "node '\(name)' (\(node.operation))"
  }

  /// The positions of the nodes that an output depends on.
  private func neededNodes() -> Set<Int> {
    var makers: [String: Int] = [:]
    for (index, node) in model.graph.nodes.enumerated() {
      for name in node.outputs where !name.isEmpty && makers[name] == nil { makers[name] = index }
    }
    var needed: Set<Int> = []
    var open = model.graph.outputs.map(\.name)
    while let name = open.popLast() {
      guard let index = makers[name], needed.insert(index).inserted else { continue }
      open += model.graph.nodes[index].inputs
    }
    return needed
  }

  // MARK: what operators ask for

  /// The value of an input; nil when it is left out.
  func optionalInput(_ node: ONNXNode, _ index: Int) throws -> Value? {
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    switch values[node.inputs[index]] {
    case .unavailable(let reason):
      throw Dependency(reason: reason.isEmpty ? nil : "'\(node.inputs[index])' \(reason)")
    case nil:
      throw Dependency(
        reason:
          "uses '\(node.inputs[index])', which no node before it gives: the graph has a cycle or misses a part"
      )
    case let value?: return value
    }
  }

  func input(_ node: ONNXNode, _ index: Int) throws -> Value {
    guard let value = try optionalInput(node, index) else {
      throw PithError(.malformedCheckpoint, "input \(index) is missing")
    }
    return value
  }

  /// The input as an activation.
  ///
  /// A constant becomes a layer when there is no batch; beside a batch its axes would be counted from another place.
  mutating func activation(_ node: ONNXNode, _ index: Int) throws -> Activation {
    let value = try input(node, index)
    if hasBatch, case .constant = value {
      throw PithError(
        .unsupported, "works on a constant, which is not folded",
        advice: "export the model with constant folding")
    }
    return try activation(value, for: node)
  }

  /// The value as an activation; a constant becomes a layer, which has the same values for every image.
  mutating func activation(_ value: Value, for node: ONNXNode) throws -> Activation {
    switch value {
    case .activation(let activation): return activation
    case .constant(let constant): return try constantLayer(constant, for: node)
    case .unavailable: throw Dependency(reason: nil)
    }
  }

  /// The input as known numbers; nil when it is left out.
  func optionalConstant(_ node: ONNXNode, _ index: Int, _ what: String) throws -> ONNXConstant? {
    switch try optionalInput(node, index) {
    case nil: return nil
    case .constant(let constant)?: return constant
    case .activation?, .unavailable?:
      throw PithError(.unsupported, "\(what) depends on the input of the network")
    }
  }

  func constant(_ node: ONNXNode, _ index: Int, _ what: String) throws -> ONNXConstant {
    guard let constant = try optionalConstant(node, index, what) else {
      throw PithError(.malformedCheckpoint, "\(what) is missing")
    }
    return constant
  }

  /// The sizes of an activation as ONNX counts them, with the batch when there is one.
  func sizes(of activation: Activation) -> [WholeNumber] {
    (hasBatch ? [.batch] : []) + activation.shape.dimensions.map { WholeNumber(constant: $0) }
  }

  /// Whether a size of a constant stands for the batch.
  func isBatch(_ number: WholeNumber) -> Bool {
    number == .batch || number.fixed.map { $0 == staticBatch } == true
  }

  /// An axis of an activation from 0, counted as ONNX does.
  func axis(_ axis: Int, of rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw PithError(
        .malformedCheckpoint, "axis \(axis) is not one of \(rank) dimensions")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The rank of an activation as ONNX counts it.
  func rank(_ activation: Activation) -> Int { activation.shape.rank + (hasBatch ? 1 : 0) }

  /// An axis of an activation as Pith counts it, where 0 is the batch and refused.
  func layerAxis(_ number: Int, of activation: Activation) throws -> Int {
    let axis = try axis(number, of: rank(activation)) + (hasBatch ? 0 : 1)
    guard axis > 0 else {
      throw PithError(.unsupported, "computes across images: axis \(number) is the batch")
    }
    return axis
  }

  /// Refuses what has a channel axis of its own when there is no batch before it.
  func needBatch() throws {
    guard hasBatch else {
      throw PithError(
        .unsupported, "takes a batch first, and --no-batch says that there is none")
    }
  }

  // MARK: making layers

  /// Adds the last layer of a node, which has the node's name, or that of the parameters that it uses.
  mutating func layer(
    _ operation: Operation, _ inputs: [Activation], for node: ONNXNode,
    parameters: [(role: String, constant: ONNXConstant, values: [Float]?)] = []
  ) throws -> [Value] {
    let output = node.outputs.first ?? ""
    let own = node.name.isEmpty ? output : node.name
    // A graph's output keeps its name; a layer with parameters keeps theirs, which may be the same.
    let result = resultNames.contains(output) && shapes[output] == nil ? output : nil
    let wanted =
      parameterPrefix(parameters.map { ($0.role, $0.constant) }, result: result)
      ?? (parameters.isEmpty ? result ?? own : own)
    let name = wanted == result ? wanted : unused(wanted)
    return [.activation(try add(operation, inputs, name: name, parameters: parameters))]
  }

  /// Adds a layer that stands before the last one of a node.
  mutating func step(
    _ operation: Operation, _ inputs: [Activation], for node: ONNXNode,
    parameters: [(role: String, constant: ONNXConstant, values: [Float]?)] = []
  ) throws -> Activation {
    let base = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    return try add(
      operation, inputs, name: unused("\(base)/\(operation.name)"), parameters: parameters)
  }

  private mutating func add(
    _ operation: Operation, _ inputs: [Activation], name: String,
    parameters: [(role: String, constant: ONNXConstant, values: [Float]?)]
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
  private mutating func constantLayer(
    _ constant: ONNXConstant, for node: ONNXNode
  ) throws -> Activation {
    guard constant.isFloatingPoint else {
      throw PithError(.unsupported, "computes with whole numbers")
    }
    let name = unused(
      constant.initializer ?? "\(node.name.isEmpty ? node.outputs.first ?? "" : node.name)/constant"
    )
    constantLayers.insert(name)
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
}
