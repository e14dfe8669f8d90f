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
      advice: "the training diverged or the file is damaged; convert an earlier checkpoint")
  }

  private static func problem(_ entry: Entry) -> String? {
    let isVariance = entry.name == "running_var" || entry.name.hasSuffix(".running_var")
    let values = entry.tensor.values
    guard
      let position = values.firstIndex(where: { !$0.isFinite || (isVariance && $0 < 0) })
    else { return nil }
    let value = values[position]
    let place =
      "tensor '\(entry.name)' has the value \(value) at \(index(position, entry.tensor.shape))"
    return value.isFinite ? "\(place) but a variance cannot be negative" : place
  }

  /// The index of the value at a row-major position: `[1, 0, 2]`.
  private static func index(_ position: Int, _ shape: Shape) -> [Int] {
    var rest = position
    var index: [Int] = []
    for size in shape.dimensions.reversed() {
      index.append(rest % size)
      rest /= size
    }
    return index.reversed()
  }
}

extension String {
  /// Whether a message with this text in it could steer a terminal: C0 controls, DEL and C1 controls.
  var steersTerminals: Bool {
    unicodeScalars.contains { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }
  }
}

/// The first `maximum` parts, and how many more there are: `a, b and 3 more`.
func listing(_ parts: [String], atMost maximum: Int, separator: String = ", ") -> String {
  let text = parts.prefix(maximum).joined(separator: separator)
  return parts.count > maximum ? "\(text) and \(parts.count - maximum) more" : text
}
