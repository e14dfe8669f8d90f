import Foundation
import Glibc

/// A folder of its own for one test, in which the command runs; removed afterwards.
final class TestFolder {
  /// What a run of the command left.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("pith-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The command, built beside the tests.
  static let command = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("pith")

  /// Writes a file; folders on the way are made.
  func write(_ bytes: [UInt8], to path: String) throws {
    let file = url.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appendingPathComponent(path)))
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent(path).path)
  }

  /// Runs the command with this folder as its own.
  func pith(_ arguments: String..., input: [UInt8] = []) throws -> Outcome {
    try run(Self.command, arguments, input: input)
  }

  /// Runs a script of bash; `$PITH` is the command.
  func bash(_ script: String) throws -> Outcome {
    try run(URL(fileURLWithPath: "/bin/bash"), ["-c", script], input: [])
  }

  private func run(_ program: URL, _ arguments: [String], input: [UInt8]) throws -> Outcome {
    // Files, because a pipe that nobody reads in time would fill up; outside of the folder that may be listed.
    let streams = try TestStreams(input)
    defer { streams.remove() }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = url
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PITH": Self.command.path], uniquingKeysWith: { $1 })
    process.standardInput = try FileHandle(forReadingFrom: streams.input)
    process.standardOutput = try FileHandle(forWritingTo: streams.output)
    process.standardError = try FileHandle(forWritingTo: streams.errors)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: try String(contentsOf: streams.output, encoding: .utf8),
      errors: try String(contentsOf: streams.errors, encoding: .utf8))
  }
}

/// The files behind the standard streams of a process.
private struct TestStreams {
  let input: URL
  let output: URL
  let errors: URL
  private let folder: URL

  init(_ bytes: [UInt8]) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("pith-streams-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    input = folder.appendingPathComponent("input")
    output = folder.appendingPathComponent("output")
    errors = folder.appendingPathComponent("errors")
    try Data(bytes).write(to: input)
    try Data().write(to: output)
    try Data().write(to: errors)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }
}
