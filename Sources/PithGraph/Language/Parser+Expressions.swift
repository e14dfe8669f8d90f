import PithTensor

/// Expressions, from the operators that bind least to those that bind most.
extension Parser {
  /// `C ? A : B`, or anything that binds more.
  mutating func expression() throws -> ExpressionSyntax {
    try nested { parser in
      let condition = try parser.disjunction()
      let position = parser.token.position
      guard parser.takes(.question) else { return condition }
      let first = try parser.expression()
      try parser.expect(.colon, " and the other value of '?'")
      let second = try parser.expression()
      return try parser.node(
        .choice(condition, first, second), position, [condition, first, second])
    }
  }

  private mutating func disjunction() throws -> ExpressionSyntax {
    var left = try conjunction()
    while token.kind == .keyword(.or) {
      left = try binary({ .or($0, $1) }, left) { try $0.conjunction() }
    }
    return left
  }

  private mutating func conjunction() throws -> ExpressionSyntax {
    var left = try inversion()
    while token.kind == .keyword(.and) {
      left = try binary({ .and($0, $1) }, left) { try $0.inversion() }
    }
    return left
  }

  private mutating func inversion() throws -> ExpressionSyntax {
    let position = token.position
    guard takes(.not) else { return try comparison() }
    return try nested { parser in
      let operand = try parser.inversion()
      return try parser.node(.not(operand), position, [operand])
    }
  }

  private mutating func comparison() throws -> ExpressionSyntax {
    let left = try sum()
    let operation: BinaryOperator? =
      switch token.kind {
      case .symbol(.equal): .equal
      case .symbol(.unequal): .unequal
      case .symbol(.less): .less
      case .symbol(.atMost): .atMost
      case .symbol(.greater): .greater
      case .symbol(.atLeast): .atLeast
      default: nil
      }
    guard let operation else { return left }
    return try binary({ .binary(operation, $0, $1) }, left) { try $0.sum() }
  }

  private mutating func sum() throws -> ExpressionSyntax {
    var left = try product()
    while true {
      switch token.kind {
      case .symbol(.plus): left = try binary({ .binary(.add, $0, $1) }, left) { try $0.product() }
      case .symbol(.minus):
        left = try binary({ .binary(.subtract, $0, $1) }, left) { try $0.product() }
      default: return left
      }
    }
  }

  private mutating func product() throws -> ExpressionSyntax {
    var left = try prefixed()
    while true {
      switch token.kind {
      case .symbol(.times):
        left = try binary({ .binary(.multiply, $0, $1) }, left) { try $0.prefixed() }
      case .symbol(.over):
        left = try binary({ .binary(.divide, $0, $1) }, left) { try $0.prefixed() }
      case .symbol(.remainder):
        left = try binary({ .binary(.remainder, $0, $1) }, left) { try $0.prefixed() }
      default: return left
      }
    }
  }

  /// A value with or without a minus sign.
  private mutating func prefixed() throws -> ExpressionSyntax {
    let position = token.position
    guard takes(.minus) else { return try primary() }
    // So that the least integer, whose positive does not fit, can be written.
    if case .number(let digits) = token.kind {
      take()
      return try node(.value(try number("-\(digits)", at: position)), position)
    }
    return try nested { parser in
      let operand = try parser.prefixed()
      return try parser.node(.negation(operand), position, [operand])
    }
  }

  private mutating func primary() throws -> ExpressionSyntax {
    let position = token.position
    switch token.kind {
    case .number(let digits):
      take()
      return try node(.value(try number(digits, at: position)), position)
    case .keyword(.inf):
      take()
      return try node(.value(.real(.infinity)), position)
    case .keyword(.true):
      take()
      return try node(.value(.flag(true)), position)
    case .keyword(.false):
      take()
      return try node(.value(.flag(false)), position)
    case .name(let name):
      take()
      if takes(.openParenthesis) { return try call(name, position) }
      return try node(InputSize(rawValue: name).map { .size($0) } ?? .variable(name), position)
    case .symbol(.openParenthesis):
      take()
      let inner = try expression()
      try expect(.closeParenthesis)
      return inner
    case .keyword, .symbol, .quoted, .separator, .end: throw expected("a number or an expression")
    }
  }

  private mutating func call(_ name: String, _ position: TextPosition) throws -> ExpressionSyntax {
    guard let function = NetworkFunction(rawValue: name) else {
      throw position.error(
        "there is no function \(name.excerpt)",
        advice: "there are \(NetworkFunction.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let arguments = try list(until: .closeParenthesis) { try $0.expression() }
    guard arguments.count == function.argumentCount else {
      throw position.error(
        "\(name) takes \(function.argumentCount == 1 ? "one value" : "two values") but is given \(arguments.count)"
      )
    }
    return try node(.call(function, arguments), position, arguments)
  }

  /// The number that digits (and a sign) write.
  func number(_ text: String, at position: TextPosition) throws -> NetworkValue {
    if let integer = Int(text) { return .integer(integer) }
    guard text.contains(where: { ".eE".contains($0) }) else {
      throw position.error("\(text.excerpt) does not fit 64 bits")
    }
    guard let real = Double(text), real.isFinite else {
      throw position.error("\(text.excerpt) is too large", advice: "inf is the infinite number")
    }
    return NetworkValue(real)
  }

  private mutating func binary(
    _ kind: (ExpressionSyntax, ExpressionSyntax) -> ExpressionSyntax.Kind,
    _ left: ExpressionSyntax,
    _ operand: (inout Parser) throws -> ExpressionSyntax
  ) throws -> ExpressionSyntax {
    let position = take().position
    let right = try operand(&self)
    return try node(kind(left, right), position, [left, right])
  }

  /// A tree over others, held to the greatest depth.
  private func node(
    _ kind: ExpressionSyntax.Kind, _ position: TextPosition, _ parts: [ExpressionSyntax] = []
  ) throws -> ExpressionSyntax {
    let depth = 1 + (parts.map(\.depth).max() ?? 0)
    guard depth <= Self.greatestDepth else { throw tooDeep(position) }
    return ExpressionSyntax(kind: kind, position: position, depth: depth)
  }

  /// Reads something that may hold the same again.
  private mutating func nested(
    _ read: (inout Parser) throws -> ExpressionSyntax
  ) throws -> ExpressionSyntax {
    let position = token.position
    expressionDepth += 1
    defer { expressionDepth -= 1 }
    guard expressionDepth <= Self.greatestDepth else { throw tooDeep(position) }
    return try read(&self)
  }

  private func tooDeep(_ position: TextPosition) -> PithError {
    position.error("the expression is nested more than \(Self.greatestDepth) deep")
  }
}
