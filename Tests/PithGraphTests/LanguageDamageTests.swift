import PithGraph
import PithTensor
import Testing

/// No text makes the reader trap, or work for long: each gives a graph or an error with its place.
@Suite struct LanguageDamageTests {
  private static let files = Dictionary(
    BuiltInNetwork.all.map { ($0.file, $0) }, uniquingKeysWith: { first, _ in first })

  @Test(arguments: files.keys.sorted())
  func everyPrefixIsReadOrRefused(_ file: String) throws {
    let network = try #require(Self.files[file])
    let scalars = Array(try network.text().unicodeScalars)
    var refused = 0
    for count in 0..<scalars.count {
      refused += try isRefused(Self.text(scalars[..<count])) ? 1 : 0
    }
    #expect(refused > 0)
  }

  @Test(arguments: files.keys.sorted())
  func everyDeletionAndReplacementIsReadOrRefused(_ file: String) throws {
    let network = try #require(Self.files[file])
    let scalars = Array(try network.text().unicodeScalars)
    var random = SeededRandom(seed: 1)
    let others = Array("(){}[]:=;\"\\#,.?!<>-+*/%0 9a_\n\u{1}é".unicodeScalars)
    var refused = 0
    for index in scalars.indices {
      var changed = scalars
      changed.remove(at: index)
      refused += try isRefused(Self.text(changed[...])) ? 1 : 0
      changed = scalars
      changed[index] = others[Int.random(in: others.indices, using: &random)]
      refused += try isRefused(Self.text(changed[...])) ? 1 : 0
    }
    #expect(refused > scalars.count / 8)
  }

  @Test func randomTokensAreReadOrRefused() throws {
    let words = [
      "input", "image", ":", "[", "]", "3", "8", ",", "\n", "(", ")", "{", "}", "sequence",
      "repeat",
      "residual", "shortcut", "branch", "concat", "add", "relu", "convolution", "outputs", "kernel",
      "=", "block", "b", "if", "else", "true", "as", "i", "\"x{i}\"", "output", "+", "?", "-",
      "9e9",
      "parameter", "inf", "%", "not", "and", "slice", "pad", "steps", "input.width", "round",
      "9223372036854775807", "*",
    ]
    var random = SeededRandom(seed: 2)
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...30, using: &random)).map { _ in
        words[Int.random(in: words.indices, using: &random)]
      }.joined(separator: " ")
      _ = try isRefused(text)
      _ = try isRefused("input image: [3, 8, 8]\nblock b(i) { relu }\n" + text)
    }
  }

  private static let harmful: [String: String] = [
    "each block calls the one before it twice": (0..<40).map {
      "block b\($0)() { \($0 == 0 ? "relu" : "b\($0 - 1); b\($0 - 1)") }\n"
    }.joined() + "input x: [1]\nb39",
    "each block calls the one before it": (0..<1000).map {
      "block b\($0)() { \($0 == 0 ? "relu" : "b\($0 - 1)") }\n"
    }.joined() + "input x: [1]\nb999",
    "repeats in repeats": "input x: [1]\n" + String(repeating: "repeat 99999 { ", count: 60)
      + String(repeating: "}", count: 60),
    "layers of many inputs": "input x: [1]\nrepeat 99999 { concat("
      + String(repeating: "x, ", count: 9999) + "x) }",
    "many layers": "input x: [1]\nrepeat 99999 { relu(x) }",
    "many numbered layers": "input x: [1]\nrepeat 99999 as i { \"{i}\" = relu }",
    "many layers in the text": "input x: [1]\n" + String(repeating: "relu\n", count: 1 << 17),
    "an input without memory": "input x: [4294967295, 2147483647, 3]\nrelu",
    "layers that double": "input x: [8]\nrepeat 60 { branch { } branch { } concat }",
    "parentheses": "input x: [1]\nrelu a: " + String(repeating: "(", count: 1 << 20),
    "bodies": String(repeating: "if true {", count: 1 << 16),
    "quotes": String(repeating: "\"", count: 1 << 20),
    "quoted expressions": "\"" + String(repeating: "{", count: 1 << 20),
    "names": String(repeating: "a=", count: 1 << 19),
    "conditions": "input x: [1]\nif 1 == 2 { } "
      + String(repeating: "else if 1 == 2 { } ", count: 1 << 15) + "else { add }",
    "inputs": "input x: [1]\nadd(" + String(repeating: "x,", count: 1 << 19) + "x)",
    "sizes": "input x: [" + String(repeating: "1,", count: 1 << 19) + "1]",
    "long names": "input x: [1]\n"
      + String(repeating: "\(String(repeating: "s", count: 1000)) = sequence { ", count: 60)
      + "relu" + String(repeating: "}", count: 60),
  ]

  @Test(arguments: harmful.keys.sorted())
  func textsMadeToHarmAreRefusedSoon(_ name: String) throws {
    let text = try #require(Self.harmful[name])
    let duration = try ContinuousClock().measure {
      let isRefused = try isRefused(text)
      #expect(isRefused)
    }
    // A hundred times what it takes.
    #expect(duration < .seconds(60))
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  /// Whether a text gives an error, which must be a ``PithError`` that says where.
  private func isRefused(_ text: String) throws -> Bool {
    var limits = Limits()
    limits.networkBytes = 2 << 20
    do {
      let graph = try Graph(text: text, limits: limits)
      _ = try graph.resolved()
      return false
    } catch let error as PithError {
      #expect(error.place?.hasPrefix("line ") == true, "\(error)")
      return true
    }
  }
}
