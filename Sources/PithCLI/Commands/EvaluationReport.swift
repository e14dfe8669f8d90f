import Pith

/// What `evaluate` prints.
struct EvaluationReport {
  private let labels: [String]
  private var summary: EvaluationSummary
  /// The images that could not be read or gave no numbers.
  private(set) var failed = 0

  /// The table of all classes fits a screen up to this many.
  private static let greatestTable = 16

  init(labels: [String], outputs: Int, meaning: OutputMeaning) {
    self.labels = labels
    summary = EvaluationSummary(outputs: outputs, meaning: meaning)
  }

  /// Counts an image.
  ///
  /// - Throws: ``PithError`` with the code `invalidValue` when an output is no number.
  mutating func add(_ outputs: [Float], right: Int) throws {
    try summary.add(outputs, right: right)
  }

  mutating func addFailure() { failed += 1 }

  private func name(_ index: Int) -> String { labels.isEmpty ? "\(index)" : labels[index] }

  var json: JSON {
    func fraction(_ count: Int, of total: Int) -> JSON {
      total == 0 ? .null : .double(Double(count) / Double(total))
    }
    func number(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
    let bits = summary.bits
    let images = summary.images
    let classes = summary.confusion.indices.map { index in
      JSON.object([
        ("index", .integer(index)), ("label", .optional(labels.isEmpty ? nil : labels[index])),
        ("images", .integer(summary.total(index))),
        ("correct", .integer(summary.confusion[index][index])),
        ("accuracy", fraction(summary.confusion[index][index], of: summary.total(index))),
      ])
    }
    return .object([
      ("images", .integer(images)), ("failed", .integer(failed)),
      ("correct", .integer(summary.correct)),
      ("top1", fraction(summary.correct, of: images)),
      ("top5", fraction(summary.amongFive, of: images)),
      ("cross_entropy", images == 0 ? .null : .double(summary.lossSum / Double(images))),
      ("cross_entropy_bits", number(bits?.crossEntropy)),
      ("prediction_entropy_bits", number(bits?.predictions)),
      ("label_entropy_bits", number(bits?.labels)),
      ("information_bits", number(bits?.information)),
      ("classes", .array(classes)),
      ("confusion", .array(summary.confusion.map { .array($0.map { .integer($0) }) })),
    ])
  }

  var text: String {
    let images = summary.images
    func percent(_ count: Int) -> String {
      images == 0 ? "-" : Decimal.percent(Double(count) / Double(images))
    }
    var totals = TextTable([.left, .right, .left])
    totals.add(["images", Decimal.grouped(images), failed == 0 ? "" : "\(failed) failed"])
    totals.add(["top-1", percent(summary.correct), "\(Decimal.grouped(summary.correct)) right"])
    totals.add(["top-5", percent(summary.amongFive), "\(Decimal.grouped(summary.amongFive)) right"])
    totals.add([
      "cross-entropy", images == 0 ? "-" : Decimal.fixed(summary.lossSum / Double(images), 4), "",
    ])
    if let bits = summary.bits {
      totals.add(["", Decimal.fixed(bits.crossEntropy, 4), "bits"])
      totals.add(["prediction entropy", Decimal.fixed(bits.predictions, 4), "bits"])
      if let labels = bits.labels, let information = bits.information {
        totals.add([
          "information", Decimal.fixed(information, 4), "bits of \(Decimal.fixed(labels, 4))",
        ])
      }
    }
    return totals.text + "\n" + classTable + "\n" + confusionText
  }

  /// The classes that have images.
  private var classTable: String {
    var table = TextTable([.left, .right, .right, .right])
    table.add(["class", "images", "right", "accuracy"])
    for index in summary.confusion.indices where summary.total(index) > 0 {
      let right = summary.confusion[index][index]
      table.add([
        name(index), Decimal.grouped(summary.total(index)), Decimal.grouped(right),
        Decimal.percent(Double(right) / Double(summary.total(index))),
      ])
    }
    return table.text
  }

  private var confusionText: String {
    guard summary.confusion.count <= Self.greatestTable else { return mistakes }
    var table = TextTable(
      [.left] + [TextTable.Alignment](repeating: .right, count: summary.confusion.count))
    table.add(["right \\ answer"] + summary.confusion.indices.map(name))
    for (index, row) in summary.confusion.enumerated() where summary.total(index) > 0 {
      table.add([name(index)] + row.map { $0 == 0 ? "." : Decimal.grouped($0) })
    }
    return table.text
  }

  private var mistakes: String {
    var table = TextTable([.right, .left, .left])
    table.add(["images", "right", "answer"])
    for mistake in summary.mistakes(10) {
      table.add([Decimal.grouped(mistake.images), name(mistake.right), name(mistake.answer)])
    }
    return table.text
  }
}
