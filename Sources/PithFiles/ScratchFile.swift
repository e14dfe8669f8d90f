import Glibc
import PithTensor

/// Room for values on the disk that need not be in memory for a while; nobody else sees it, and it is gone with its owner.
///
/// A class because it owns a descriptor.
package final class ScratchFile {
  private let descriptor: Int32
  private let folder: String

  /// - Parameter folder: what it takes up room of.
  /// - Throws: ``PithError`` with the code `fileAccess` and the folder.
  package init(in folder: String) throws {
    self.folder = folder
    let path: String
    (descriptor, path) = try FileBytes.createTemporary(beside: "\(folder)/scratch", named: folder)
    unlink(path)
  }

  deinit { close(descriptor) }

  /// Writes bytes at a position.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess` and the folder.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try FileBytes.write(bytes, to: descriptor, at: offset, named: folder)
  }

  /// Fills `bytes` with what was written at a position.
  ///
  /// - Throws: as ``write(_:at:)``.
  package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let got = pread(descriptor, start + done, bytes.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw FileBytes.accessError(folder, "cannot be read", errno) }
      guard got > 0 else {
        throw PithError(.fileAccess, file: folder, "a temporary file has become shorter")
      }
      done += got
    }
  }
}
