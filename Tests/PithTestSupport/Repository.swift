package import Foundation

/// The files of this repository.
package enum Repository {
  /// The folder of `Package.swift`, three above this file.
  package static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  package static func file(_ path: String) -> URL { folder.appending(path: path) }

  package static func path(_ path: String) -> String { file(path).path }

  package static func bytes(_ path: String) throws -> [UInt8] {
    try [UInt8](contentsOf: file(path))
  }

  package static func text(_ path: String) throws -> String {
    try String(contentsOf: file(path), encoding: .utf8)
  }
}

extension [UInt8] {
  /// The bytes of a file.
  package init(contentsOf file: URL) throws { self = Array(try Data(contentsOf: file)) }
}
