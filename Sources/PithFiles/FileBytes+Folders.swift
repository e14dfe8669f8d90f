import Glibc
import PithTensor

extension FileBytes {
  /// Makes a symbolic link, in one step in place of the one that may be there.
  ///
  /// - Parameter target: what it says, relative to the folder of the link or absolute.
  /// - Throws: ``PithError`` with the code `fileAccess` and the path, when something else than a link is there for example.
  package static func replaceLink(_ path: String, to target: String) throws {
    var status = stat()
    guard lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFLNK else {
      throw PithError(.fileAccess, file: path, "is no link and is not replaced by one")
    }
    let temporary = "\(path).\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    guard symlink(target, temporary) == 0 else {
      throw accessError(path, "the link cannot be made", errno)
    }
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw accessError(path, "the link cannot be made", number)
    }
    try syncFolder(of: path, named: path)
  }

  /// Removes a folder with all that is in it, if it is there; links are removed, not followed.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the path of what cannot be removed.
  package static func removeFolder(_ path: String) throws {
    guard let folder = opendir(path) else {
      guard errno == ENOENT else { throw accessError(path, "the folder cannot be removed", errno) }
      return
    }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      let item = "\(path)/\(name)"
      var status = stat()
      if lstat(item, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        try removeFolder(item)
      } else if unlink(item) != 0 {
        throw accessError(item, "cannot be removed", errno)
      }
    }
    guard rmdir(path) == 0 else { throw accessError(path, "the folder cannot be removed", errno) }
  }
}
