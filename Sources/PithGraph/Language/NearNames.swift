/// The names that a misspelt one may stand for.
enum NearNames {
  /// Longer names are not compared.
  private static let greatestLength = 64

  /// Advice on a name that is not known: those near it, else those that there are; nil: there are none.
  ///
  /// - Parameters:
  ///   - known: the names that could stand there; the last thousand of them are compared.
  ///   - what: `known operations`.
  static func advice(_ name: String, known: [String], _ what: String) -> String? {
    let near = near(name, known: known)
    if !near.isEmpty { return "did you mean \(near.map(\.excerpt).joined(separator: " or "))?" }
    guard !known.isEmpty else { return nil }
    let shown = known.suffix(12).map(\.excerpt).joined(separator: ", ")
    return "\(what) are \(known.count > 12 ? "..., " : "")\(shown)"
  }

  /// At most three names, the nearest first, that differ in no more than a third of their letters.
  static func near(_ name: String, known: [String]) -> [String] {
    let letters = Array(name.utf8)
    guard letters.count <= greatestLength else { return [] }
    let limit = max(1, letters.count / 3)
    let distances = known.suffix(1000).compactMap { other -> (String, Int)? in
      guard other.utf8.count <= greatestLength else { return nil }
      let distance = distance(letters, Array(other.utf8))
      return distance <= limit ? (other, distance) : nil
    }
    let nearest = distances.map(\.1).min()
    return distances.filter { $0.1 == nearest }.prefix(3).map(\.0)
  }

  /// The fewest insertions, deletions and replacements that make one of the other (Levenshtein 1966).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}

extension Operation {
  /// The names of all operations.
  static let names = Set(examples.map(\.name))
}
