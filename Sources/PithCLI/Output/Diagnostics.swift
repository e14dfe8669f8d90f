import Glibc
import Pith

/// Lines on standard error. They are for people: what cannot be written is lost.
enum Diagnostics {
  /// Whether standard error is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// `pith: ` and the error.
  static func error(_ error: PithError) {
    line("pith: \(error)")
  }

  /// A line as it is.
  static func line(_ text: some StringProtocol) {
    write("\(text)\n")
  }

  static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let put = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else { return }
      bytes = bytes.dropFirst(put)
    }
  }
}
