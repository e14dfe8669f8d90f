import CZlib
import Foundation
import PithImage
import PithTensor

/// Where tests find what they need.
enum TestPaths {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let fixtures = repository.appendingPathComponent("Fixtures/png")
  static let oracle = repository.appendingPathComponent("tools/image/oracle.py")

  /// `PITH_SHARED_DATA`, else the folder `shared/data` beside the repository; nil when it is absent.
  static let sharedData: URL? = {
    let environment = ProcessInfo.processInfo.environment["PITH_SHARED_DATA"]
    let beside = repository.deletingLastPathComponent().appendingPathComponent("shared/data")
    let folder = environment.map { URL(fileURLWithPath: $0) } ?? beside
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  /// The Python of `PITH_PYTHON`, which has Pillow and PyTorch.
  static let python = ProcessInfo.processInfo.environment["PITH_PYTHON"]

  static func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixtures.appendingPathComponent(name)))
  }

  /// The PNG files below a folder of the shared data, in byte order.
  static func sharedImages(_ folder: String) throws -> [String] {
    guard let root = sharedData?.appendingPathComponent(folder),
      let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    else { return [] }
    return walker.compactMap { ($0 as? URL)?.path }.filter { $0.hasSuffix(".png") }.sorted()
  }
}

/// The line of `expected.txt`, as words.
func expectations(_ kind: String) throws -> [[String]] {
  try String(contentsOf: TestPaths.fixtures.appendingPathComponent("expected.txt"), encoding: .utf8)
    .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    .filter { $0.first == kind }
}

func crc(_ pixels: [UInt8]) -> String {
  let sum = String(crc32(0, pixels, UInt32(pixels.count)), radix: 16)
  return String(repeating: "0", count: 8 - sum.count) + sum
}

func colorNamed(_ name: String) -> Preprocessing.Color {
  Preprocessing.Color.allCases.first { $0.name == name } ?? .bgr
}

func randomImage(
  _ height: Int, _ width: Int, _ channels: Int, _ random: inout SeededRandom
) throws -> PixelImage {
  let pixels = (0..<height * width * channels).map { _ in UInt8.random(in: 0...255, using: &random)
  }
  return try PixelImage(height: height, width: width, channels: channels, pixels: pixels)
}

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
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("pith-oracle-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (question, answer) = (
      folder.appendingPathComponent("q"), folder.appendingPathComponent("a")
    )
    try questions.write(to: question)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: TestPaths.python ?? "")
    process.arguments = [TestPaths.oracle.path, question.path, answer.path]
    try process.run()
    process.waitUntilExit()
    return Self.parse([UInt8](try Data(contentsOf: answer)))
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
