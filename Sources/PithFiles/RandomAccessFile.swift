import Glibc
import PithTensor

/// A regular file that is read in pieces with `pread`; any thread may read.
///
/// A class because it owns a descriptor.
package final class RandomAccessFile: Sendable {
  package let path: String
  /// The number of bytes when the file was opened.
  package let byteCount: Int
  private let descriptor: Int32

  /// - Throws: ``PithError`` with the code `fileAccess` or `limitExceeded`, and the path.
  package init(_ path: String, limit: Int) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.accessError(path, "cannot be opened", errno) }
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw Self.accessError(path, "cannot be read", number)
    }
    byteCount = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw PithError(.fileAccess, file: path, "is not a regular file, which was expected")
    }
    guard byteCount <= limit else {
      close(descriptor)
      throw PithError(
        .limitExceeded, file: path, "has \(byteCount) bytes but at most \(limit) are read")
    }
  }

  deinit { close(descriptor) }

  /// The `count` bytes from `offset`.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` when they are not all there, and the path.
  package func read(_ count: Int, at offset: Int) throws -> [UInt8] {
    guard count >= 0, offset >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw PithError(
        .fileAccess, file: path, place: "byte \(offset)",
        "\(count) bytes were expected but the file has \(byteCount) bytes in all")
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        let got = pread(
          descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
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
  }

  private static func accessError(_ path: String, _ problem: String, _ number: Int32) -> PithError {
    PithError(.fileAccess, file: path, "\(problem): \(String(cString: strerror(number)))")
  }
}
