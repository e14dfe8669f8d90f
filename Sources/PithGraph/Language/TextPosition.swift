import PithTensor

/// A place in the text of a network, both counted from 1; columns count Unicode scalars.
struct TextPosition: Sendable, Hashable, CustomStringConvertible {
  var line: Int
  var column: Int

  /// `line 12, column 7`.
  var description: String { "line \(line), column \(column)" }

  /// What is wrong with the text at this place.
  func error(
    _ problem: String, advice: String? = nil, code: PithError.Code = .malformedNetwork
  ) -> PithError {
    PithError(code, place: description, problem, advice: advice)
  }
}

extension PithError {
  /// The same error without the rule of the format, which a text does not have.
  var withoutRule: PithError {
    var error = self
    error.rule = nil
    return error
  }
}

extension String {
  /// The text between single quotes as errors show it: cut after 40 characters, control characters escaped.
  var excerpt: String {
    let scalars = unicodeScalars.prefix(41)
    let start = String(String.UnicodeScalarView(scalars.prefix(40)))
    let shown =
      start.hasControlCharacters ? String(start.debugDescription.dropFirst().dropLast()) : start
    return "'\(shown)\(scalars.count > 40 ? "..." : "")'"
  }
}
