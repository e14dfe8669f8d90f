import Glibc
package import PithTensor

/// How often a network was right about labelled images, and what its answers tell about the labels.
package struct EvaluationSummary: Sendable, Hashable {
  package let meaning: OutputMeaning
  /// The number of images with a right class (first) for which another was answered (second).
  package private(set) var confusion: [[Int]]
  package private(set) var images = 0
  /// The images whose class was among the five best.
  package private(set) var amongFive = 0
  /// Of the cross-entropies of the images, in nats.
  package private(set) var lossSum = 0.0
  /// Of the entropies of the predictions, in nats.
  package private(set) var entropySum = 0.0

  package init(outputs: Int, meaning: OutputMeaning) {
    self.meaning = meaning
    confusion = [[Int]](repeating: [Int](repeating: 0, count: outputs), count: outputs)
  }

  /// What was summed up before.
  ///
  /// - Parameter confusion: square.
  package init(
    meaning: OutputMeaning, confusion: [[Int]], amongFive: Int, lossSum: Double, entropySum: Double
  ) {
    self.meaning = meaning
    self.confusion = confusion
    self.amongFive = amongFive
    self.lossSum = lossSum
    self.entropySum = entropySum
    images = confusion.reduce(0) { $0 + $1.reduce(0, &+) }
  }

  /// Counts an image.
  ///
  /// - Parameters:
  ///   - outputs: one for each class.
  ///   - right: the class of the image.
  /// - Throws: ``PithError`` with the code `invalidValue` when an output is no number.
  package mutating func add(_ outputs: [Float], right: Int) throws {
    _ = try Scoring.scores(outputs, meaning: .probabilities, kind: .probability)
    let rank = outputs.enumerated().count { index, output in
      output > outputs[right] || (output == outputs[right] && index < right)
    }
    let answer = outputs.indices.max { (outputs[$0], $1) < (outputs[$1], $0) } ?? 0
    images += 1
    confusion[right][answer] += 1
    if rank < 5 { amongFive += 1 }
    lossSum += crossEntropy(outputs, right: right)
    entropySum += entropy(outputs)
  }

  // MARK: entropies

  /// `-ln p` of the right class; for a sigmoid the mean over the classes of the same for yes and no.
  private func crossEntropy(_ outputs: [Float], right: Int) -> Double {
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

  /// What the predictions are worth, in bits (Cover and Thomas, "Elements of Information Theory", chapter 2).
  package struct Bits: Sendable, Hashable {
    /// The mean of `-log2 p` of the right class.
    package let crossEntropy: Double
    /// The mean of `-sum p log2 p` over the classes.
    package let predictions: Double
    /// `-sum s log2 s` over the classes' shares of the images; nil for a sigmoid, whose classes do not exclude each other.
    package let labels: Double?
    /// What the predictions tell about the label: the entropy of the labels less the cross-entropy.
    package var information: Double? {
      labels.map { labels in
        // What rounding leaves of equal entropies is nothing, and no number below 0.
        let difference = labels - crossEntropy
        return abs(difference) > 1e-12 * labels ? difference : 0
      }
    }
  }

  /// Nil without images.
  package var bits: Bits? {
    guard images > 0 else { return nil }
    let (count, bit) = (Double(images), log(2.0))
    let labels = confusion.indices.reduce(0.0) { sum, index in
      let share = Double(total(index)) / count
      return share > 0 ? sum - share * log2(share) : sum
    }
    return Bits(
      crossEntropy: lossSum / count / bit, predictions: entropySum / count / bit,
      labels: meaning == .sigmoid ? nil : labels)
  }

  // MARK: classes

  /// The images whose class had the greatest output.
  package var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// The images of a class.
  package func total(_ index: Int) -> Int { confusion[index].reduce(0, +) }

  /// The images for which a class was answered.
  package func answers(_ index: Int) -> Int { confusion.reduce(0) { $0 + $1[index] } }

  /// The most frequent mistakes, those of equal number in the order of the classes.
  package func mistakes(_ most: Int) -> [(right: Int, answer: Int, images: Int)] {
    var pairs: [(right: Int, answer: Int, images: Int)] = []
    for (right, row) in confusion.enumerated() {
      for (answer, count) in row.enumerated() where count > 0 && right != answer {
        pairs.append((right, answer, count))
      }
    }
    pairs.sort { ($1.images, $0.right, $0.answer) < ($0.images, $1.right, $1.answer) }
    return Array(pairs.prefix(most))
  }
}
