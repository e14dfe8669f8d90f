import Foundation
import Pith
import PithFormat
import PithTensor
import PithTestSupport
import Testing

/// Every rule about the sections of a model has fixtures that break it and nothing else.
struct MalformedModelTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func specifiedRules() throws -> Set<Int> {
    let specification = try Repository.text("Sources/PithFormat/PithFormat.docc/Format.md")
    let rules = specification.matches(of: /\*\*F-(\d+)\*\*/).compactMap { Int($0.output.1) }
    // Those of training checkpoints are broken by the tests of the trainer.
    return Set(rules.filter(FormatFixtures.modelRules.contains))
  }

  @Test func everyRuleHasAFixture() throws {
    let rules = try Self.specifiedRules()
    #expect(rules == Set(60...77))
    #expect(Set(try FormatFixtures.malformed(FormatFixtures.modelRules).map(\.rule)) == rules)
  }

  @Test func everyRuleHasACommentAtItsCheck() throws {
    var commented: Set<Int> = []
    for target in ["PithGraph", "Pith"] {
      let sources = Repository.path("Sources/\(target)")
      for name in try FileManager.default.contentsOfDirectory(atPath: sources)
      where name.hasSuffix(".swift") {
        let text = try Repository.text("Sources/\(target)/\(name)")
        commented.formUnion(text.matches(of: #/// F-(\d+): /#).compactMap { Int($0.output.1) })
      }
    }
    #expect(commented == (try Self.specifiedRules()))
  }

  @Test func everyFixtureIsRefusedWithItsRuleAndMessage() throws {
    let messages = try Repository.text("Fixtures/format/malformed/model-messages.txt")
    var actual = ""
    for (rule, file) in try FormatFixtures.malformed(FormatFixtures.modelRules) {
      let bytes = try [UInt8](contentsOf: file)
      let error = pithError { try Model(bytes: bytes) }
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
    for (_, file) in try FormatFixtures.malformed(FormatFixtures.modelRules) {
      let container = try Container(bytes: [UInt8](contentsOf: file))
      try container.checkIdentity(of: container.decodeAll())
    }
  }

  @Test func theModelThatTheyAreMadeOfIsWhole() throws {
    // F-71-missing-tensor with its tensor: the only thing that is changed in each of them.
    let bytes = try FormatFixtures.bytes("malformed/F-74-meaning-zero")
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
    let path = FormatFixtures.path("malformed/F-74-unknown-meaning")
    let error = pithError { try Model(contentsOf: path) }
    #expect(
      error?.description
        == "\(path): section 'output', byte 0: meaning is 4, which is not known [F-74]; "
        + "a later version of Pith may know it")
  }

  @Test(.needsPython("numpy"))
  func theIndependentReaderReadsTheGoldenModels() throws {
    let files = GoldenModelTests.all.map { FormatFixtures.path($0.name) }
    let result = try Python.run(tool: "pith_reader.py", files)
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(result.output.contains("labels cat, dog, čáp"))
    #expect(result.output.contains("layer softmax: softmax of fc -> [3] {'axis': 1}"))
    #expect(result.output.contains("outputs softmax, fc, meaning 2"))
    #expect(result.output.contains("model-operations-1.1.pith: version 1.1, "))
    #expect(
      result.output.contains("layer product: matrix_multiply of turned, matrix -> [2, 3, 4] {}"))
  }

  @Test(.needsPython("numpy", "PIL"))
  func theFixturesAreWhatTheirScriptMakes() throws {
    let result = try Python.run(tool: "format/make_model_fixtures.py", [folder.url.path])
    #expect(result.status == 0, "\(result.errors)")
    let malformed = try FormatFixtures.malformed(FormatFixtures.modelRules).map {
      "malformed/\($0.file.deletingPathExtension().lastPathComponent)"
    }
    for name in malformed + GoldenModelTests.all.map(\.name) {
      #expect(try folder.bytes("\(name).pith") == FormatFixtures.bytes(name), "\(name)")
    }
  }
}
