import Foundation
import PithFormat
import PithFormatSupport
import PithTensor
import PithTestSupport
import Testing

/// Every rule of the specification has a fixture that breaks it and nothing else.
struct MalformedFixtureTests {
  /// The numbers of the rules that the specification defines, in its order: the bold ones.
  static func specifiedRules() throws -> [Int] {
    let specification = try Repository.text("Sources/PithFormat/PithFormat.docc/Format.md")
    return specification.matches(of: /\*\*F-(\d+)\*\*/).compactMap { Int($0.output.1) }
  }

  @Test func everyRuleIsDefinedOnceAndHasAFixture() throws {
    let rules = try Self.specifiedRules()
    #expect(rules.count >= 47)
    #expect(Set(rules).count == rules.count)
    // The tests of the trainer break the rules of training checkpoints one by one.
    let broken = 1..<FormatFixtures.modelRules.upperBound
    #expect(
      Set(try FormatFixtures.malformed(broken).map(\.rule)) == Set(rules.filter(broken.contains)))
  }

  @Test func everyRuleHasACommentAtItsCheck() throws {
    let sources = Repository.file("Sources/PithFormat")
    let text = try FileManager.default.contentsOfDirectory(
      at: sources, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    let commented = Set(
      text.matches(of: /\/\/ F-(\d+)(?:, F-(\d+))?/).flatMap {
        [Int($0.output.1), $0.output.2.flatMap { Int($0) }].compactMap { $0 }
      })
    #expect(
      commented == Set(try Self.specifiedRules().filter(FormatFixtures.containerRules.contains)))
  }

  @Test func everyFixtureIsRefusedWithItsRuleAndMessage() throws {
    let messages = try Repository.text("Fixtures/format/malformed/messages.txt")
    var actual = ""
    for (rule, file) in try FormatFixtures.malformed(FormatFixtures.containerRules) {
      let bytes = try [UInt8](contentsOf: file)
      let error = pithError { try ContainerRepair.openAndDecode(bytes) }
      #expect(error?.rule == "F-\(rule)", "\(file.lastPathComponent)")
      let name = file.deletingPathExtension().lastPathComponent
      actual += "\(name): \(error.map(\.description) ?? "accepted")\n"
    }
    for (expected, found) in zip(messages.split(separator: "\n"), actual.split(separator: "\n")) {
      #expect(expected == found)
    }
    #expect(messages == actual)
  }

  @Test func errorsFromFilesNameTheFile() throws {
    let path = FormatFixtures.path("malformed/F-05-unknown-kind")
    let error = pithError { try Container(contentsOf: path) }
    #expect(error?.file == path)
    #expect(error?.rule == "F-5")
  }
}
