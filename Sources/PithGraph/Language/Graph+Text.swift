public import PithTensor

extension Graph {
  /// Reads a network from text, its parameters at their defaults.
  ///
  /// - Throws: ``PithError`` with the line and column.
  public init(text: String, limits: Limits = Limits()) throws {
    self = try NetworkText(parsing: text, limits: limits).graph()
  }

  /// The network in the core of the network language: a line for each input, a line for each layer with its inputs and
  /// all attributes that are not at their defaults, and a line of the outputs.
  ///
  /// `Graph(text: graph.text) == graph` for every graph that resolves and whose text is not too long.
  public var text: String {
    var lines = inputs.map { input in
      "input \(Self.written(input.name)): \(input.shape.dimensions)"
    }
    for layer in layers {
      let inputs = layer.inputs.map(Self.written).joined(separator: ", ")
      let attributes = layer.operation.attributes.map { " \($0.name): \($0.value)" }.joined()
      lines.append(
        "\(Self.written(layer.name)) = \(layer.operation.name)(\(inputs))\(attributes)")
    }
    if !outputs.isEmpty {
      lines.append("output \(outputs.map(Self.written).joined(separator: ", "))")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// A name as the language writes it: in quotes when it is not a bare one.
  private static func written(_ name: String) -> String {
    let scalars = name.unicodeScalars
    if let first = scalars.first, Lexer.beginsName(first),
      scalars.allSatisfy(Lexer.continuesName), Keyword(rawValue: name) == nil
    {
      return name
    }
    var quoted = "\""
    for scalar in scalars {
      switch scalar {
      case "\"", "\\", "{": quoted += "\\\(scalar)"
      case _ where String(scalar).hasControlCharacters:
        quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
