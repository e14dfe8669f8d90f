import Foundation
import PithFormat
import PithFormatSupport
import PithTensor
import Testing

/// Every rule of the specification has a fixture that breaks it and nothing else.
struct MalformedFixtureTests {
  static let folder = Locations.fixtures.appending(path: "malformed")
  /// Rules from here on are about the content of sections, which the targets above know.
  static let firstRuleOfOthers = 60
  /// Rules from here on are about training checkpoints, which the tests of the trainer break one by one.
  static let firstRuleOfTraining = 80

  /// The numbers of the rules that the specification defines, in its order: the bold ones.
  static func specifiedRules() throws -> [Int] {
    let specification = try String(
      contentsOf: Locations.repository.appending(
        path: "Sources/PithFormat/PithFormat.docc/Format.md"), encoding: .utf8)
    return specification.matches(of: /\*\*F-(\d+)\*\*/).compactMap { Int($0.output.1) }
  }

  /// The fixtures by the rule in their names.
  static func fixtures() throws -> [(rule: Int, file: URL)] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "pith" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .map { file in
        let match = try #require(file.lastPathComponent.firstMatch(of: /^F-(\d+)-/))
        return (try #require(Int(match.output.1)), file)
      }
  }

  @Test func everyRuleIsDefinedOnceAndHasAFixture() throws {
    let rules = try Self.specifiedRules()
    #expect(rules.count >= 47)
    #expect(Set(rules).count == rules.count)
    #expect(
      Set(try Self.fixtures().map(\.rule))
        == Set(rules.filter { $0 < Self.firstRuleOfTraining }))
  }

  @Test func everyRuleHasACommentAtItsCheck() throws {
    let sources = Locations.repository.appending(path: "Sources/PithFormat")
    let text = try FileManager.default.contentsOfDirectory(
      at: sources, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    let commented = Set(
      text.matches(of: /\/\/ F-(\d+)(?:, F-(\d+))?/).flatMap {
        [Int($0.output.1), $0.output.2.flatMap { Int($0) }].compactMap { $0 }
      })
    #expect(commented == Set(try Self.specifiedRules().filter { $0 < Self.firstRuleOfOthers }))
  }

  @Test func everyFixtureIsRefusedWithItsRuleAndMessage() throws {
    let messages = try String(
      contentsOf: Self.folder.appending(path: "messages.txt"), encoding: .utf8)
    var actual = ""
    for (rule, file) in try Self.fixtures() where rule < Self.firstRuleOfOthers {
      let bytes = [UInt8](try Data(contentsOf: file))
      let error = thrownError { try ContainerRepair.openAndDecode(bytes) }
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
    let path = Self.folder.appending(path: "F-05-unknown-kind.pith").path
    let error = thrownError { _ = try Container(contentsOf: path) }
    #expect(error?.file == path)
    #expect(error?.rule == "F-5")
  }
}
