import PithTensor

/// Which images a network learns from, and which it is measured on.
public struct DataSplit: Sendable, Hashable {
  /// Indices of images, ascending.
  public let training: [Int]
  /// Indices of images, ascending; may be empty.
  public let validation: [Int]

  /// Takes the same share of every class for validation, at random.
  ///
  /// - Parameters:
  ///   - labels: the class of each image, from 0.
  ///   - share: from 0 to less than 1. Of a class with two images or more at least one is taken, unless the share is 0, and at
  ///     least one left.
  ///   - seed: equal seeds give equal splits.
  public init(labels: [Int], share: Double, seed: UInt64) {
    self.init(labels: labels, seed: seed) { position, count, _ in
      let wanted = Int((share * Double(count)).rounded())
      return position < (share > 0 ? min(max(wanted, 1), count - 1) : 0)
    }
  }

  /// Takes one of several parts of about equal size in every class for validation; the parts of all folds make up the whole.
  ///
  /// - Parameters:
  ///   - fold: from 0 to `count - 1`.
  ///   - count: the number of parts, at least 2.
  public init(labels: [Int], fold: Int, of count: Int, seed: UInt64) {
    // Each class begins with another fold, so that small classes do not all lack in the same one.
    self.init(labels: labels, seed: seed) { position, _, label in
      (position + label) % max(1, count) == fold
    }
  }

  /// - Parameter isValidation: whether the image at a position of its class's random order, of so many, is taken.
  private init(
    labels: [Int], seed: UInt64,
    isValidation: (_ position: Int, _ count: Int, _ label: Int) -> Bool
  ) {
    var classes: [[Int]] = []
    for (index, label) in labels.enumerated() {
      while classes.count <= label { classes.append([]) }
      classes[label].append(index)
    }
    var (training, validation) = ([Int](), [Int]())
    for (label, images) in classes.enumerated() {
      let order = RandomOrder.shuffled(images, seed: seed, stream: "split \(label)")
      for (position, image) in order.enumerated() {
        if isValidation(position, images.count, label) {
          validation.append(image)
        } else {
          training.append(image)
        }
      }
    }
    self.training = training.sorted()
    self.validation = validation.sorted()
  }
}

/// Orders that follow from a seed and a name.
enum RandomOrder {
  /// The elements in random order: the shuffle of Fisher and Yates as Durstenfeld wrote it (1964).
  static func shuffled(_ elements: [Int], seed: UInt64, stream: String) -> [Int] {
    var random = SeededRandom(seed: seed ^ RandomStream.number(stream))
    var order = elements
    for last in stride(from: order.count - 1, to: 0, by: -1) {
      // The modulus prefers low numbers by less than 2^-32 for any number of images that fits memory.
      order.swapAt(last, Int(random.next() % UInt64(last + 1)))
    }
    return order
  }
}
