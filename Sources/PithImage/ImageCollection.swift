import Glibc
import PithFiles
package import PithTensor

/// The PNG files of a folder or a tar archive with the folder that each lies in: data to evaluate or train on.
///
/// Holds the paths; the files themselves are read one by one. Immutable; safe on any thread.
package struct ImageCollection: Sendable {
  /// One PNG file.
  package struct Entry: Sendable, Hashable {
    /// The path in the archive, or from the folder that was named.
    package let path: String
    /// The name of the folder that the file lies in; empty at the top of an archive.
    package let folder: String
    fileprivate let place: Place
  }

  /// Where the bytes of a file are.
  fileprivate enum Place: Sendable, Hashable {
    case file(String)
    case member(TarArchive.Member)
  }

  /// The files in byte order of their paths (folder) or in the order of the archive.
  package let entries: [Entry]
  /// How many files are no PNG files.
  package let otherFiles: Int
  /// The paths of folders that hold neither a PNG file nor another folder.
  package let emptyFolders: [String]
  private let archive: TarArchive?
  private let limits: Limits

  /// Reads the names of a folder or the headers of an archive.
  ///
  /// - Throws: ``PithError`` with the path: as ``TarArchive`` and ``ImageFolder``.
  package init(contentsOf path: String, limits: Limits = Limits()) throws {
    self.limits = limits
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw PithError(
        .fileAccess, file: path, "cannot be opened: \(String(cString: strerror(errno)))")
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      archive = nil
      var folder = try ImageFolder(path)
      let top = Self.lastComponent(realPath(path))
      var entries: [Entry] = []
      while let file = folder.next() {
        let file = try file.get()
        let relative =
          String(file.utf8.dropFirst((path.hasSuffix("/") ? path : path + "/").utf8.count))
          ?? file
        entries.append(
          Entry(path: relative, folder: Self.folder(of: relative) ?? top, place: .file(file)))
      }
      (self.entries, otherFiles) = (entries, folder.otherFiles)
      emptyFolders = folder.emptyFolders
    } else {
      let archive = try TarArchive(contentsOf: path, limits: limits)
      let images = archive.members.filter { Self.isImage($0.path) }
      entries = images.map {
        Entry(path: $0.path, folder: Self.folder(of: $0.path) ?? "", place: .member($0))
      }
      otherFiles = archive.members.count - images.count
      let used = Set((images.map(\.path) + archive.folders).map { Self.parent(of: $0) })
      emptyFolders = archive.folders.filter { !used.contains($0) }
      self.archive = archive
    }
  }

  /// The bytes of a file.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` or `limitExceeded`.
  package func read(_ entry: Entry) throws -> [UInt8] {
    switch entry.place {
    case .file(let path): try FileBytes.read(path, limit: limits.imageBytes)
    case .member(let member): try archive?.read(member, limit: limits.imageBytes) ?? []
    }
  }

  /// A PNG file that is not hidden, as in a folder.
  private static func isImage(_ path: String) -> Bool {
    ImageFolder.isPNG(path)
      && !path.split(separator: "/").contains { $0.hasPrefix(".") && $0 != "." && $0 != ".." }
  }

  /// The path of the folder that a file or folder lies in, with a slash at its end.
  private static func parent(of path: String) -> String {
    let inner = path.hasSuffix("/") ? path.dropLast() : path[...]
    return inner.lastIndex(of: "/").map { String(inner[...$0]) } ?? ""
  }

  private static func folder(of path: String) -> String? {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return parts.count > 1 ? String(parts[parts.count - 2]) : nil
  }

  private static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }
}

/// The path without links, points and double slashes; the path itself when it cannot be resolved.
private func realPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}
