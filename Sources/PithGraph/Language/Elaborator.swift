import PithTensor

/// Lays the statements of a network's text out into the layers of a graph.
///
/// Shapes are computed layer by layer, so that expressions can use them and errors name the line.
struct Elaborator {
  let network: NetworkSyntax
  let limits: Limits
  var resolution: GraphResolution
  var definitions = Definitions()
  /// The value that the next statement takes; nil: there is none, or it is not clear which.
  var current: String?
  /// The values of the network's parameters.
  let parameters: [String: NetworkValue]
  /// The numbers that were last put behind the names of operations, by scope and operation.
  var lastNumbers: [String: Int] = [:]
  private var work = 0
  private var depth = 0

  /// The most steps: statements, values of expressions, names that are looked up.
  private static let greatestWork = 1 << 22
  /// The most bodies of statements inside of each other, those of called blocks counted.
  private static let greatestDepth = 128

  init(_ network: NetworkSyntax, parameters: [String: NetworkValue], limits: Limits) {
    self.network = network
    self.parameters = parameters
    self.limits = limits
    resolution = GraphResolution(limits: limits)
  }

  /// The graph of the text.
  ///
  /// - Parameter inputShape: replaces the shape of the one input.
  mutating func graph(inputShape: Shape?) throws -> Graph {
    let top = Scope()
    try addInputs(top, shape: inputShape)
    try run(network.statements, top)
    let outputs = try network.outputs.map { names in
      try names.map { try value(named: $0, top) }
    }
    guard let results = outputs ?? current.map({ [$0] }) else {
      throw network.end.error(
        "the text ends without a layer", advice: "say what the results are: output NAME, NAME")
    }
    return Graph(
      inputs: resolution.inputs, layers: resolution.layers.map(\.layer), outputs: results)
  }

  private mutating func addInputs(_ top: Scope, shape: Shape?) throws {
    guard !network.inputs.isEmpty else {
      throw network.end.error(
        "the network has no input", advice: "begin with: input image: [3, 224, 224]")
    }
    guard shape == nil || network.inputs.count == 1 else {
      throw PithError(
        .invalidArgument,
        "a shape for the one input was given but the network has \(network.inputs.count) inputs")
    }
    for input in network.inputs {
      let name = try text(of: input.name, top)
      let position = input.name.position
      try checkFresh(name, position)
      let sizes = try input.sizes.map { size in
        try evaluate(size, top, taking: nil).asInteger(size.position, "a size")
      }
      try located(position) { elaborator in
        try elaborator.resolution.add(
          Graph.Input(name, shape: shape ?? Shape(checking: sizes)))
      }
      definitions.define(name, value: name, at: position)
    }
    current = network.inputs.count == 1 ? resolution.inputs.first?.name : nil
  }

  /// Lays statements out one after the other.
  mutating func run(_ statements: [StatementSyntax], _ scope: Scope) throws {
    var numbers: Int? = nil
    try run(statements, scope, &numbers)
  }

  /// - Parameter numbers: the number that the next statement of a sequence gets; nil outside of sequences.
  mutating func run(
    _ statements: [StatementSyntax], _ scope: Scope, _ numbers: inout Int?
  ) throws {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.greatestDepth, let first = statements.first {
      throw first.position.error(
        "more than \(Self.greatestDepth) bodies and called blocks lie inside of each other")
    }
    for statement in statements {
      try spend(1, statement.position)
      try run(statement, scope, &numbers)
    }
  }

  /// Counts steps, so that a short text cannot make a long work.
  mutating func spend(_ steps: Int, _ position: TextPosition) throws {
    work += steps
    guard work <= Self.greatestWork else {
      throw position.error(
        "the text asks for more than \(Self.greatestWork) steps", advice: "repeat less",
        code: .limitExceeded)
    }
  }

  /// Adds the place to what is wrong with a layer or an input.
  mutating func located<Result>(
    _ position: TextPosition, _ body: (inout Elaborator) throws -> Result
  ) throws -> Result {
    do {
      return try body(&self)
    } catch let error as PithError {
      throw error.within(position.description).withoutRule
    }
  }

  /// Refuses a name that cannot be one or has a meaning already.
  func checkFresh(_ name: String, _ position: TextPosition) throws {
    guard !name.isEmpty, name.utf8.count <= limits.nameBytes else {
      throw position.error(
        "a name has \(name.utf8.count) bytes; it must have 1 to \(limits.nameBytes)")
    }
    guard !name.hasControlCharacters else {
      throw position.error("the name \(name.excerpt) has control characters")
    }
    if let other = definitions[name] {
      throw position.error(
        "the name \(name.excerpt) is given twice; the first is at \(other.position)",
        advice: "names inside of a named sequence, repeat or block have that name before them")
    }
  }
}
