import Foundation
import PithTestSupport
import Testing

/// The independent reader and this package agree about every fixture.
@Suite(.needsPython("numpy")) struct PythonReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func goldenFilesAreRead() throws {
    let files = ["all-types", "deflated", "training"].map { FormatFixtures.path($0) }
    let result = try Python.run(tool: "pith_reader.py", ["--container", "--values"] + files)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.output.contains(
        "identity db9fdb592dacf7f3076118cb6c978a09445c8cf573933212c3e88801cff17fa9"))
    #expect(
      result.output.contains(
        "tensor quantized: 2x2x2, f32 stored as i8\n    63.5 -32.0 0.0 0.5 -3.96875 0.09375"))
  }

  @Test func malformedFilesAreRefusedWithTheSameRule() throws {
    let fixtures = try FormatFixtures.malformed()
    let result = try Python.run(tool: "pith_reader.py", fixtures.map(\.file.path))
    #expect(result.status == 1)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == fixtures.count)
    for (line, (rule, file)) in zip(lines, fixtures) {
      #expect(line.hasPrefix("\(file.path): F-\(rule): "))
    }
  }

  @Test func whatTheWriterMakesIsRead() throws {
    try folder.write(RoundTripTests.large.bytes, to: "large.pith")
    let result = try Python.run(
      tool: "pith_reader.py", ["--container", folder.path("large.pith")])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("tensor long: 600x1000, f32 stored as f32"))
  }

  @Test func theFixturesAreWhatTheirScriptMakes() throws {
    let made = try Python.run(tool: "format/make_fixtures.py", [folder.url.path])
    #expect(made.status == 0, "\(made.errors)")
    for (_, file) in try FormatFixtures.malformed() {
      let name = file.lastPathComponent
      guard folder.exists("malformed/\(name)") else { continue }
      #expect(try folder.bytes("malformed/\(name)") == [UInt8](contentsOf: file), "\(name)")
    }
    for name in ["all-types", "deflated", "training"] {
      #expect(try folder.bytes("\(name).pith") == FormatFixtures.bytes(name))
    }
  }
}
