import PithTensor

extension Parser {
  /// The statements between `{` and `}`.
  mutating func body() throws -> [StatementSyntax] {
    let open = token.position
    try expect(.openBrace)
    bodyDepth += 1
    defer { bodyDepth -= 1 }
    guard bodyDepth <= Self.greatestDepth else {
      throw open.error(
        "more than \(Self.greatestDepth) bodies lie inside of each other",
        advice: "make blocks of some of them")
    }
    var statements: [StatementSyntax] = []
    skipSeparators()
    while !takes(.closeBrace) {
      switch token.kind {
      case .end:
        throw token.position.error(
          "expected '}' but found \(token.found)", advice: "'{' is at \(open)")
      case .keyword(let keyword) where [.parameter, .input, .block, .output].contains(keyword):
        throw token.position.error("'\(keyword.rawValue)' stands outside of every '{ }' only")
      default: statements.append(try statement())
      }
      skipSeparators()
    }
    return statements
  }

  mutating func statement() throws -> StatementSyntax {
    let position = token.position
    let name = try statementName()
    let kind = try statementKind(isNamed: name != nil)
    return StatementSyntax(name: name, kind: kind, position: position)
  }

  /// The name before a `=`.
  private mutating func statementName() throws -> NameSyntax? {
    switch token.kind {
    case .quoted: break
    case .name where isFollowed(by: .assign): break
    case .keyword where isFollowed(by: .assign): throw expectedName("a name")
    default: return nil
    }
    let name = try valueName("a name")
    try expect(.assign, " after the name")
    return name
  }

  private mutating func statementKind(isNamed: Bool) throws -> StatementSyntax.Kind {
    let start = token.position
    let kind: StatementSyntax.Kind
    switch token.kind {
    case .name:
      let layer = try layer()
      try expectEndOfStatement(or: "an attribute")
      return .layer(layer)
    case .keyword(.sequence):
      take()
      kind = .sequence(try body())
    case .keyword(.repeat):
      take()
      let count = try expression()
      let variable = takes(.as) ? try expectName("the name of the counter").name : nil
      kind = .repetition(count: count, variable: variable, body: try body())
    case .keyword(.residual):
      take()
      let inner = try body()
      kind = .residual(inner, shortcut: takesOnAnyLine(.shortcut) ? try body() : [])
    case .keyword(.branch):
      take()
      return try branches()
    case .keyword(.if):
      guard !isNamed else {
        throw start.error(
          "an 'if' has no name", advice: "name the statements in it, or a sequence around it")
      }
      take()
      kind = try conditional()
    default: throw expectedName("an operation or the name of a block")
    }
    try expectEndOfStatement()
    return kind
  }

  /// An operation or a block's name with its inputs and attributes.
  private mutating func layer() throws -> LayerSyntax {
    let (operation, position) = try expectName("an operation or the name of a block")
    var inputs: [NameSyntax]?
    if takes(.openParenthesis) {
      inputs = try list(until: .closeParenthesis) { try $0.valueName("the name of a value") }
    }
    var attributes: [LayerSyntax.Attribute] = []
    var names: Set<String> = []
    while case .name(let name) = token.kind {
      let position = take().position
      guard names.insert(name).inserted else {
        throw position.error("the attribute \(name.excerpt) is given twice")
      }
      guard takes(.colon) else {
        throw expected(
          "':' and the value of \(name.excerpt)",
          advice:
            "attributes are written NAME: VALUE, and a layer's name NAME = before its operation")
      }
      let value: LayerSyntax.Attribute.Value =
        takes(.openBracket)
        ? .list(try list(until: .closeBracket) { try $0.expression() })
        : .single(try expression())
      attributes.append(LayerSyntax.Attribute(name: name, value: value, position: position))
    }
    return LayerSyntax(
      operation: operation, position: position, inputs: inputs, attributes: attributes)
  }

  private mutating func branches() throws -> StatementSyntax.Kind {
    var branches = [try body()]
    while takesOnAnyLine(.branch) { branches.append(try body()) }
    skipSeparators()
    let name = try statementName()
    guard case .name = token.kind else {
      throw expected(
        "'branch' or the operation that joins the branches",
        advice: "normally that is concat, add or multiply")
    }
    let join = try layer()
    guard join.inputs == nil else {
      throw join.position.error(
        "\(join.operation.excerpt) takes the values of the branches before it",
        advice: "leave ( ) out")
    }
    try expectEndOfStatement(or: "an attribute")
    return .branches(branches, name: name, join: join)
  }

  private mutating func conditional() throws -> StatementSyntax.Kind {
    var cases = [(condition: try expression(), body: try body())]
    while takesOnAnyLine(.else) {
      if takes(.if) {
        cases.append((try expression(), try body()))
      } else {
        let always = ExpressionSyntax(
          kind: .value(.flag(true)), position: token.position, depth: 1)
        cases.append((always, try body()))
        break
      }
    }
    return .conditional(cases)
  }
}
