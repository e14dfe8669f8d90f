import Glibc
package import PithTensor

/// A regular file that is read in pieces with `pread`; any thread may read.
///
/// A class because it owns a descriptor.
package final class RandomAccessFile: Sendable {
  package let path: String
  /// The number of bytes when the file was opened.
  package let byteCount: Int
  private let descriptor: Int32

  /// - Throws: ``PithError`` with the code `fileAccess` or `limitExceeded`, and the path.
  package convenience init(_ path: String, limit: Int) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.accessError(path, "cannot be opened", errno) }
    try self.init(descriptor, path: path, limit: limit)
  }

  /// A file inside of a folder, named by another file and so not trusted.
  ///
  /// - Parameters:
  ///   - location: relative to the folder. Nothing below the folder may be `..` or a symbolic link, so the file is
  ///     inside whatever others do to the folder at the same time.
  ///   - folder: a path that is trusted; links on it are followed.
  ///   - limit: the most bytes that the file may have.
  /// - Throws: ``PithError`` with the code `fileAccess` or `limitExceeded`, and the path.
  package convenience init(_ location: String, inside folder: String, limit: Int) throws {
    let path = "\(folder)/\(location)"
    let parts = location.split(separator: "/").map(String.init)
    guard !location.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !location.contains("\0")
    else {
      throw PithError(.fileAccess, file: path, "leads out of the folder '\(folder)'")
    }
    var descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.accessError(folder, "cannot be opened", errno) }
    for (index, part) in parts.enumerated() {
      // O_NONBLOCK: a named pipe in the place of the file would wait for its other end.
      let kind = index < parts.count - 1 ? O_DIRECTORY : O_NONBLOCK
      let next = openat(descriptor, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind)
      let number = errno
      let isLink = next < 0 && Self.isLink(part, in: descriptor)
      close(descriptor)
      guard !isLink else {
        throw PithError(
          .fileAccess, file: path, "'\(part)' is a symbolic link, which is not followed",
          advice: "put the file itself there")
      }
      guard next >= 0 else { throw Self.accessError(path, "cannot be opened", number) }
      descriptor = next
    }
    try self.init(descriptor, path: path, limit: limit)
  }

  private static func isLink(_ name: String, in folder: Int32) -> Bool {
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Takes over an open descriptor.
  private init(_ descriptor: Int32, path: String, limit: Int) throws {
    do {
      byteCount = try Self.checkedSize(descriptor, path, limit)
    } catch {
      // Nothing is initialised yet, so deinit does not run.
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
  }

  private static func checkedSize(
    _ descriptor: Int32, _ path: String, _ limit: Int
  ) throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw accessError(path, "cannot be read", errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw PithError(.fileAccess, file: path, "is not a regular file, which was expected")
    }
    let size = Int(status.st_size)
    guard size <= limit else {
      throw PithError(
        .limitExceeded, file: path, "has \(size) bytes but at most \(limit) are read")
    }
    return size
  }

  deinit { close(descriptor) }

  /// The `count` bytes from `offset`.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` when they are not all there, and the path.
  package func read(_ count: Int, at offset: Int) throws -> [UInt8] {
    try check(count, at: offset)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      try read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]), at: offset)
      done = count
    }
  }

  /// Fills `buffer` with the bytes from `offset`.
  ///
  /// - Throws: as ``read(_:at:)``.
  package func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
  ) throws(PithError) {
    try check(buffer.count, at: offset)
    guard let start = buffer.baseAddress else { return }
    var done = 0
    while done < buffer.count {
      let got = pread(descriptor, start + done, buffer.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw Self.accessError(path, "cannot be read", errno) }
      guard got > 0 else {
        throw PithError(
          .fileAccess, file: path, place: "byte \(offset + done)",
          "the file became shorter while it was read")
      }
      done += got
    }
  }

  private func check(_ count: Int, at offset: Int) throws(PithError) {
    guard count >= 0, offset >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw PithError(
        .fileAccess, file: path, place: "byte \(offset)",
        "\(count) bytes were expected but the file has \(byteCount) bytes in all")
    }
  }

  private static func accessError(_ path: String, _ problem: String, _ number: Int32) -> PithError {
    PithError(.fileAccess, file: path, "\(problem): \(String(cString: strerror(number)))")
  }
}
