import Foundation
import Pith
import PithFormat
import PithTensor
import Testing

/// Every rule about the sections of a model has fixtures that break it and nothing else.
struct MalformedModelTests {
  static func specifiedRules() throws -> Set<Int> {
    let specification = try ModelFixtures.text("Sources/PithFormat/PithFormat.docc/Format.md")
    let rules = specification.matches(of: /\*\*F-(\d+)\*\*/).compactMap { Int($0.output.1) }
    // Those of training checkpoints are broken by the tests of the trainer.
    return Set(rules.filter { ModelFixtures.firstRule..<80 ~= $0 })
  }

  @Test func everyRuleHasAFixture() throws {
    let rules = try Self.specifiedRules()
    #expect(rules == Set(60...77))
    #expect(Set(try ModelFixtures.malformedModels().map(\.rule)) == rules)
  }

  @Test func everyRuleHasACommentAtItsCheck() throws {
    var commented: Set<Int> = []
    for target in ["PithGraph", "Pith"] {
      let folder = ModelFixtures.repository.appending(path: "Sources/\(target)")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
      where name.hasSuffix(".swift") {
        let text = try ModelFixtures.text("Sources/\(target)/\(name)")
        commented.formUnion(text.matches(of: #/// F-(\d+): /#).compactMap { Int($0.output.1) })
      }
    }
    #expect(commented == (try Self.specifiedRules()))
  }

  @Test func everyFixtureIsRefusedWithItsRuleAndMessage() throws {
    let messages = try String(
      contentsOf: ModelFixtures.malformed.appending(path: "model-messages.txt"), encoding: .utf8)
    var actual = ""
    for (rule, file) in try ModelFixtures.malformedModels() {
      let bytes = try ModelFixtures.bytes(file)
      let error = thrownError { _ = try Model(bytes: bytes) }
      #expect(error?.rule == "F-\(rule)", "\(file.lastPathComponent)")
      #expect(error?.advice != nil, "\(file.lastPathComponent)")
      let name = file.deletingPathExtension().lastPathComponent
      let text = error.map(\.description) ?? "accepted"
      actual += "\(name): \(text.replacing("\n", with: "\\n"))\n"
    }
    for (expected, found) in zip(messages.split(separator: "\n"), actual.split(separator: "\n")) {
      #expect(expected == found)
    }
    #expect(messages == actual)
  }

  /// The container around them is whole: only the model is not.
  @Test func everyFixtureIsAWholeContainer() throws {
    for (_, file) in try ModelFixtures.malformedModels() {
      let container = try Container(bytes: ModelFixtures.bytes(file))
      try container.checkIdentity(of: container.decodeAll())
    }
  }

  @Test func theModelThatTheyAreMadeOfIsWhole() throws {
    // F-71-missing-tensor with its tensor: the only thing that is changed in each of them.
    let bytes = try ModelFixtures.bytes(
      ModelFixtures.malformed.appending(path: "F-74-meaning-zero.pith"))
    let container = try Container(bytes: bytes)
    var writer = ContainerWriter(kind: .model)
    for section in container.sections where !SectionName.container.contains(section.name) {
      let content = section.name == .output ? [1] : Array(container.section(section.name) ?? [])
      try writer.add(section: section.name, isRequired: section.isRequired, bytes: content)
    }
    for entry in container.tensors {
      try writer.add(tensor: entry.name, container.tensor(named: entry.name))
    }
    let model = try Model(bytes: writer.encoded())
    #expect(model.labels == ["a", "b"])
    #expect(model.samples.map(\.name) == ["sample"])
    // It expects zeros, which a network of random weights does not give.
    let verification = try Verification(model, threads: 1)
    #expect(verification.problems.map(\.place) == ["sample 'sample'"])
    #expect(verification.samples.map { $0.error == nil } == [true])
  }

  @Test func errorsFromFilesNameTheFile() throws {
    let path = ModelFixtures.malformed.appending(path: "F-74-unknown-meaning.pith").path
    let error = thrownError { _ = try Model(contentsOf: path) }
    #expect(
      error?.description
        == "\(path): section 'output', byte 0: meaning is 4, which is not known [F-74]; "
        + "a later version of Pith may know it")
  }

  @Test(.enabled(if: ModelFixtures.python != nil, "PITH_PYTHON names no Python with numpy"))
  func theIndependentReaderRefusesThemWithTheSameRule() throws {
    let fixtures = try ModelFixtures.malformedModels()
    let result = try ModelFixtures.runPython("pith_reader.py", fixtures.map(\.file.path))
    #expect(result.status == 1)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == fixtures.count)
    for (line, (rule, file)) in zip(lines, fixtures) {
      #expect(line.hasPrefix("\(file.path): F-\(rule): "))
    }
  }

  @Test(.enabled(if: ModelFixtures.python != nil, "PITH_PYTHON names no Python with numpy"))
  func theIndependentReaderReadsTheGoldenModels() throws {
    let files = GoldenModelTests.all.map {
      ModelFixtures.folder.appending(path: "\($0.name).pith").path
    }
    let result = try ModelFixtures.runPython("pith_reader.py", files)
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("labels cat, dog, čáp"))
    #expect(result.output.contains("layer softmax: softmax of fc -> [3] {'axis': 1}"))
    #expect(result.output.contains("outputs softmax, fc, meaning 2"))
    #expect(result.output.contains("model-operations-1.1.pith: version 1.1, "))
    #expect(
      result.output.contains("layer product: matrix_multiply of turned, matrix -> [2, 3, 4] {}"))
  }

  @Test(.enabled(if: ModelFixtures.python != nil, "PITH_PYTHON names no Python with Pillow"))
  func theFixturesAreWhatTheirScriptMakes() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pith-models-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(
      try ModelFixtures.runPython("format/make_model_fixtures.py", [folder.path]).status == 0)
    let malformed = try ModelFixtures.malformedModels().map {
      "malformed/\($0.file.lastPathComponent)"
    }
    for name in malformed + GoldenModelTests.all.map({ "\($0.name).pith" }) {
      let made = try ModelFixtures.bytes(folder.appending(path: name))
      let kept = try ModelFixtures.bytes(ModelFixtures.folder.appending(path: name))
      #expect(made == kept, "\(name)")
    }
  }
}
