import Glibc
package import PithTensor

/// The PNG files of a folder and of all folders inside it, in byte order of their paths.
///
/// A PNG file is one whose name ends in `.png`, in capitals or not. As for `*.png` in a shell, what begins with
/// a point is passed over. Links are followed, but not into a folder that is being read. Holds the names of one
/// folder for each level, not of all files.
package struct ImageFolder: Sequence, IteratorProtocol {
  /// How many files were passed over because they are no PNG files.
  package private(set) var otherFiles = 0
  /// The paths of folders that hold neither a PNG file nor a folder.
  package private(set) var emptyFolders: [String] = []
  private var levels: [Level] = []
  /// A problem that is told when the next file is asked for.
  private var problem: PithError?

  /// A folder that is being read.
  private struct Level {
    let path: String
    /// Tells folders apart: device and number.
    let identity: [UInt64]
    /// What is left, last first; a folder's name ends in a slash.
    var names: [String]
  }

  /// - Throws: ``PithError`` with the code `fileAccess` when the folder cannot be read.
  package init(_ path: String) throws {
    try enter(path.hasSuffix("/") ? String(path.dropLast()) : path, path)
  }

  /// The path of the next PNG file, or why a folder inside cannot be read; nil after the last.
  package mutating func next() -> Result<String, PithError>? {
    while !levels.isEmpty {
      guard let name = levels[levels.count - 1].names.popLast() else {
        levels.removeLast()
        continue
      }
      let path = "\(levels[levels.count - 1].path)/\(name)"
      if name.hasSuffix("/") {
        do {
          try enter(String(path.dropLast()), path)
        } catch let error as PithError {
          return .failure(error)
        } catch {
          return .failure(PithError(.fileAccess, file: path, "\(error)"))
        }
      } else if Self.isPNG(name) {
        return .success(path)
      } else {
        otherFiles += 1
      }
    }
    return nil
  }

  /// Whether a path ends in `.png`, in capitals or not.
  package static func isPNG(_ path: String) -> Bool { path.lowercased().hasSuffix(".png") }

  private mutating func enter(_ path: String, _ opened: String) throws {
    guard let folder = opendir(opened) else {
      throw PithError(
        .fileAccess, file: path,
        "the folder cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { closedir(folder) }
    var status = stat()
    guard fstat(dirfd(folder), &status) == 0 else {
      throw PithError(
        .fileAccess, file: path, "the folder cannot be read: \(String(cString: strerror(errno)))")
    }
    let identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
    guard !levels.contains(where: { $0.identity == identity }) else { return }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name else {
        throw PithError(
          .fileAccess, file: path, "the folder has a name that is not valid UTF-8",
          advice: "rename the file")
      }
      if name.hasPrefix(".") { continue }
      guard fstatat(dirfd(folder), name, &status, 0) == 0 else {
        // A link to nothing is a file that cannot be read, and says so when it is.
        names.append(name)
        continue
      }
      names.append(status.st_mode & S_IFMT == S_IFDIR ? name + "/" : name)
    }
    if !names.contains(where: { $0.hasSuffix("/") || Self.isPNG($0) }) {
      emptyFolders.append(path)
    }
    // Byte order of whole paths, because a folder's name is compared with its slash. Last first.
    names.sort { $1.utf8.lexicographicallyPrecedes($0.utf8) }
    levels.append(Level(path: path, identity: identity, names: names))
  }
}
