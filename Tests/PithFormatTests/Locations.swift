import Foundation
import PithFormat
import PithTensor

/// Where the tests find their files and programs.
enum Locations {
  static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let fixtures = repository.appending(path: "Fixtures/format")

  /// A Python with numpy, when the environment names one.
  static let python = ProcessInfo.processInfo.environment["PITH_PYTHON"]

  /// The folder of checkpoints and images that is not part of the package.
  static let sharedData = URL(
    filePath: ProcessInfo.processInfo.environment["PITH_SHARED_DATA"]
      ?? repository.deletingLastPathComponent().appending(path: "shared/data").path)
  static let hasSharedData = FileManager.default.fileExists(atPath: sharedData.path)

  /// A program of this package, built beside the test bundle.
  static func program(_ name: String) -> URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
  }

  /// A new empty folder.
  static func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pith-format-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// The bytes of a golden file.
  static func golden(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixtures.appending(path: "\(name).pith")))
  }
}

/// Runs a program and returns its exit status and standard output.
func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.standardOutput = pipe
  try process.run()
  let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
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

/// The bits of floats: unlike the numbers, these tell zeros apart and a NaN is itself.
func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
