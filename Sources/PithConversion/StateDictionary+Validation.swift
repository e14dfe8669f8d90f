import Pith
import PithTensor

extension StateDictionary {
  /// Refuses values with which no network gives an answer: NaN, infinities and negative running variances.
  ///
  /// - Throws: ``PithError`` with the code `invalidValue` that names, for each tensor concerned, the first such
  ///   value and its index.
  package func checkValues() throws {
    let problems = entries.compactMap(Self.problem)
    guard !problems.isEmpty else { return }
    throw PithError(
      .invalidValue, listing(problems, atMost: 8, separator: "; "),
      advice: ValueCheck.advice)
  }

  private static func problem(_ entry: Entry) -> String? {
    entry.tensor.values.withUnsafeBufferPointer {
      ValueCheck.problem($0, shape: entry.tensor.shape, of: entry.name)
    }.map { "tensor '\(entry.name)' \($0)" }
  }
}

/// The first `maximum` parts, and how many more there are: `a, b and 3 more`.
func listing(_ parts: [String], atMost maximum: Int, separator: String = ", ") -> String {
  let text = parts.prefix(maximum).joined(separator: separator)
  return parts.count > maximum ? "\(text) and \(parts.count - maximum) more" : text
}
