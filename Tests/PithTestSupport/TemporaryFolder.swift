package import Foundation

/// A folder of its own for one test; removed afterwards.
package final class TemporaryFolder: Sendable {
  package let url = FileManager.default.temporaryDirectory
    .appending(path: "pith-\(UUID().uuidString)")

  package init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  package func file(_ path: String) -> URL { url.appending(path: path) }

  package func path(_ path: String) -> String { file(path).path }

  /// Writes a file; folders on the way are made.
  package func write(_ bytes: [UInt8], to path: String) throws {
    try FileManager.default.createDirectory(
      at: file(path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file(path))
  }

  package func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  package func bytes(_ path: String) throws -> [UInt8] { try [UInt8](contentsOf: file(path)) }

  package func text(_ path: String) throws -> String {
    try String(contentsOf: file(path), encoding: .utf8)
  }

  package func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: self.path(path))
  }

  /// The names in it, in order.
  package func names(in path: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: self.path(path)).sorted()
  }
}
