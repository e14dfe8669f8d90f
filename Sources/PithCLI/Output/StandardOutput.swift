import Glibc
import Pith

/// Standard output, collected and written in large pieces.
///
/// A class because the buffer belongs to one descriptor. A closed pipe ends the process with exit code 0:
/// whoever reads has seen enough.
final class StandardOutput {
  private var buffer: [UInt8] = []

  /// Whether it is a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// - Throws: ``PithError`` with the code `fileAccess`, as ``flush()``.
  func write(_ text: String) throws {
    buffer += text.utf8
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Writes what was collected.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess`, when a disk is full for example.
  func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    try buffer.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let put = Glibc.write(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
        if put < 0 && errno == EINTR { continue }
        if put < 0 && errno == EPIPE { exit(ExitStatus.done.rawValue) }
        guard put >= 0 else {
          throw PithError(
            .fileAccess, file: "standard output",
            "cannot be written: \(String(cString: strerror(errno)))")
        }
        done += put
      }
    }
  }
}
