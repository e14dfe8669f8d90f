import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// The examples of the documentation give what stands below them.
@Suite struct LanguageDocumentTests {
  private struct Example {
    let line: Int
    let network: String
    /// `core`, `result` or `error`, and the text.
    var outcomes: [(kind: String, text: String)] = []
  }

  private static func examples() throws -> [Example] {
    let text = try Repository.text("Sources/PithGraph/PithGraph.docc/NetworkLanguage.md")
    var examples: [Example] = []
    var block: (kind: String, lines: [Substring])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard line.hasPrefix("```") else {
        block?.lines.append(line)
        continue
      }
      guard let (kind, lines) = block else {
        block = (String(line.dropFirst(3)), [])
        continue
      }
      block = nil
      let content = lines.joined(separator: "\n")
      if kind == "network" {
        examples.append(Example(line: index - lines.count + 1, network: content))
      } else {
        let last = try #require(examples.indices.last)
        examples[last].outcomes.append((kind, content))
      }
    }
    return examples
  }

  @Test func everyExampleGivesWhatStandsBelowIt() throws {
    let examples = try Self.examples()
    #expect(examples.count == 14)
    for example in examples {
      #expect(!example.outcomes.isEmpty, "the example at line \(example.line)")
      for (kind, text) in example.outcomes {
        let found =
          switch kind {
          case "core": try String(Graph(text: example.network).text.dropLast())
          case "result": try Self.result(of: Graph(text: example.network), like: text)
          case "error": Self.error(of: example.network)
          default: "a block of the kind '\(kind)' is not known"
          }
        #expect(found == text, "the example at line \(example.line)")
      }
    }
  }

  /// Names are given only where the page gives them.
  private static func result(of graph: Graph, like text: String) throws -> String {
    let resolved = try graph.resolved()
    var lines = ["layers \(graph.layers.count)"]
    if text.contains("\nnames ") {
      lines.append("names \(graph.layers.map(\.name).joined(separator: ", "))")
    }
    lines += resolved.parameters.map { "parameter \($0.name) \($0.shape)" }
    lines += try graph.outputs.map { "output \($0) \(try #require(resolved.shapes[$0]))" }
    return lines.joined(separator: "\n")
  }

  private static func error(of text: String) -> String {
    do {
      return try Graph(text: text).text
    } catch { return "\(error)" }
  }

  /// The page says all of the bounds with the numbers of the code.
  @Test func boundsAreThoseOfTheLimits() {
    #expect(Limits().networkBytes == 1 << 20)
    #expect(Limits().layers == 65_536)
  }
}
