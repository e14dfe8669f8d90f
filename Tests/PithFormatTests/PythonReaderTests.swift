import Foundation
import Testing

/// The independent reader and this package agree about every fixture.
@Suite(.enabled(if: Locations.python != nil, "PITH_PYTHON names no Python with numpy"))
struct PythonReaderTests {
  let python = Locations.python ?? ""
  let reader = Locations.repository.appending(path: "tools/pith_reader.py").path

  @Test func goldenFilesAreRead() throws {
    let files = ["all-types", "deflated", "training"].map {
      Locations.fixtures.appending(path: "\($0).pith").path
    }
    let result = try run(python, [reader, "--container", "--values"] + files)
    #expect(result.status == 0)
    #expect(
      result.output.contains(
        "identity db9fdb592dacf7f3076118cb6c978a09445c8cf573933212c3e88801cff17fa9"))
    #expect(
      result.output.contains(
        "tensor quantized: 2x2x2, f32 stored as i8\n    63.5 -32.0 0.0 0.5 -3.96875 0.09375"))
  }

  @Test func malformedFilesAreRefusedWithTheSameRule() throws {
    let fixtures = try MalformedFixtureTests.fixtures().filter {
      $0.rule < MalformedFixtureTests.firstRuleOfOthers
    }
    let result = try run(python, [reader] + fixtures.map(\.file.path))
    #expect(result.status == 1)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == fixtures.count)
    for (line, (rule, file)) in zip(lines, fixtures) {
      #expect(line.hasPrefix("\(file.path): F-\(rule): "))
    }
  }

  @Test func whatTheWriterMakesIsRead() throws {
    let folder = try Locations.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "large.pith")
    try Data(RoundTripTests.large.bytes).write(to: file)
    let result = try run(python, [reader, "--container", file.path])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("tensor long: 600x1000, f32 stored as f32"))
  }

  @Test func theFixturesAreWhatTheirScriptMakes() throws {
    let folder = try Locations.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = Locations.repository.appending(path: "tools/format/make_fixtures.py").path
    #expect(try run(python, [script, folder.path]).status == 0)
    for (_, file) in try MalformedFixtureTests.fixtures() {
      let made = folder.appending(path: "malformed/\(file.lastPathComponent)")
      guard FileManager.default.fileExists(atPath: made.path) else { continue }
      #expect(try Data(contentsOf: made) == Data(contentsOf: file), "\(file.lastPathComponent)")
    }
    for name in ["all-types", "deflated", "training"] {
      let made = folder.appending(path: "\(name).pith")
      #expect(try [UInt8](Data(contentsOf: made)) == Locations.golden(name))
    }
  }
}
