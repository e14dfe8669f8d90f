import PithTensor

extension Elaborator {
  /// The value of an expression.
  ///
  /// - Parameter value: the name of the value whose sizes `input.channels` and the like are.
  mutating func evaluate(
    _ expression: ExpressionSyntax, _ scope: Scope, taking value: String?
  ) throws -> NetworkValue {
    let position = expression.position
    try spend(1, position)
    switch expression.kind {
    case .value(let value): return value
    case .variable(let name): return try variable(name, scope, position)
    case .size(let size): return .integer(try self.size(size, of: value, position))
    case .negation(let operand):
      return try evaluate(operand, scope, taking: value).negated(at: position)
    case .not(let operand):
      return .flag(!(try flag(operand, scope, value)))
    case .binary(let operation, let left, let right):
      return try NetworkValue.applying(
        operation, evaluate(left, scope, taking: value), evaluate(right, scope, taking: value),
        at: position)
    // The right side is not looked at when the left one decides.
    case .and(let left, let right):
      return .flag(try flag(left, scope, value) && flag(right, scope, value))
    case .or(let left, let right):
      return .flag(try flag(left, scope, value) || flag(right, scope, value))
    case .choice(let condition, let first, let second):
      return try evaluate(
        flag(condition, scope, value) ? first : second, scope, taking: value)
    case .call(let function, let arguments):
      return try function(
        arguments.map { try evaluate($0, scope, taking: value) }, at: position)
    }
  }

  private mutating func flag(
    _ expression: ExpressionSyntax, _ scope: Scope, _ value: String?
  ) throws -> Bool {
    try evaluate(expression, scope, taking: value).asFlag(expression.position)
  }

  private func variable(
    _ name: String, _ scope: Scope, _ position: TextPosition
  ) throws -> NetworkValue {
    if let value = scope.variables[name] ?? parameters[name] { return value }
    let sizes = InputSize.allCases.map(\.rawValue)
    throw position.error(
      "nothing is named \(name.excerpt) here",
      advice: NearNames.advice(
        name, known: sizes + scope.variables.keys.sorted() + parameters.keys.sorted(),
        "sizes, counters and parameters"))
  }

  private func size(
    _ size: InputSize, of value: String?, _ position: TextPosition
  ) throws -> Int {
    guard let value, let shape = resolution.shapes[value] else {
      throw position.error("\(size.rawValue) is not known: there is no value here")
    }
    switch size {
    case .channels where shape.rank >= 1: return shape[0]
    case .height where shape.rank == 3: return shape[1]
    case .width where shape.rank == 3: return shape[2]
    case .channels, .height, .width:
      throw position.error(
        "\(size.rawValue) is not known: \(value.excerpt) has the shape \(shape)")
    }
  }
}
