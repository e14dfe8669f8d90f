import Glibc
import PithTensor

extension FileBytes {
  /// Replaces the file at `path` so that, whatever happens, either the old or the new file is there whole:
  /// temporary file in the same folder, fsync, rename, fsync of the folder.
  ///
  /// A symbolic link stays and its target is replaced. The new file has the permissions of the old one, or
  /// those that the process gives new files.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the path. The old file is then untouched, unless
  ///   the error says that the folder could not be synchronised: then the new one is there, but a power cut may
  ///   bring the old one back.
  package static func replace(_ path: String, with bytes: [UInt8]) throws {
    try replace(path) { try $0.write(bytes, at: 0) }
  }

  /// The same with what `body` writes.
  ///
  /// - Throws: also what `body` throws, and then the old file is untouched.
  package static func replace(_ path: String, writing body: (TemporaryFile) throws -> Void) throws {
    let (target, mode) = try destination(of: path)
    let file = try TemporaryFile(beside: target, named: path)
    try body(file)
    try file.replace(target, permissions: mode)
    try syncFolder(of: target, named: path)
  }

  /// Replaces the file at `path` by a copy of another, piece by piece, as ``replace(_:with:)`` does.
  package static func replace(_ path: String, withCopyOf source: String) throws {
    let file = try RandomAccessFile(source, limit: .max)
    try replace(path) { copy in
      for start in stride(from: 0, to: file.byteCount, by: 1 << 20) {
        try copy.write(file.read(min(1 << 20, file.byteCount - start), at: start), at: start)
      }
    }
  }

  /// The file itself behind any symbolic links, and its permissions when it exists.
  private static func destination(of path: String) throws -> (path: String, mode: mode_t?) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw accessError(path, "cannot be replaced", errno) }
      guard lstat(path, &status) != 0 else {
        throw PithError(.fileAccess, file: path, "is a link to a file that does not exist")
      }
      return (path, nil)
    }
    // Renaming onto a device would replace the device.
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw PithError(.fileAccess, file: path, "is not a regular file and is not replaced")
    }
    guard let real = realpath(path, nil) else {
      throw accessError(path, "cannot be replaced", errno)
    }
    defer { free(real) }
    return (String(cString: real), status.st_mode & 0o777)
  }
}
