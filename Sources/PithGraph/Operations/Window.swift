package import PithTensor

/// A height and a width: of a kernel, a stride or a dilation.
public struct Extent: Sendable, Hashable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// A square.
  public init(_ side: Int) {
    self.init(side, side)
  }
}

/// Zeros (or, for pooling, nothing) around an image, in pixels.
public struct Padding: Sendable, Hashable {
  public var top: Int
  public var left: Int
  public var bottom: Int
  public var right: Int

  public init(top: Int, left: Int, bottom: Int, right: Int) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// The same on all four sides.
  public init(_ all: Int) {
    self.init(top: all, left: all, bottom: all, right: all)
  }
}

/// `[channels, height, width]`, or an error.
package struct ImageShape {
  package let channels: Int
  package let height: Int
  package let width: Int

  package init(_ shape: Shape) throws {
    guard shape.rank == 3 else {
      throw PithError(
        .shapeMismatch, "needs an input of channels x height x width but gets \(shape)")
    }
    (channels, height, width) = (shape[0], shape[1], shape[2])
  }
}

/// The sliding window of a pooling layer.
public struct Window: Sendable, Hashable {
  public var kernel: Extent
  public var stride: Extent
  public var padding: Padding
  public var dilation: Extent
  /// Whether a last, partial window counts.
  public var ceil: Bool

  public init(
    kernel: Extent, stride: Extent? = nil, padding: Padding = Padding(0),
    dilation: Extent = Extent(1), ceil: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.dilation = dilation
    self.ceil = ceil
  }

  func outputShape(_ input: Shape) throws -> Shape {
    let input = try ImageShape(input)
    let height = FeatureMap(
      input: input.height, kernel: kernel.height, stride: stride.height,
      dilation: dilation.height, before: padding.top, after: padding.bottom, ceil: ceil)
    let width = FeatureMap(
      input: input.width, kernel: kernel.width, stride: stride.width,
      dilation: dilation.width, before: padding.left, after: padding.right, ceil: ceil)
    let size = (try height.output("height"), try width.output("width"))
    try height.checkWindows("height")
    try width.checkWindows("width")
    return try Shape(checking: [input.channels, size.0, size.1])
  }
}

/// The size of a feature map along one axis: `(i + p - k) / s + 1`, where `p` is the padding of both
/// ends and `k = d * (kernel - 1) + 1` (Dumoulin and Visin 2016, relationships 6 and 15).
///
/// The quotient is floored unless `ceil`; then a last window that would start in the end's padding is
/// left out, as PyTorch does.
package struct FeatureMap {
  var input: Int
  var kernel: Int
  var stride: Int
  var dilation = 1
  var before: Int
  var after: Int
  var ceil = false

  /// What the kernel spans, once ``output(_:)`` has held its numbers to their bounds.
  private var reach: Int { dilation * (kernel - 1) + 1 }

  func output(_ axis: String) throws -> Int {
    guard kernel >= 1, stride >= 1, dilation >= 1, before >= 0, after >= 0 else {
      throw PithError(
        .invalidGraph,
        "along the \(axis), kernel \(kernel), stride \(stride) and dilation \(dilation) must be at least 1 "
          + "and padding \(before), \(after) at least 0")
    }
    let greatest = [kernel, stride, dilation, before, after].max() ?? 0
    guard greatest < 1 << 31 else {
      throw PithError(.limitExceeded, "\(greatest) is too large for a window; 2^31 - 1 is the most")
    }
    let room = try input.checkedAdding(before, "the padded \(axis)")
      .checkedAdding(after, "the padded \(axis)").checkedSubtracting(reach, "the padded \(axis)")
    guard room >= 0 else {
      throw PithError(
        .shapeMismatch,
        "along the \(axis), a kernel that reaches over \(reach) does not fit an input of \(input) with padding \(before) + \(after)"
      )
    }
    let whole = room / stride + 1
    let rest = room % stride
    guard ceil, rest > 0 else { return whole }
    // The partial window starts `stride - rest` after `room`, and the end's padding `reach - after` after it.
    return stride - rest < reach - after ? whole + 1 : whole
  }

  /// Refuses windows of a pool that would lie in the padding only, once ``output(_:)`` has accepted their numbers.
  func checkWindows(_ axis: String) throws {
    guard before < reach, after < reach else {
      throw PithError(
        .invalidGraph,
        "along the \(axis), the padding \(before) + \(after) of a pool must be smaller on each side than the \(reach) that its kernel reaches over",
        advice: "a window would lie in the padding only")
    }
    // A window that starts in the padding has its first tap behind it at one of the first `dilation` places.
    guard before == 0 || input >= dilation else {
      throw PithError(
        .shapeMismatch,
        "along the \(axis), a pool with padding and dilation \(dilation) needs an input of at least \(dilation), not \(input)",
        advice: "the taps of a window would lie in the padding only")
    }
  }
}
