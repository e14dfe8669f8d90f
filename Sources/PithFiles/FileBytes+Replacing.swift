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
  package static func replace(_ path: String, writing body: (NewFile) throws -> Void) throws {
    let (target, mode) = try destination(of: path)
    let (descriptor, temporary) = try createTemporary(beside: target, named: path)
    do {
      defer { close(descriptor) }
      try body(NewFile(path: temporary, target: path, descriptor: descriptor))
      if let mode, fchmod(descriptor, mode) != 0 {
        throw accessError(path, "cannot be given the permissions of the old file", errno)
      }
      guard fsync(descriptor) == 0 else { throw accessError(path, "cannot be written", errno) }
      guard rename(temporary, target) == 0 else {
        throw accessError(path, "cannot be replaced", errno)
      }
    } catch {
      unlink(temporary)
      throw error
    }
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

  /// A new empty file in the folder of `target`.
  static func createTemporary(
    beside target: String, named path: String
  ) throws -> (descriptor: Int32, path: String) {
    while true {
      let temporary = "\(target).\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
      let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, temporary) }
      guard errno == EEXIST || errno == EINTR else {
        throw accessError(path, "cannot be created", errno)
      }
    }
  }

  /// Writes bytes at a position of an open file; `path` is what errors name.
  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, named path: String
  ) throws {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let put = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
      if put < 0 && errno == EINTR { continue }
      guard put >= 0 else { throw accessError(path, "cannot be written", errno) }
      done += put
    }
  }
}

/// A file that is written beside the one that it will replace.
package struct NewFile {
  /// Where it is until then.
  package let path: String
  /// The file that it will replace, which errors name.
  fileprivate let target: String
  fileprivate let descriptor: Int32

  /// Writes bytes at a position, in any order.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the path of the file that is to be replaced.
  package func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes {
      try FileBytes.write($0, to: descriptor, at: offset, named: target)
    }
  }
}
