import Foundation
import PithTestSupport
import Testing

/// Asks Pillow and PyTorch, all questions in one process.
struct Oracle {
  enum Answer {
    case bytes([UInt8])
    case error(String)

    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  }

  private var questions = Data()

  mutating func ask(_ line: String, _ pixels: [UInt8] = []) {
    questions.append(Data("\(line)\n".utf8))
    questions.append(Data(pixels))
  }

  func answers() throws -> [Answer] {
    let folder = try TemporaryFolder()
    try questions.write(to: folder.file("questions"))
    let result = try Python.run(
      tool: "image/oracle.py", [folder.path("questions"), folder.path("answers")])
    try #require(result.status == 0, "\(result.errors)")
    return Self.parse(try folder.bytes("answers"))
  }

  private static func parse(_ bytes: [UInt8]) -> [Answer] {
    var answers: [Answer] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 10) {
      let words = String(decoding: rest[..<end], as: UTF8.self).split(
        separator: " ", maxSplits: 1)
      rest = rest[(end + 1)...]
      if words[0] == "ok", let count = Int(words[1]) {
        answers.append(.bytes(Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
      } else {
        answers.append(.error(String(words.last ?? "")))
      }
    }
    return answers
  }
}
