import PithTensor

extension Elaborator {
  /// Adds a layer.
  ///
  /// - Parameters:
  ///   - inputs: the values of the branches before it; nil: what the text says, else the value before.
  ///   - name: nil: that of the operation, with a number when it is taken.
  mutating func add(
    _ layer: LayerSyntax, inputs: [String]?, name: String?, at position: TextPosition,
    _ scope: Scope
  ) throws {
    guard Operation.names.contains(layer.operation) else {
      if network.blocks[layer.operation] != nil {
        throw layer.position.error(
          "the block \(layer.operation.excerpt) takes one value but is given \(inputs?.count ?? 1)")
      }
      throw layer.position.error(
        "there is no operation and no block \(layer.operation.excerpt)",
        advice: NearNames.advice(
          layer.operation, known: Operation.names.sorted() + network.blocks.keys.sorted(),
          "blocks and operations"))
    }
    let taken: [String]
    if let inputs {
      taken = inputs
    } else if let names = layer.inputs {
      taken = try names.map { try value(named: $0, scope) }
    } else {
      taken = layer.operation == "constant" ? [] : [try currentValue(layer.position)]
    }
    let operation = try operation(layer, scope, taking: taken.first)
    let full = try scope.prefix + (name ?? freeName(layer.operation, scope, position))
    try checkFresh(full, position)
    guard resolution.layers.count < limits.layers else {
      throw position.error(
        "the network has more than \(limits.layers) layers", code: .limitExceeded)
    }
    try located(position) {
      try $0.resolution.add(Layer(full, operation, inputs: taken))
    }
    definitions.define(full, value: full, at: position)
    current = full
  }

  /// The name of an operation, with a number when it is taken in the scope.
  private mutating func freeName(
    _ operation: String, _ scope: Scope, _ position: TextPosition
  ) throws -> String {
    guard definitions[scope.prefix + operation] != nil else { return operation }
    let key = scope.prefix + operation
    var number = lastNumbers[key] ?? 1
    var name = operation
    repeat {
      try spend(1, position)
      number += 1
      name = "\(operation)_\(number)"
    } while definitions[scope.prefix + name] != nil
    lastNumbers[key] = number
    return name
  }

  private mutating func operation(
    _ layer: LayerSyntax, _ scope: Scope, taking value: String?
  ) throws -> Operation {
    var attributes = try layer.attributes.map { attribute in
      Attribute(attribute.name, try self.value(of: attribute, scope, taking: value))
    }
    attributes += defaults(layer, attributes, rank: value.flatMap { resolution.shapes[$0] })
    do {
      return try Operation(name: layer.operation, attributes: attributes)
    } catch let error as PithError {
      throw blamed(error, attributes, layer)
    }
  }

  /// An error of an operation's attributes at the place of the one whose fault it is.
  private func blamed(
    _ error: PithError, _ attributes: [Attribute], _ layer: LayerSyntax
  ) -> PithError {
    func errorWith(_ index: Int, _ replacement: [Attribute]) -> PithError? {
      var changed = attributes
      changed.replaceSubrange(index...index, with: replacement)
      do {
        _ = try Operation(name: layer.operation, attributes: changed)
        return nil
      } catch { return error as? PithError }
    }
    for (index, attribute) in layer.attributes.enumerated() {
      // Found by trying: without an attribute that is not known, fewer are not known.
      if error.code == .unsupported {
        let other = errorWith(index, [])
        if other == nil || other?.code == .unsupported && other != error {
          return error.at(attribute.position.description)
        }
      }
      // A number that is not whole where one has to be: a whole one is no error.
      if case .real(let number) = attributes[index].value,
        errorWith(index, [Attribute(attribute.name, .integer(1))]) != error
      {
        return attribute.position.error(
          "\(attribute.name.excerpt) must be a whole number, not \(number)",
          advice: "round(x), floor(x) or ceil(x) makes one")
      }
    }
    return error.at(layer.position.description)
  }

  private mutating func value(
    of attribute: LayerSyntax.Attribute, _ scope: Scope, taking value: String?
  ) throws -> AttributeValue {
    switch attribute.value {
    case .single(let expression):
      switch try evaluate(expression, scope, taking: value) {
      case .integer(let integer): return .integer(integer)
      case .real(let real): return .real(real)
      case .flag(let flag): return .flag(flag)
      }
    case .list(let elements):
      return .integers(
        try elements.map { element in
          try evaluate(element, scope, taking: value)
            .asInteger(element.position, "a number of the list")
        })
    }
  }

  /// What a slice or a pad leaves out: it keeps all values, or adds none.
  private func defaults(
    _ layer: LayerSyntax, _ given: [Attribute], rank shape: Shape?
  ) -> [Attribute] {
    guard let shape else { return [] }
    let zeros = AttributeValue.integers(shape.dimensions.map { _ in 0 })
    let all: [Attribute] =
      switch layer.operation {
      case "slice":
        [
          Attribute("starts", zeros), Attribute("ends", .integers(shape.dimensions)),
          Attribute("steps", .integers(shape.dimensions.map { _ in 1 })),
        ]
      case "pad": [Attribute("before", zeros), Attribute("after", zeros)]
      default: []
      }
    return all.filter { attribute in !given.contains { $0.name == attribute.name } }
  }
}
