import PithConversion

/// The lines of a model as tools/fixtures/onnx_files.py writes them.
enum ONNXDescription {
  static func text(_ model: ONNXModel) throws -> String {
    let graph = model.graph
    var lines = ["ir \(model.irVersion)", trimmed("producer \(model.producer)")]
    lines += model.operatorSets.map { "opset '\($0.key)' \($0.value)" }.sorted()
    lines += model.functions.map { "function \($0)" }
    lines.append("graph \(graph.name)")
    for node in graph.nodes {
      lines.append(
        "node '\(node.name)' \(node.domain):\(node.operation) "
          + "(\(node.inputs.joined(separator: ", "))) -> (\(node.outputs.joined(separator: ", ")))")
      lines += try node.attributes.map { "  \($0.key) = \(try text($0.value))" }.sorted()
    }
    lines += try graph.initializers.map { "initializer \(try text($0))" }
    lines += graph.sparseInitializers.map { "sparse \($0)" }
    lines += graph.inputs.map { "input \(text($0))" }
    lines += graph.outputs.map { "output \(text($0))" }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func text(_ tensor: ONNXTensor) throws -> String {
    let sizes =
      tensor.shape.isEmpty ? "scalar" : tensor.shape.map(String.init).joined(separator: "x")
    let values =
      tensor.type.isFloatingPoint
      ? try tensor.floats().map(bits) : try tensor.integers().map(String.init)
    return trimmed("\(tensor.name) \(sizes) \(values.joined(separator: " "))")
  }

  private static func text(_ value: ONNXAttribute) throws -> String {
    switch value {
    case .integer(let value): "\(value)"
    case .real(let value): bits(value)
    case .text(let value): "'\(value)'"
    case .tensor(let value): "tensor \(try text(value))"
    case .integers(let values): (["ints"] + values.map(String.init)).joined(separator: " ")
    case .reals(let values): (["floats"] + values.map(bits)).joined(separator: " ")
    case .texts(let values): (["texts"] + values.map { "'\($0)'" }).joined(separator: " ")
    case .other: "other"
    }
  }

  private static func text(_ value: ONNXValueInfo) -> String {
    guard let type = value.type else { return "\(value.name) no tensor" }
    guard let dimensions = value.dimensions else { return "\(value.name) \(type) of any rank" }
    let sizes = dimensions.map { dimension in
      switch dimension {
      case .fixed(let size): "\(size)"
      case .named(let name): name
      case .unknown: "?"
      }
    }
    return "\(value.name) \(type) [\(sizes.joined(separator: ", "))]"
  }

  private static func bits(_ value: Float) -> String {
    let digits = String(value.bitPattern, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static func trimmed(_ text: String) -> String {
    text.hasSuffix(" ") ? String(text.dropLast()) : text
  }
}
