import Glibc
import Pith

/// How often a network was right.
struct EvaluationReport {
  private let labels: [String]
  private let meaning: OutputMeaning
  /// The number of images with a right class (first) for which another was answered (second).
  private var confusion: [[Int]]
  private var images = 0
  private var amongFive = 0
  private var lossSum = 0.0
  /// Of the entropies of the predictions, in nats.
  private var entropySum = 0.0
  /// The images that could not be read or gave no numbers.
  private(set) var failed = 0

  /// The table of all classes fits a screen up to this many.
  private static let greatestTable = 16

  init(labels: [String], outputs: Int, meaning: OutputMeaning) {
    self.labels = labels
    self.meaning = meaning
    confusion = [[Int]](repeating: [Int](repeating: 0, count: outputs), count: outputs)
  }

  /// Counts an image.
  ///
  /// - Throws: ``PithError`` with the code `invalidValue` when an output is no number.
  mutating func add(_ outputs: [Float], right: Int) throws {
    _ = try Scoring.scores(outputs, meaning: .probabilities, kind: .probability)
    let rank = outputs.enumerated().count { index, output in
      output > outputs[right] || (output == outputs[right] && index < right)
    }
    let answer = outputs.indices.max { (outputs[$0], $1) < (outputs[$1], $0) } ?? 0
    images += 1
    confusion[right][answer] += 1
    if rank < 5 { amongFive += 1 }
    lossSum += loss(outputs, right: right)
    entropySum += entropy(outputs)
  }

  mutating func addFailure() { failed += 1 }

  /// Cross-entropy in double precision.
  private func loss(_ outputs: [Float], right: Int) -> Double {
    switch meaning {
    case .logits:
      let greatest = Double(outputs.max() ?? 0)
      let sum = outputs.reduce(0) { $0 + exp(Double($1) - greatest) }
      return greatest + log(sum) - Double(outputs[right])
    case .probabilities:
      return -log(Double(max(outputs[right], Float.leastNormalMagnitude)))
    case .sigmoid:
      let losses = outputs.enumerated().map { index, output in
        // -ln sigmoid(x) = ln(1 + exp(-x)), without overflow.
        let x = index == right ? Double(output) : -Double(output)
        return max(-x, 0) + log1p(exp(-abs(x)))
      }
      return losses.reduce(0, +) / Double(losses.count)
    }
  }

  /// `-sum p ln p` over the probabilities of the classes, or for a sigmoid the mean over the classes of the same for yes and no.
  private func entropy(_ outputs: [Float]) -> Double {
    func term(_ p: Double) -> Double { p > 0 ? -p * log(p) : 0 }
    switch meaning {
    case .logits:
      let greatest = Double(outputs.max() ?? 0)
      let powers = outputs.map { exp(Double($0) - greatest) }
      let sum = powers.reduce(0, +)
      return powers.reduce(0) { $0 + term($1 / sum) }
    case .probabilities: return outputs.reduce(0) { $0 + term(Double($1)) }
    case .sigmoid:
      let entropies = outputs.map { output in
        let p = 1 / (1 + exp(-Double(output)))
        return term(p) + term(1 - p)
      }
      return entropies.reduce(0, +) / Double(entropies.count)
    }
  }

  /// Cross-entropy, mean entropy of the predictions, entropy of the labels, and information about the label, in bits; the last
  /// two are nil for a sigmoid, whose classes do not exclude each other. Nil without images.
  private var bits: (cross: Double, predictions: Double, labels: Double?, information: Double?)? {
    guard images > 0 else { return nil }
    let (count, bit) = (Double(images), log(2.0))
    let (cross, predictions) = (lossSum / count / bit, entropySum / count / bit)
    guard meaning != .sigmoid else { return (cross, predictions, nil, nil) }
    let labels = confusion.indices.reduce(0.0) { sum, index in
      let share = Double(total(index)) / count
      return share > 0 ? sum - share * log2(share) : sum
    }
    return (cross, predictions, labels, labels - cross)
  }

  private var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  private func total(_ index: Int) -> Int { confusion[index].reduce(0, +) }

  private func name(_ index: Int) -> String { labels.isEmpty ? "\(index)" : labels[index] }

  var json: JSON {
    func fraction(_ count: Int, of total: Int) -> JSON {
      total == 0 ? .null : .double(Double(count) / Double(total))
    }
    func number(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
    let bits = bits
    let classes = confusion.indices.map { index in
      JSON.object([
        ("index", .integer(index)), ("label", .optional(labels.isEmpty ? nil : labels[index])),
        ("images", .integer(total(index))), ("correct", .integer(confusion[index][index])),
        ("accuracy", fraction(confusion[index][index], of: total(index))),
      ])
    }
    return .object([
      ("images", .integer(images)), ("failed", .integer(failed)), ("correct", .integer(correct)),
      ("top1", fraction(correct, of: images)), ("top5", fraction(amongFive, of: images)),
      ("cross_entropy", images == 0 ? .null : .double(lossSum / Double(images))),
      ("cross_entropy_bits", number(bits?.cross)),
      ("prediction_entropy_bits", number(bits?.predictions)),
      ("label_entropy_bits", number(bits?.labels)),
      ("information_bits", number(bits?.information)),
      ("classes", .array(classes)),
      ("confusion", .array(confusion.map { .array($0.map { .integer($0) }) })),
    ])
  }

  var text: String {
    func percent(_ count: Int) -> String {
      images == 0 ? "-" : Decimal.percent(Double(count) / Double(images))
    }
    var totals = TextTable([.left, .right, .left])
    totals.add(["images", Decimal.grouped(images), failed == 0 ? "" : "\(failed) failed"])
    totals.add(["top-1", percent(correct), "\(Decimal.grouped(correct)) right"])
    totals.add(["top-5", percent(amongFive), "\(Decimal.grouped(amongFive)) right"])
    totals.add([
      "cross-entropy", images == 0 ? "-" : Decimal.fixed(lossSum / Double(images), 4), "",
    ])
    if let bits {
      totals.add(["", Decimal.fixed(bits.cross, 4), "bits"])
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
    for index in confusion.indices where total(index) > 0 {
      let right = confusion[index][index]
      table.add([
        name(index), Decimal.grouped(total(index)), Decimal.grouped(right),
        Decimal.percent(Double(right) / Double(total(index))),
      ])
    }
    return table.text
  }

  private var confusionText: String {
    guard confusion.count <= Self.greatestTable else { return mistakes }
    var table = TextTable(
      [.left] + [TextTable.Alignment](repeating: .right, count: confusion.count))
    table.add(["right \\ answer"] + confusion.indices.map(name))
    for (index, row) in confusion.enumerated() where total(index) > 0 {
      table.add([name(index)] + row.map { $0 == 0 ? "." : Decimal.grouped($0) })
    }
    return table.text
  }

  /// The ten most frequent mistakes.
  private var mistakes: String {
    var pairs: [(right: Int, answer: Int, count: Int)] = []
    for (right, row) in confusion.enumerated() {
      for (answer, count) in row.enumerated() where count > 0 && right != answer {
        pairs.append((right, answer, count))
      }
    }
    pairs.sort { ($1.count, $0.right, $0.answer) < ($0.count, $1.right, $1.answer) }
    var table = TextTable([.right, .left, .left])
    table.add(["images", "right", "answer"])
    for pair in pairs.prefix(10) {
      table.add([Decimal.grouped(pair.count), name(pair.right), name(pair.answer)])
    }
    return table.text
  }
}
