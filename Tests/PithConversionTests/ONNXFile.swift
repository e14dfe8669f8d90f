import PithConversion
import PithTensor
import PithTestSupport

/// An ONNX model written by hand: a list of nodes, and the numbers that they use.
struct ONNXFile {
  struct Node: Sendable {
    var operation: String
    var inputs: [String]
    var outputs: [String]
    var name = ""
    var domain = ""
    var attributes: [String: Attribute] = [:]
  }

  enum Attribute: Sendable {
    case integer(Int64)
    case real(Float)
    case text(String)
    case integers([Int64])
    /// A tensor without dimensions.
    case number(Float)
    case whole(Int64)
  }

  enum Size: Sendable {
    case fixed(Int64)
    case named(String)
  }

  var version: Int64 = 17
  var inputs: [(String, [Size])] = []
  var outputs: [String] = []
  var nodes: [Node] = []
  var floats: [(String, [Int64], [Float])] = []
  var integers: [(String, [Int64])] = []
  var functions: [(domain: String, name: String)] = []

  /// One input `x`, one output `y`, and nodes from one to the other.
  init(_ sizes: [Int64], version: Int64 = 17, batch: Size? = nil, _ nodes: [Node]) {
    self.version = version
    inputs = [("x", (batch.map { [$0] } ?? []) + sizes.map { .fixed($0) })]
    outputs = ["y"]
    self.nodes = nodes
  }

  func network(hasBatch: Bool = true, limits: Limits = Limits()) throws -> ONNXNetwork {
    try ONNXNetwork(
      importing: ONNXModel(reading: bytes, limits: limits), hasBatch: hasBatch, limits: limits)
  }

  /// What the import of a file with a batch says, without what is said around the one thing that it lists.
  var problem: String? {
    pithError { try network() }.map { error in
      let prefix = "one thing of the graph cannot be converted:\n  "
      return error.problem.hasPrefix(prefix)
        ? String(error.problem.dropFirst(prefix.count)) : error.description
    }
  }

  // MARK: the bytes

  var bytes: [UInt8] {
    let graph = Message {
      for node in nodes { $0.message(1, Self.message(node)) }
      $0.text(2, "graph")
      for (name, shape, values) in floats {
        $0.message(
          5,
          Message {
            for size in shape { $0.integer(1, size) }
            $0.integer(2, 1)
            for value in values { $0.real(4, value) }
            $0.text(8, name)
          })
      }
      for (name, values) in integers {
        $0.message(
          5,
          Message {
            $0.integer(1, Int64(values.count))
            $0.integer(2, 7)
            for value in values { $0.integer(7, value) }
            $0.text(8, name)
          })
      }
      for (name, sizes) in inputs { $0.message(11, Self.value(name, sizes)) }
      for name in outputs { $0.message(12, Message { $0.text(1, name) }) }
    }
    let model = Message {
      $0.integer(1, 8)
      $0.message(7, graph)
      $0.message(8, Message { $0.integer(2, version) })
      for function in functions {
        $0.message(
          25,
          Message {
            $0.text(1, function.name)
            $0.text(10, function.domain)
          })
      }
    }
    return model.bytes
  }

  private static func message(_ node: Node) -> Message {
    Message {
      for name in node.inputs { $0.text(1, name) }
      for name in node.outputs { $0.text(2, name) }
      $0.text(3, node.name)
      $0.text(4, node.operation)
      for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
        $0.message(5, attribute(name, value))
      }
      $0.text(7, node.domain)
    }
  }

  private static func attribute(_ name: String, _ value: Attribute) -> Message {
    Message {
      $0.text(1, name)
      switch value {
      case .real(let value):
        $0.real(2, value)
        $0.integer(20, 1)
      case .integer(let value):
        $0.integer(3, value)
        $0.integer(20, 2)
      case .text(let value):
        $0.text(4, value)
        $0.integer(20, 3)
      case .number(let value):
        $0.message(
          5,
          Message {
            $0.integer(2, 1)
            $0.real(4, value)
          })
        $0.integer(20, 4)
      case .whole(let value):
        $0.message(
          5,
          Message {
            $0.integer(2, 7)
            $0.integer(7, value)
          })
        $0.integer(20, 4)
      case .integers(let values):
        for value in values { $0.integer(8, value) }
        $0.integer(20, 7)
      }
    }
  }

  private static func value(_ name: String, _ sizes: [Size]) -> Message {
    let shape = Message {
      for size in sizes {
        $0.message(
          1,
          Message {
            switch size {
            case .fixed(let count): $0.integer(1, count)
            case .named(let name): $0.text(2, name)
            }
          })
      }
    }
    let tensor = Message {
      $0.integer(1, 1)
      $0.message(2, shape)
    }
    return Message {
      $0.text(1, name)
      $0.message(2, Message { $0.message(1, tensor) })
    }
  }
}

/// A message of the protocol buffer wire format.
private struct Message {
  private(set) var bytes: [UInt8] = []

  init(_ build: (inout Message) -> Void) { build(&self) }

  mutating func integer(_ field: UInt64, _ value: Int64) { bytes += Wire.integer(field, value) }

  mutating func real(_ field: UInt64, _ value: Float) { bytes += Wire.float(field, value) }

  mutating func text(_ field: UInt64, _ value: String) { bytes += Wire.text(field, value) }

  mutating func message(_ field: UInt64, _ value: Message) {
    bytes += Wire.bytes(field, value.bytes)
  }
}

extension ONNXFile.Node {
  /// A node with the name of its output.
  static func node(
    _ operation: String, _ inputs: [String], _ outputs: [String] = ["y"], name: String = "",
    with attributes: [String: ONNXFile.Attribute] = [:]
  ) -> Self {
    Self(operation: operation, inputs: inputs, outputs: outputs, name: name, attributes: attributes)
  }
}
