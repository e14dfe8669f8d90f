/// Changes of training images that leave their class as it is.
///
/// What happens to an image follows from the seed, the epoch and the image: neither the order nor the threads matter.
public struct Augmentation: Sendable, Hashable {
  /// Whether half of the images are mirrored left to right.
  public var flips: Bool
  /// The most pixels by which an image is moved in each direction; what comes in is black. It is the same as padding by so many
  /// pixels and cropping at random (He et al. 2015, section 4.2).
  public var shift: Int

  public init(flips: Bool = false, shift: Int = 0) {
    self.flips = flips
    self.shift = shift
  }

  /// Nothing changes.
  public static let none = Augmentation()

  /// What happens to one image.
  package struct Choice: Sendable, Hashable {
    /// Whether it is mirrored, before it moves.
    package let isFlipped: Bool
    /// The image moves down and to the right by so many pixels.
    package let down: Int
    package let right: Int

    package init(isFlipped: Bool, down: Int, right: Int) {
      self.isFlipped = isFlipped
      self.down = down
      self.right = right
    }
  }

  /// What happens to an image in an epoch.
  package func choice(seed: UInt64, epoch: Int, image: Int) -> Choice {
    let random = RandomStream(
      seed: seed ^ RandomStream.number("augmentation"), step: epoch, stream: UInt64(image))
    func offset(_ position: Int) -> Int {
      min(Int(random.uniform(at: position) * Double(2 * shift + 1)), 2 * shift) - shift
    }
    return Choice(
      isFlipped: flips && random.uniform(at: 0) < 0.5, down: offset(1), right: offset(2))
  }

  /// Writes a changed image; `planes` is `[channels, height, width]`.
  package static func apply(
    _ choice: Choice, _ planes: UnsafePointer<UInt8>, channels: Int, height: Int, width: Int,
    into output: UnsafeMutablePointer<UInt8>
  ) {
    for channel in 0..<channels {
      for row in 0..<height {
        let target = output + (channel * height + row) * width
        let sourceRow = row - choice.down
        guard sourceRow >= 0, sourceRow < height else {
          target.update(repeating: 0, count: width)
          continue
        }
        let source = planes + (channel * height + sourceRow) * width
        for column in 0..<width {
          let position = column - choice.right
          target[column] =
            position < 0 || position >= width
            ? 0 : source[choice.isFlipped ? width - 1 - position : position]
        }
      }
    }
  }
}
