import Glibc
import PithTensor

/// A file that nobody else sees: room on the disk for values that need not be in memory, or a file that will take the place of another
/// when it is whole.
///
/// It has no name until then, so that a process that is killed leaves nothing behind. Where the file system has no such files, it
/// has one that nobody looks for.
///
/// A class because it owns a descriptor.
package final class TemporaryFile {
  private let descriptor: Int32
  /// What its names begin with.
  private let prefix: String
  /// What errors call it.
  private let shownPath: String
  private var name: String?

  /// `O_TMPFILE` of open(2), which Swift does not import.
  private static let nameless = 0o20_000_000 | O_DIRECTORY

  /// An empty one that takes up room in a folder.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the folder.
  package convenience init(in folder: String) throws {
    try self.init(beside: "\(folder)/scratch", named: folder)
  }

  /// An empty one in the folder of another.
  ///
  /// - Parameters:
  ///   - shownPath: what errors call it.
  ///   - hasName: whether it has a name anyway.
  package init(beside path: String, named shownPath: String, hasName: Bool = false) throws {
    (prefix, self.shownPath) = (path, shownPath)
    if !hasName, let descriptor = Self.openNameless(in: FileBytes.folder(of: path)) {
      self.descriptor = descriptor
      return
    }
    (self.descriptor, name) = try Self.withNewName(after: path, named: shownPath) {
      let descriptor = open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      return descriptor < 0 ? nil : descriptor
    }
  }

  deinit {
    close(descriptor)
    if let name { unlink(name) }
  }

  /// Where it can be opened.
  package var path: String { name ?? Self.link(to: descriptor) }

  /// Writes bytes at a position, in any order.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess`.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let put = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
      if put < 0 && errno == EINTR { continue }
      guard put >= 0 else { throw FileBytes.accessError(shownPath, "cannot be written", errno) }
      done += put
    }
  }

  /// The same for an array.
  package func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { try write($0, at: offset) }
  }

  /// Fills `bytes` with what was written at a position.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess`.
  package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let got = pread(descriptor, start + done, bytes.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw FileBytes.accessError(shownPath, "cannot be read", errno) }
      guard got > 0 else {
        throw PithError(.fileAccess, file: shownPath, "a temporary file has become shorter")
      }
      done += got
    }
  }

  /// Takes the place of another file, for good once it is on the disk.
  package func replace(_ target: String, permissions: UInt32?) throws {
    if let permissions, fchmod(descriptor, permissions) != 0 {
      throw FileBytes.accessError(
        shownPath, "cannot be given the permissions of the old file", errno)
    }
    guard fsync(descriptor) == 0 else {
      throw FileBytes.accessError(shownPath, "cannot be written", errno)
    }
    let name = try name ?? linked()
    self.name = name
    guard rename(name, target) == 0 else {
      throw FileBytes.accessError(shownPath, "cannot be replaced", errno)
    }
    self.name = nil
  }

  /// nil when there is no such file or no way to give it a name later.
  private static func openNameless(in folder: String) -> Int32? {
    let descriptor = open(folder, nameless | O_RDWR | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    guard access(link(to: descriptor), F_OK) == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Gives it a name.
  private func linked() throws -> String {
    try Self.withNewName(after: prefix, named: shownPath) {
      linkat(AT_FDCWD, Self.link(to: descriptor), AT_FDCWD, $0, AT_SYMLINK_FOLLOW) == 0 ? () : nil
    }.name
  }

  private static func link(to descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  /// Tries names until there is none like it; `body` gives nil when it cannot make a file of that name, and `errno` says why.
  private static func withNewName<Result>(
    after prefix: String, named shownPath: String, _ body: (String) -> Result?
  ) throws -> (result: Result, name: String) {
    while true {
      let name = "\(prefix).\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
      if let result = body(name) { return (result, name) }
      guard errno == EEXIST || errno == EINTR else {
        throw FileBytes.accessError(shownPath, "cannot be created", errno)
      }
    }
  }
}
