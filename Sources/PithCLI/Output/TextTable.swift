/// Columns of text, aligned.
struct TextTable {
  /// Where the text of a column stands.
  enum Alignment {
    case left
    case right
  }

  private let alignments: [Alignment]
  private let indentation: String
  private var rows: [[String]] = []

  init(_ alignments: [Alignment], indentation: Int = 0) {
    self.alignments = alignments
    self.indentation = String(repeating: " ", count: indentation)
  }

  /// Adds a row of as many cells as there are columns.
  mutating func add(_ row: [String]) {
    rows.append(row)
  }

  /// A line for each row, without spaces at its end.
  var text: String {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = indentation
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { line += "  " }
        line += alignments[column] == .left ? cell + space : space + cell
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
