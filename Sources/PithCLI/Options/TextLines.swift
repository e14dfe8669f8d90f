import Pith
import PithFiles

/// Files of a line each: labels and lists of paths.
enum TextLines {
  /// The lines of a file without their ends, `\n` or `\r\n`; `-` is standard input.
  ///
  /// - Throws: ``PithError`` with the code `fileAccess`, `limitExceeded` or `invalidArgument`, and the path.
  static func read(_ path: String) throws -> [String] {
    let limit = Limits().sectionBytes
    let bytes =
      path == "-"
      ? try FileBytes.readStream(0, named: "standard input", limit: limit)
      : try FileBytes.read(path, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PithError(.invalidArgument, file: path, "is not valid UTF-8; a text file was expected")
    }
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(Substring($0.last == 0x0D ? $0.dropLast() : $0))
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The labels of a file, one for each output of a network.
  ///
  /// - Throws: ``CommandFailure`` with ``ExitStatus/usage`` when the number of lines is another one.
  static func labels(_ path: String, outputs: Int) throws -> [String] {
    let labels = try failing(with: .usage) { try read(path) }
    guard labels.count == outputs else {
      throw CommandFailure(
        .usage,
        PithError(
          .shapeMismatch, file: path,
          "has \(labels.count) lines but the network has \(outputs) outputs",
          advice: "give one label a line, in the order of the outputs"))
    }
    return labels
  }
}
