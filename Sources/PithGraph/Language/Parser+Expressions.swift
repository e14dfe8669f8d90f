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
      left = try infix(.or, left) { try $0.conjunction() }
    }
    return left
  }

  private mutating func conjunction() throws -> ExpressionSyntax {
    var left = try inversion()
    while token.kind == .keyword(.and) {
      left = try infix(.and, left) { try $0.inversion() }
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
    return try infix(.binary(operation), left) { try $0.sum() }
  }

  private mutating func sum() throws -> ExpressionSyntax {
    var left = try product()
    while true {
      switch token.kind {
      case .symbol(.plus): left = try infix(.binary(.add), left) { try $0.product() }
      case .symbol(.minus):
        left = try infix(.binary(.subtract), left) { try $0.product() }
      default: return left
      }
    }
  }

  private mutating func product() throws -> ExpressionSyntax {
    var left = try prefixed()
    while true {
      switch token.kind {
      case .symbol(.times):
        left = try infix(.binary(.multiply), left) { try $0.prefixed() }
      case .symbol(.over):
        left = try infix(.binary(.divide), left) { try $0.prefixed() }
      case .symbol(.remainder):
        left = try infix(.binary(.remainder), left) { try $0.prefixed() }
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

  private enum Infix {
    case and, or
    case binary(BinaryOperator)
  }

  /// Takes an operator between two operands, and the right one.
  private mutating func infix(
    _ infix: Infix, _ left: ExpressionSyntax,
    _ operand: (inout Parser) throws -> ExpressionSyntax
  ) throws -> ExpressionSyntax {
    let position = take().position
    let right = try operand(&self)
    let kind: ExpressionSyntax.Kind =
      switch infix {
      case .and: .and(left, right)
      case .or: .or(left, right)
      case .binary(let operation): .binary(operation, left, right)
      }
    return try node(kind, position, [left, right])
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
