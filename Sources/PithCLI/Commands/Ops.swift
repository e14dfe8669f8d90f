import ArgumentParser
import Pith
import PithConversion

/// `pith ops`: every operation.
struct Ops: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "List every operation that the converter and the runtime know.",
    discussion: """
      runtime says that models may have the operation; pytorch that an architecture of 'pith convert' uses it.

      json  [{"name":"relu","description":"...","attributes":[{"name":"...","default":...}],"runtime":true,\
      "pytorch":true}]
      """)

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func execute() throws -> ExitStatus {
    let converted = Set(
      try Architecture.names.map { try Architecture.named($0) }.flatMap(Self.operations))
    let output = StandardOutput()
    switch format {
    case .text: try output.write(Self.text(converted))
    case .json: try output.write(Self.json(converted).text + "\n")
    }
    try output.flush()
    return .done
  }

  /// The names of the operations that an architecture is made of.
  private static func operations(of architecture: Architecture) throws -> [String] {
    try architecture.graph().layers.map(\.operation.name)
  }

  private static func text(_ converted: Set<String>) -> String {
    var table = TextTable([.left, .left, .left, .left, .left])
    table.add(["operation", "runtime", "pytorch", "what it does", "attributes (defaults)"])
    for operation in Operation.examples {
      let attributes = operation.documentation.attributes.map { name, value in
        value.map { "\(name) (\($0))" } ?? name
      }
      table.add([
        operation.name, "yes", converted.contains(operation.name) ? "yes" : "no",
        operation.documentation.summary, attributes.joined(separator: ", "),
      ])
    }
    return table.text
  }

  private static func json(_ converted: Set<String>) -> JSON {
    .array(
      Operation.examples.map { operation in
        let attributes = operation.documentation.attributes.map { name, value in
          JSON.object([("name", .string(name)), ("default", .optional(value))])
        }
        return .object([
          ("name", .string(operation.name)),
          ("description", .string(operation.documentation.summary)),
          ("attributes", .array(attributes)), ("runtime", .boolean(true)),
          ("pytorch", .boolean(converted.contains(operation.name))),
        ])
      })
  }
}
