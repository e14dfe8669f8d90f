import PithTensor

extension Elaborator {
  mutating func run(
    _ statement: StatementSyntax, _ scope: Scope, _ numbers: inout Int?
  ) throws {
    switch statement.kind {
    case .conditional(let cases):
      for (condition, body) in cases
      where try evaluate(condition, scope, taking: current).asFlag(condition.position) {
        return try run(body, scope, &numbers)
      }
    case .repetition(let count, let variable, let body) where statement.name == nil:
      try run(body, repeated: count, variable, scope, named: false, &numbers)
    case .layer(let layer) where network.blocks[layer.operation] == nil:
      let name = try statement.name.map { try text(of: $0, scope) }
      let number = nextNumber(&numbers)
      try add(layer, inputs: nil, name: name ?? number, at: statement.position, scope)
    case .layer, .sequence, .repetition, .residual, .branches:
      let name = try statement.name.map { try text(of: $0, scope) }
      let number = nextNumber(&numbers)
      guard let name = name ?? number else { return try runUnnamed(statement, scope) }
      let full = scope.prefix + name
      try checkFresh(full, statement.position)
      definitions.define(full, value: nil, at: statement.position)
      try runUnnamed(statement, scope.inside(name))
      definitions.close(full, value: try currentValue(statement.position))
    }
  }

  /// The number of a statement of a sequence as its name; nil outside of sequences.
  private func nextNumber(_ numbers: inout Int?) -> String? {
    guard let number = numbers else { return nil }
    numbers = number + 1
    return "\(number)"
  }

  /// Lays out a statement whose name, when it has one, is that of the scope.
  private mutating func runUnnamed(_ statement: StatementSyntax, _ scope: Scope) throws {
    switch statement.kind {
    case .layer(let call): try run(call: call, scope)
    case .sequence(let body):
      var numbers: Int? = 0
      try run(body, scope, &numbers)
    case .repetition(let count, let variable, let body):
      var numbers: Int? = nil
      try run(body, repeated: count, variable, scope, named: true, &numbers)
    case .residual(let body, let shortcut):
      let start = try currentValue(statement.position)
      try run(body, scope)
      let result = try currentValue(statement.position)
      current = start
      try run(shortcut, scope)
      let inputs = [result, try currentValue(statement.position)]
      let add = LayerSyntax(
        operation: "add", position: statement.position, inputs: nil, attributes: [])
      try self.add(add, inputs: inputs, name: nil, at: statement.position, scope)
    case .branches(let branches, let name, let join):
      let start = try currentValue(statement.position)
      let inputs = try branches.map { body in
        current = start
        try run(body, scope)
        return try currentValue(statement.position)
      }
      let name = try name.map { try text(of: $0, scope) }
      try add(join, inputs: inputs, name: name, at: join.position, scope)
    case .conditional: break
    }
  }

  private mutating func run(
    _ body: [StatementSyntax], repeated count: ExpressionSyntax, _ variable: String?,
    _ scope: Scope, named: Bool, _ numbers: inout Int?
  ) throws {
    let turns = try evaluate(count, scope, taking: current)
      .asInteger(count.position, "the number of repeats")
    guard turns >= 0 else {
      throw count.position.error("the number of repeats must not be negative, but is \(turns)")
    }
    for turn in 0..<turns {
      try spend(1, count.position)
      var inner = named ? scope.inside("\(turn)") : scope
      if let variable { inner.variables[variable] = .integer(turn) }
      guard named else {
        try run(body, inner, &numbers)
        continue
      }
      let full = "\(scope.prefix)\(turn)"
      try checkFresh(full, count.position)
      definitions.define(full, value: nil, at: count.position)
      try run(body, inner)
      definitions.close(full, value: try currentValue(count.position))
    }
  }

  /// Lays out the body of a block.
  private mutating func run(call: LayerSyntax, _ scope: Scope) throws {
    guard let block = network.blocks[call.operation], block.index < scope.blockCount else {
      throw call.position.error(
        "the block \(call.operation.excerpt) is called before it is defined",
        advice: "blocks can call those that stand before them")
    }
    if let names = call.inputs {
      guard names.count == 1 else {
        throw call.position.error(
          "the block \(block.name.excerpt) takes one value but is given \(names.count)")
      }
      current = try value(named: names[0], scope)
    }
    let taken = try currentValue(call.position)
    var inner = scope
    inner.variables = try arguments(of: call, block, scope, taking: taken)
    inner.firstVisible = definitions.count
    inner.blockCount = block.index
    try run(block.body, inner)
  }

  private mutating func arguments(
    of call: LayerSyntax, _ block: NetworkSyntax.Block, _ scope: Scope, taking value: String
  ) throws -> [String: NetworkValue] {
    var values: [String: NetworkValue] = [:]
    for attribute in call.attributes {
      guard block.parameters.contains(where: { $0.name == attribute.name }) else {
        throw attribute.position.error(
          "the block \(block.name.excerpt) has no parameter \(attribute.name.excerpt)",
          advice: NearNames.advice(
            attribute.name, known: block.parameters.map(\.name), "its parameters"))
      }
      guard case .single(let expression) = attribute.value else {
        throw attribute.position.error("a parameter of a block cannot be a list")
      }
      values[attribute.name] = try evaluate(expression, scope, taking: value)
    }
    var inside = Scope()
    for parameter in block.parameters {
      if values[parameter.name] == nil {
        guard let expression = parameter.defaultValue else {
          throw call.position.error(
            "the block \(block.name.excerpt) needs the parameter \(parameter.name.excerpt)",
            advice: "call it with \(parameter.name): VALUE")
        }
        // A default can use the parameters before it.
        inside.variables = values
        values[parameter.name] = try evaluate(expression, inside, taking: value)
      }
    }
    return values
  }
}
