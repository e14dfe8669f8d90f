import PithTensor

extension Elaborator {
  /// The text of a name, its expressions replaced by their values.
  mutating func text(of name: NameSyntax, _ scope: Scope) throws -> String {
    var text = ""
    for piece in name.pieces {
      switch piece {
      case .text(let part): text += part
      case .expression(let expression):
        switch try evaluate(expression, scope, taking: current) {
        case .integer(let value): text += "\(value)"
        case .flag(let value): text += "\(value)"
        case .real(let value):
          throw expression.position.error(
            "a number in a name must be whole, not \(value)",
            advice: "round(x), floor(x) or ceil(x) makes one")
        }
      }
    }
    return text
  }

  /// The input or layer that a name stands for in a scope: first the names of the scope itself, then those around it.
  mutating func value(named name: NameSyntax, _ scope: Scope) throws -> String {
    let text = try text(of: name, scope)
    for prefix in scope.prefixes.reversed() {
      try spend(1, name.position)
      guard let definition = definitions[prefix + text], definition.index >= scope.firstVisible
      else { continue }
      guard let value = definition.value else {
        throw name.position.error("\(text.excerpt) is used inside of itself")
      }
      return value
    }
    let visible = definitions.names.dropFirst(scope.firstVisible).map { known in
      known.hasPrefix(scope.prefix) ? String(known.dropFirst(scope.prefix.count)) : known
    }
    throw name.position.error(
      "no value before this one is named \(text.excerpt)",
      advice: NearNames.advice(text, known: visible, "the values before it"))
  }

  /// The value before a statement.
  func currentValue(_ position: TextPosition) throws -> String {
    guard let current else {
      let names = resolution.inputs.map(\.name.excerpt).joined(separator: ", ")
      throw position.error(
        "it is not clear which value is meant: the network has the inputs \(names)",
        advice: "say it behind the operation: relu(NAME)")
    }
    return current
  }
}
