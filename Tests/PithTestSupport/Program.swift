package import Foundation

/// Programs that tests start.
package enum Program {
  /// What a program left behind.
  package struct Outcome {
    package let status: Int32
    package let output: String
    package let errors: String
  }

  /// A program of this package, which is built beside the tests.
  package static func built(_ name: String) -> URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: name)
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - folder: in which it runs; nil: in that of the tests.
  ///   - environment: what its environment has beside that of the tests.
  ///   - input: what it reads from its standard input.
  package static func run(
    _ program: URL, _ arguments: [String], in folder: URL? = nil,
    environment: [String: String] = [:], input: [UInt8] = []
  ) throws -> Outcome {
    // Files, because a pipe that nobody reads in time would fill up.
    let streams = try TemporaryFolder()
    try streams.write(input, to: "input")
    try streams.write("", to: "output")
    try streams.write("", to: "errors")
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: streams.file("input"))
    process.standardOutput = try FileHandle(forWritingTo: streams.file("output"))
    process.standardError = try FileHandle(forWritingTo: streams.file("errors"))
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try streams.text("output"),
      errors: try streams.text("errors"))
  }
}
