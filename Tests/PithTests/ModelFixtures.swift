import Foundation
import Pith
import PithFormat
import PithTensor
import Testing

/// Where the tests of models find their files and programs.
enum ModelFixtures {
  static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let folder = repository.appending(path: "Fixtures/format")
  static let malformed = folder.appending(path: "malformed")
  /// The first rule about the sections of a model; those before are about the container.
  static let firstRule = 60

  /// A Python with numpy and Pillow, when the environment names one.
  static let python = ProcessInfo.processInfo.environment["PITH_PYTHON"]

  /// A program of this package, built beside the test bundle.
  static func program(_ name: String) -> URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
  }

  static func golden(_ name: String) throws -> [UInt8] {
    try bytes(folder.appending(path: "\(name).pith"))
  }

  static func png(_ name: String) throws -> [UInt8] {
    try bytes(repository.appending(path: "Fixtures/png/\(name).png"))
  }

  static func bytes(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }

  /// The malformed models by the rule in their names, in order.
  static func malformedModels() throws -> [(rule: Int, file: URL)] {
    try FileManager.default.contentsOfDirectory(at: malformed, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "pith" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .compactMap { file in
        let match = try #require(file.lastPathComponent.firstMatch(of: /^F-(\d+)-/))
        let rule = try #require(Int(match.output.1))
        return rule < firstRule ? nil : (rule, file)
      }
  }

  /// A golden file with other values in some tensors; checksums and identity are those of the new content.
  static func rewritten(
    _ bytes: [UInt8], _ change: (_ name: String, _ values: inout [Float]) -> Void
  ) throws -> [UInt8] {
    let container = try Container(bytes: bytes)
    var writer = ContainerWriter(kind: container.kind)
    for section in container.sections where !SectionName.container.contains(section.name) {
      try writer.add(
        section: section.name, isRequired: section.isRequired,
        bytes: Array(container.section(section.name) ?? []))
    }
    for entry in container.tensors {
      var values = try container.tensor(named: entry.name).values
      change(entry.name, &values)
      try writer.add(
        tensor: entry.name, Tensor(shape: entry.shape, values: values),
        logicalType: entry.logicalType)
    }
    return try writer.encoded()
  }

  /// Runs the fixtures' Python with a script of `tools`.
  static func runPython(
    _ script: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: try #require(python))
    process.arguments = [repository.appending(path: "tools/\(script)").path] + arguments
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// The error that `body` throws, or nil.
func thrownError(_ body: () throws -> Void) -> PithError? {
  do {
    try body()
    return nil
  } catch {
    return error as? PithError
  }
}
