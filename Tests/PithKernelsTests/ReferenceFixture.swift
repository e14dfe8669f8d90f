import Foundation
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// One layer of `Fixtures/operations.json` with what PyTorch computes for it in double precision.
struct ReferenceCase: Decodable, CustomTestStringConvertible, Sendable {
  struct Values: Decodable, Sendable {
    let shape: Shape
    let values: [Double]

    private enum CodingKeys: CodingKey { case shape, values }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      shape = try Shape(checking: container.decode([Int].self, forKey: .shape))
      values = try container.decode(String.self, forKey: .values).split(separator: " ").map {
        guard let value = Double($0) else { throw PithError(.invalidValue, "'\($0)'") }
        return value
      }
    }
  }

  let name: String
  let operation: String
  let attributes: [String: ReferenceAttribute]
  let inputs: [Values]
  let parameters: [String: Values]
  let output: Values

  var testDescription: String { "\(operation): \(name)" }

  /// A graph of this one layer with the inputs `0`, `1` and so on.
  func network() throws -> Network {
    let names = inputs.indices.map { "input\($0)" }
    var graph = Graph(
      inputs: zip(names, inputs).map { Graph.Input($0, shape: $1.shape) },
      layers: [
        Layer(
          "layer",
          try Operation(
            name: operation, attributes: attributes.map { Attribute($0, $1.value) }),
          inputs: names)
      ],
      outputs: ["layer"])
    // A graph has an input even where its only layer takes none.
    if names.isEmpty { graph.inputs = [Graph.Input("unused", shape: [1])] }
    var tensors: [String: Tensor] = [:]
    for (role, parameter) in parameters {
      tensors["layer.\(role)"] = try Tensor(
        shape: parameter.shape, values: parameter.values.map { Float($0) })
    }
    return Network(graph: graph, parameters: tensors)
  }

  /// The inputs by name.
  func values<Scalar: BinaryFloatingPoint>(as type: Scalar.Type) -> [String: [Scalar]] {
    guard !inputs.isEmpty else { return ["unused": [0]] }
    return Dictionary(
      uniqueKeysWithValues: inputs.enumerated().map { ("input\($0)", $1.values.map { Scalar($0) }) }
    )
  }

  static let all: [ReferenceCase] = {
    do {
      let data = try Data(contentsOf: Repository.file("Fixtures/operations.json"))
      return try JSONDecoder().decode([ReferenceCase].self, from: data)
    } catch {
      fatalError("Fixtures/operations.json cannot be read: \(error)")
    }
  }()
}

/// An attribute as JSON writes it.
struct ReferenceAttribute: Decodable, Sendable {
  let value: AttributeValue

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      value = .flag(flag)
    } else if let integer = try? container.decode(Int.self) {
      value = .integer(integer)
    } else if let real = try? container.decode(Double.self) {
      value = .real(real)
    } else {
      value = .integers(try container.decode([Int].self))
    }
  }
}
