import ArgumentParser
import Pith
import PithConversion

/// `pith ops`: every operation.
struct Ops: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "List every operation that the converter and the runtime know.",
    discussion: """
      The first table has the operations that models and the network language may have, and which operators of ONNX \
      become them; the second has every operator of ONNX that 'pith convert' reads, with what of it is left out.

      json  {"operations":[{"name":"relu","description":"...","attributes":[{"name":"...","default":...}],\
      "onnx":["Relu"]}],"onnx":{"versions":[6,26],"operators":[{"name":"Relu","operations":["relu"],"limit":null}]}}
      """)

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func execute() throws -> ExitStatus {
    let output = StandardOutput()
    switch format {
    case .text: try output.write(Self.operationTable.text + "\n" + Self.operatorTable.text)
    case .json: try output.write(Self.json.text + "\n")
    }
    try output.flush()
    return .done
  }

  /// The operators of ONNX that become an operation, by name.
  private static func operators(for operation: Operation) -> [String] {
    ONNXOperator.all.filter { $0.operations.contains(operation.name) }.map(\.name)
  }

  private static var operationTable: TextTable {
    var table = TextTable([.left, .left, .left, .left])
    table.add(["operation", "what it does", "attributes (defaults)", "from ONNX"])
    for operation in Operation.examples {
      let attributes = operation.documentation.attributes.map { name, value in
        value.map { "\(name) (\($0))" } ?? name
      }
      table.add([
        operation.name, operation.documentation.summary, attributes.joined(separator: ", "),
        operators(for: operation).joined(separator: ", "),
      ])
    }
    return table
  }

  private static var operatorTable: TextTable {
    let versions = ONNXOperator.versions
    var table = TextTable([.left, .left, .left])
    table.add([
      "ONNX, versions \(versions.lowerBound) to \(versions.upperBound)", "becomes", "only",
    ])
    for row in ONNXOperator.all {
      table.add([row.name, row.operations.joined(separator: ", "), row.limit ?? ""])
    }
    return table
  }

  private static var json: JSON {
    let operations = Operation.examples.map { operation in
      let attributes = operation.documentation.attributes.map { name, value in
        JSON.object([("name", .string(name)), ("default", .optional(value))])
      }
      return JSON.object([
        ("name", .string(operation.name)),
        ("description", .string(operation.documentation.summary)),
        ("attributes", .array(attributes)),
        ("onnx", .array(operators(for: operation).map { .string($0) })),
      ])
    }
    let rows = ONNXOperator.all.map { row in
      JSON.object([
        ("name", .string(row.name)),
        ("operations", .array(row.operations.map { .string($0) })),
        ("limit", .optional(row.limit)),
      ])
    }
    let versions = ONNXOperator.versions
    return .object([
      ("operations", .array(operations)),
      (
        "onnx",
        .object([
          (
            "versions",
            .array([.integer(versions.lowerBound), .integer(versions.upperBound)])
          ),
          ("operators", .array(rows)),
        ])
      ),
    ])
  }
}
