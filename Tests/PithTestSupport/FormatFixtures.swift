package import Foundation
import Testing

/// The files of `Fixtures/format`.
package enum FormatFixtures {
  package static let folder = Repository.file("Fixtures/format")
  package static let malformedFolder = folder.appending(path: "malformed")

  /// The rules about the container, which its reader checks.
  package static let containerRules = 1..<60
  /// The rules about the sections of a model.
  package static let modelRules = 60..<80

  /// The path of a file by its name without the ending.
  package static func path(_ name: String) -> String { folder.appending(path: "\(name).pith").path }

  package static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](contentsOf: URL(filePath: path(name)))
  }

  /// The files that break one of these rules, which their names begin with, in order.
  package static func malformed(_ rules: Range<Int> = 1..<100) throws -> [(rule: Int, file: URL)] {
    try FileManager.default.contentsOfDirectory(
      at: malformedFolder, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "pith" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .map { file in
        let match = try #require(file.lastPathComponent.firstMatch(of: /^F-(\d+)-/))
        return (try #require(Int(match.output.1)), file)
      }.filter { rules.contains($0.rule) }
  }
}
