package import Foundation
import PithTensor
package import Testing

/// The folder of checkpoints and images that is not part of the package.
package enum SharedData {
  /// What `PITH_SHARED_DATA` names, else `shared/data` beside the repository; nil when it is not there.
  package static let folder: URL? = {
    let named = ProcessInfo.processInfo.environment["PITH_SHARED_DATA"].map { URL(filePath: $0) }
    let folder =
      named ?? Repository.folder.deletingLastPathComponent().appending(path: "shared/data")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  package static func file(_ path: String) throws -> URL {
    guard let folder else { throw PithError(.fileAccess, "\(absence)") }
    return folder.appending(path: path)
  }

  fileprivate static let absence: Comment =
    "the shared data are not here: there is neither what PITH_SHARED_DATA names nor ../shared/data"
}

extension Trait where Self == ConditionTrait {
  /// Skips what needs the shared data where they are not.
  package static var needsSharedData: Self {
    .enabled(if: SharedData.folder != nil, SharedData.absence)
  }
}
