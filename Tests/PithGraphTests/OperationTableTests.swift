import Foundation
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// The tables of operations in the specification of the format say what the code does.
struct OperationTableTests {
  private struct Row {
    let operation: String
    let attribute: String
    let type: String
    let defaultText: String
  }

  private static func specification() throws -> String {
    try Repository.text("Sources/PithFormat/PithFormat.docc/Format.md")
  }

  /// The cells of all tables of the specification whose first one is the name of an operation.
  private static func rows() throws -> [[String]] {
    let names = Set(PithGraph.Operation.examples.map(\.name))
    return try specification().split(separator: "\n").map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }.filter { $0.first.map { names.contains(unquoted($0)) } == true }
  }

  private static func unquoted(_ text: String) -> String { text.replacing("`", with: "") }

  private static func attributes() throws -> [Row] {
    try rows().filter { $0.count == 5 }.map { cells in
      Row(
        operation: unquoted(cells[0]), attribute: unquoted(cells[1]), type: cells[2],
        defaultText: unquoted(cells[3]))
    }
  }

  @Test func everyOperationIsListedInOrder() throws {
    let listed = try Self.rows().filter { $0.count == 4 }.map { Self.unquoted($0[0]) }
    #expect(listed == PithGraph.Operation.examples.map(\.name))
  }

  /// The change list names what came after the first version, and the code knows it.
  @Test func theChangeListNamesWhatIsNew() throws {
    let row = try #require(
      Self.specification().split(separator: "\n").first { $0.hasPrefix("| 1.1 |") })
    let named = row.split(separator: ";")[0].matches(of: /`([a-z_]+)`/).map { String($0.output.1) }
    let newer = PithGraph.Operation.examples.filter { $0.minorVersion == 1 }.map(\.name)
    #expect(Set(named) == Set(newer))
    #expect(PithGraph.Operation.examples.allSatisfy { $0.minorVersion <= 1 })
  }

  /// An operation with all its attributes away from their defaults says so, in the order of the table.
  @Test func theAttributesAreThoseOfTheTable() throws {
    let rows = try Self.attributes()
    for example in PithGraph.Operation.examples {
      let listed = rows.filter { $0.operation == example.name }
      let given = listed.map { Attribute($0.attribute, Self.unusual($0)) }
      let operation = try PithGraph.Operation(name: example.name, attributes: given)
      #expect(operation.attributes == given, "\(example.name)")
      #expect(Self.storedProperties(of: operation) == listed.count, "\(example.name)")
    }
  }

  @Test func theDefaultsAreThoseOfTheTable() throws {
    let rows = try Self.attributes()
    for row in rows {
      let others = rows.filter { $0.operation == row.operation && $0.attribute != row.attribute }
        .filter { $0.defaultText == "needed" }
        .map { Attribute($0.attribute, Self.unusual($0)) }
      guard row.defaultText != "needed" else {
        #expect(throws: PithError.self, "\(row)") {
          try PithGraph.Operation(name: row.operation, attributes: others)
        }
        continue
      }
      let left = try PithGraph.Operation(name: row.operation, attributes: others)
      let value = try Self.value(row, kernel: others.first { $0.name == "kernel" }?.value)
      let written = try PithGraph.Operation(
        name: row.operation, attributes: others + [Attribute(row.attribute, value)])
      #expect(left == written, "\(row)")
    }
  }

  @Test func theParametersAreThoseOfTheTable() throws {
    for cells in try Self.rows() where cells.count == 4 {
      let name = Self.unquoted(cells[0])
      let operation = try #require(PithGraph.Operation.examples.first { $0.name == name })
      let shape: Shape = name == "fully_connected" ? [4] : [4, 8, 8]
      let inputs = [Shape](repeating: shape, count: operation.inputCount.lowerBound)
      let roles = try operation.parameters(inputs).map(\.role)
      let listed = cells[3].matches(of: /`([a-z_]+)`/).map { String($0.output.1) }
      #expect(listed.filter { $0 != "shape" } == roles, "\(name)")
      let count = ["none": 0, "two": 2][cells[1]] ?? 1
      #expect(operation.inputCount.lowerBound == count, "\(name)")
    }
  }

  private static func unusual(_ row: Row) -> AttributeValue {
    switch row.type {
    case "integer": .integer(7)
    case "size": row.attribute == "stride" ? .integers([3, 4]) : .integers([5, 6])
    case "padding": .integers([1, 2, 3, 4])
    case "real": .real(0.25)
    case "flag": .flag(row.defaultText == "0")
    default: .integers([1, 2])
    }
  }

  private static func value(_ row: Row, kernel: AttributeValue?) throws -> AttributeValue {
    switch row.type {
    case "integer": .integer(try #require(Int(row.defaultText)))
    case "real": .real(try #require(Double(row.defaultText)))
    case "flag": .flag(try #require(Int(row.defaultText)) == 1)
    default:
      row.defaultText == "kernel"
        ? try #require(kernel) : .integer(try #require(Int(row.defaultText)))
    }
  }

  /// How many attributes the type of an operation has: those of a window count one by one.
  private static func storedProperties(of operation: PithGraph.Operation) -> Int {
    func count(_ value: Any) -> Int {
      Mirror(reflecting: value).children.reduce(0) { sum, child in
        sum + (child.value is Window ? count(child.value) : 1)
      }
    }
    return Mirror(reflecting: operation).children.reduce(0) { $0 + count($1.value) }
  }
}
