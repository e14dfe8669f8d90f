import Glibc
package import PithTensor

/// A class with its score.
public struct Prediction: Sendable, Hashable {
  /// The index of the network's output.
  public let index: Int
  /// The class's name; nil when the model has no labels.
  public let label: String?
  public let score: Float
}

/// What a score is.
public enum ScoreKind: String, Sendable, CaseIterable {
  /// Between 0 and 1.
  case probability
  /// The network's own number, before softmax or sigmoid.
  case logit
}

/// Turns the outputs of a network into scores and rankings.
package enum Scoring {
  /// Checks that scores of this kind can be had.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument`.
  package static func check(_ kind: ScoreKind, of meaning: OutputMeaning) throws {
    guard kind == .probability || meaning != .probabilities else {
      throw PithError(
        .invalidArgument, "the model puts out probabilities, so it has no logits",
        advice: "ask for probabilities")
    }
  }

  /// The scores of one image.
  ///
  /// - Throws: ``PithError`` with the code `invalidValue` when an output is NaN or infinite.
  package static func scores(
    _ outputs: [Float], meaning: OutputMeaning, kind: ScoreKind
  ) throws -> [Float] {
    if let index = outputs.firstIndex(where: { !$0.isFinite }) {
      throw PithError(
        .invalidValue, "output \(index) of the network is \(outputs[index])",
        advice: "the weights or the preprocessing are damaged: run 'pith verify'")
    }
    switch (kind, meaning) {
    case (.logit, _), (.probability, .probabilities): return outputs
    case (.probability, .logits): return softmax(outputs)
    case (.probability, .sigmoid): return outputs.map { 1 / (1 + expf(-$0)) }
    }
  }

  /// `exp(x - max) / sum(exp(x - max))`.
  package static func softmax(_ logits: [Float]) -> [Float] {
    let greatest = logits.max() ?? 0
    let powers = logits.map { expf($0 - greatest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// The `count` greatest scores, greatest first; of equal ones, the lower index first.
  package static func top(_ count: Int?, of scores: [Float], labels: [String]) -> [Prediction] {
    greatest(max(0, count ?? scores.count), of: scores).map { index in
      Prediction(index: index, label: labels.isEmpty ? nil : labels[index], score: scores[index])
    }
  }

  /// The indices of those scores.
  private static func greatest(_ count: Int, of scores: [Float]) -> ArraySlice<Int> {
    // Sorting a thousand to see five of them takes as long as some layers.
    guard count < scores.count, 1...32 ~= count else {
      return scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(count)
    }
    var best: [Int] = []
    best.reserveCapacity(count + 1)
    for index in scores.indices
    where best.count < count || scores[index] > scores[best[count - 1]] {
      let place = best.firstIndex { scores[$0] < scores[index] } ?? best.count
      best.insert(index, at: place)
      if best.count > count { best.removeLast() }
    }
    return best[...]
  }
}
