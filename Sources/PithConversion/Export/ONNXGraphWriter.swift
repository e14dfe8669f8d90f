import PithGraph
import PithTensor

/// Writes the graph of an ONNX model, node by node; layers and tensors keep their names.
struct ONNXGraphWriter {
  /// An attribute of a node.
  enum NodeAttribute {
    case integer(Int)
    case real(Double)
    case integers([Int])
  }

  /// The message `GraphProto`.
  private(set) var message = ProtocolBufferWriter()
  /// What cannot be expressed, a line for each layer.
  var problems: [String] = []
  /// The version of the standard operators: 17, which runtimes have known for years, unless a layer needs 20.
  let version: Int
  let resolved: ResolvedGraph
  private let parameters: [String: Tensor]
  /// Constants of the network; they have no batch.
  let constants: Set<String>
  private var names: Set<String>

  init(_ resolved: ResolvedGraph, parameters: [String: Tensor]) {
    self.resolved = resolved
    self.parameters = parameters
    let layers = resolved.graph.layers
    constants = Set(
      layers.filter {
        if case .constant = $0.operation { true } else { false }
      }.map(\.name))
    version = layers.contains(where: Self.needsVersion20) ? 20 : 17
    names = Set(resolved.graph.inputs.map(\.name) + layers.map(\.name))
  }

  /// GELU as one operator came with version 20, dilated average pools with 19.
  private static func needsVersion20(_ layer: Layer) -> Bool {
    switch layer.operation {
    case .gelu: true
    case .averagePool(let pool): pool.window.dilation != Extent(1)
    default: false
    }
  }

  mutating func write() {
    message.text(2, "pith")
    for layer in resolved.layers { add(layer) }
    for input in resolved.graph.inputs { value(11, input.name, input.shape) }
    for name in Set(resolved.graph.outputs).sorted() where constants.contains(name) {
      problems.append("'\(name)' is an output but a constant, which has no batch")
    }
    let inputs = Set(resolved.graph.inputs.map(\.name))
    for name in resolved.graph.outputs {
      var output = name
      if inputs.contains(name) {
        // No value is an input and an output at once.
        output = fresh(name)
        node("Identity", [name], output)
      }
      value(12, output, resolved.shapes[name] ?? [])
    }
  }

  // MARK: Messages

  /// One node, named as its output.
  mutating func node(
    _ operation: String, _ inputs: [String], _ output: String,
    _ attributes: [(String, NodeAttribute)] = []
  ) {
    message.message(1) { node in
      for input in inputs { node.text(1, input) }
      node.text(2, output)
      node.text(3, output)
      node.text(4, operation)
      for (name, value) in attributes {
        node.message(5) { Self.write(name, value, to: &$0) }
      }
    }
  }

  private static func write(
    _ name: String, _ value: NodeAttribute, to attribute: inout ProtocolBufferWriter
  ) {
    attribute.text(1, name)
    switch value {
    case .integer(let integer):
      attribute.integer(3, integer)
      attribute.integer(20, 2)
    case .real(let real):
      attribute.float(2, Float(real))
      attribute.integer(20, 1)
    case .integers(let integers):
      for integer in integers { attribute.integer(8, integer) }
      attribute.integer(20, 7)
    }
  }

  private mutating func value(_ number: UInt64, _ name: String, _ shape: Shape) {
    message.message(number) { value in
      value.text(1, name)
      value.message(2) { type in
        type.message(1) { tensor in
          tensor.integer(1, 1)
          tensor.message(2) { sizes in
            sizes.message(1) { $0.text(2, "batch") }
            for size in shape.dimensions { sizes.message(1) { $0.integer(1, size) } }
          }
        }
      }
    }
  }

  // MARK: Tensors

  /// A name that nothing else has.
  mutating func fresh(_ base: String) -> String {
    var name = base
    var number = 1
    while !names.insert(name).inserted {
      name = "\(base)_\(number)"
      number += 1
    }
    return name
  }

  /// A parameter of a layer as an initializer, in its own shape or another of the same count; its name.
  mutating func parameter(_ name: String, shape: [Int]? = nil, as other: String? = nil) -> String {
    guard let tensor = parameters[name] else { return name }
    let initializer = other ?? fresh(name)
    tensorMessage(initializer, type: 1, sizes: shape ?? tensor.shape.dimensions) { writer in
      for value in tensor.values { writer.float(value) }
    }
    return initializer
  }

  /// Numbers of a node that are inputs and not attributes; their name.
  mutating func integers(_ name: String, _ values: [Int]) -> String {
    let initializer = fresh(name)
    tensorMessage(initializer, type: 7, sizes: [values.count]) { writer in
      for value in values { writer.integer(Int64(value)) }
    }
    return initializer
  }

  mutating func reals(_ name: String, _ values: [Float], sizes: [Int] = []) -> String {
    let initializer = fresh(name)
    tensorMessage(initializer, type: 1, sizes: sizes) { writer in
      for value in values { writer.float(value) }
    }
    return initializer
  }

  private mutating func tensorMessage(
    _ name: String, type: Int, sizes: [Int], _ content: (inout ByteWriter) -> Void
  ) {
    var raw = ByteWriter()
    content(&raw)
    message.message(5) { tensor in
      for size in sizes { tensor.integer(1, size) }
      tensor.integer(2, type)
      tensor.text(8, name)
      tensor.data(9, raw.bytes)
    }
  }
}
