/// The first steps of a plan, whose values are large and whose weights are few.
///
/// Of a batch, each thread takes a few images through all of them before it takes others: what one step writes is still in a
/// cache when the next one reads it, and no thread waits for another. The steps behind them, whose weights are large, take
/// the whole batch at once, so that the weights are read once.
package struct EarlySteps: Sendable {
  /// How many steps these are.
  package let count: Int
  /// The images that a thread takes at a time, at most.
  package var images: Int
  /// For each activation whether only these steps need it, so that there is memory for those images alone.
  package let isLocal: [Bool]
  /// Where such activations lie, in values for one image.
  let local: MemoryPlan
  /// Where all others lie, in values for one image.
  let shared: MemoryPlan

  /// What the values that a step reads and writes may take, in floats, to count as small: they stay in a core's cache.
  private static let cachedFloats = 1 << 18

  /// - Returns: nil when there are none.
  init?(_ steps: [Plan.Step], _ activations: ActivationPlaces, keeping results: [Plan.Source]) {
    // What a step moves for each image against what it reads of weights, which is the same for all of them.
    let moved = steps.map { step in
      step.inputs.reduce(activations.counts[step.output]) { sum, source in
        if case .activation(let index) = source { sum + activations.counts[index] } else { sum }
      }
    }
    var (saved, most, count) = (0, 0, 0)
    for (index, step) in steps.enumerated() {
      saved += moved[index] - step.weightFloats
      if saved > most { (most, count) = (saved, index + 1) }
    }
    guard count > 0, let greatest = moved[..<count].max() else { return nil }
    self.count = count
    images = max(1, Self.cachedFloats / max(1, greatest))

    let lives = activations.lives(steps: steps, keeping: results)
    let isLocalRoot = lives.map { life in life.map { $0.upperBound < count } ?? true }
    isLocal = activations.counts.indices.map { isLocalRoot[activations.root(of: $0).index] }
    local = activations.memoryPlan(lives.indices.map { isLocalRoot[$0] ? lives[$0] : nil })
    // While some images are at their last early step, others are at their first.
    shared = activations.memoryPlan(
      lives.indices.map { index in
        guard !isLocalRoot[index], let life = lives[index] else { return nil }
        return (life.lowerBound < count ? 0 : life.lowerBound)...life.upperBound
      })
  }
}

extension EarlySteps {
  /// How a batch is cut, into pieces of one size but for the last.
  package struct Pieces {
    package let count: Int
    private let size: Int
    private let images: Int

    fileprivate init(of images: Int, size: Int) {
      self.images = images
      self.size = size
      count = (images + size - 1) / size
    }

    /// How many of them threads take each on its own; the others, which would leave half of the threads or more without
    /// work, all threads take together.
    package func ownPieces(threads: Int) -> Int {
      let rest = count % threads
      return 2 * rest > threads ? count : count - rest
    }

    package func images(of piece: Int) -> Range<Int> {
      piece * size..<min(images, (piece + 1) * size)
    }
  }

  /// As few pieces as each thread can have the same number of, where that is possible.
  package func pieces(of batch: Int, threads: Int) -> Pieces {
    let rounds = (batch + images * threads - 1) / (images * threads)
    return Pieces(of: batch, size: (batch + rounds * threads - 1) / (rounds * threads))
  }
}
