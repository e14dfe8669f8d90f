import PithTensor

/// The greatest value of each window, `[c, h, w] -> [c, p, q]`; padding never wins.
///
/// `p = (h + top + bottom - (d * (kh - 1) + 1)) / s + 1`, floored or, with `ceil`, rounded up (see ``Window``).
public struct MaxPool: Sendable, Hashable {
  public var window: Window

  public init(_ window: Window) {
    self.window = window
  }
}

/// The mean of each window, `[c, h, w] -> [c, p, q]`, sized as ``MaxPool``.
public struct AveragePool: Sendable, Hashable {
  public var window: Window
  /// Whether padding counts as zeros in the divisor; what lies beyond the padding, in a partial window of
  /// `ceil`, never does.
  public var includePadding: Bool

  public init(_ window: Window, includePadding: Bool = true) {
    self.window = window
    self.includePadding = includePadding
  }
}

/// Global pooling: the mean (Lin, Chen and Yan 2013, section 3.2) or the greatest value over height and width
/// of each channel, `[c, h, w] -> [c, 1, 1]`.
func globalPoolShape(_ input: Shape) throws -> Shape {
  let input = try ImageShape(input)
  return try Shape(checking: [input.channels, 1, 1])
}

/// The mean of `size` windows that cover the image between them, `[c, h, w] -> [c, size]`; torchvision's VGG and AlexNet
/// have it.
///
/// Output row `p` is the mean of the rows from `p * h / size`, floored, up to `(p + 1) * h / size`, rounded up; columns
/// likewise. An image of that size stays as it is.
public struct AdaptiveAveragePool: Sendable, Hashable {
  public var size: Extent

  public init(_ size: Extent) {
    self.size = size
  }

  func outputShape(_ input: Shape) throws -> Shape {
    let input = try ImageShape(input)
    guard min(size.height, size.width) >= 1, max(size.height, size.width) < 1 << 31 else {
      throw PithError(
        .invalidGraph,
        "the size \(size.height)x\(size.width) must be at least 1x1 and each side less than 2^31")
    }
    return try Shape(checking: [input.channels, size.height, size.width])
  }
}

/// The mean over some axes.
public struct Mean: Sendable, Hashable {
  /// Counted with the batch, ascending: 2 and 3 are the height and width of an image.
  public var axes: [Int]
  /// Whether the axes stay, with the size 1.
  public var keep: Bool

  public init(axes: [Int], keep: Bool = true) {
    self.axes = axes
    self.keep = keep
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard !axes.isEmpty, zip(axes, axes.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw PithError(.invalidGraph, "the axes \(axes) must be ascending, at least one of them")
    }
    for axis in axes { try checkAxis(axis, of: input) }
    return try Shape(
      checking: input.dimensions.indices.compactMap { index in
        guard axes.contains(index + 1) else { return input[index] }
        return keep ? 1 : nil
      })
  }
}
