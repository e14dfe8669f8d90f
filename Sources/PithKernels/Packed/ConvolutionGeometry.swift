import CPithKernels
import PithTensor

/// The sizes of a two-dimensional convolution, checked: nothing computed from them overflows.
///
/// `x: [n, c, h, w]  weights: [k, c / groups, r, s]  y: [n, k, p, q]`,
/// `p = (h + top + bottom - (dilation * (r - 1) + 1)) / stride + 1`, rounded down (Dumoulin and Visin 2016).
package struct ConvolutionGeometry: Sendable, Hashable {
  package let inputChannels: Int
  package let outputChannels: Int
  package let inputHeight: Int
  package let inputWidth: Int
  package let outputHeight: Int
  package let outputWidth: Int
  package let kernel: Pair
  package let stride: Pair
  package let dilation: Pair
  package let padding: Padding
  package let groups: Int

  /// A vertical and a horizontal number.
  package struct Pair: Sendable, Hashable {
    package let height: Int
    package let width: Int

    package init(_ height: Int, _ width: Int) {
      self.height = height
      self.width = width
    }
  }

  /// Rows and columns of zeros around the input.
  package struct Padding: Sendable, Hashable {
    package let top: Int
    package let left: Int
    package let bottom: Int
    package let right: Int

    package init(top: Int, left: Int, bottom: Int, right: Int) {
      self.top = top
      self.left = left
      self.bottom = bottom
      self.right = right
    }

    /// The same on all sides.
    package init(_ all: Int) {
      self.init(top: all, left: all, bottom: all, right: all)
    }
  }

  /// - Throws: ``PithError`` with the code `shapeMismatch` for sizes that make no convolution, `limitExceeded` for
  ///   such as are too large to be computed with.
  package init(
    inputChannels: Int, outputChannels: Int, inputHeight: Int, inputWidth: Int, kernel: Pair,
    stride: Pair = Pair(1, 1), padding: Padding = Padding(0), dilation: Pair = Pair(1, 1),
    groups: Int = 1
  ) throws {
    let sizes = [
      ("input channels", inputChannels), ("output channels", outputChannels),
      ("input height", inputHeight), ("input width", inputWidth),
      ("kernel height", kernel.height), ("kernel width", kernel.width),
      ("vertical stride", stride.height), ("horizontal stride", stride.width),
      ("vertical dilation", dilation.height), ("horizontal dilation", dilation.width),
      ("groups", groups),
    ]
    for (name, size) in sizes { try Self.check(size, 1, name) }
    let paddings = [
      ("top", padding.top), ("left", padding.left), ("bottom", padding.bottom),
      ("right", padding.right),
    ]
    for (name, size) in paddings { try Self.check(size, 0, "\(name) padding") }
    guard inputChannels % groups == 0, outputChannels % groups == 0 else {
      throw PithError(
        .shapeMismatch,
        "\(inputChannels) input and \(outputChannels) output channels cannot be divided into "
          + "\(groups) groups")
    }
    outputHeight = try Self.outputSize(
      inputHeight, padding.top, padding.bottom, kernel.height, dilation.height, stride.height,
      "height")
    outputWidth = try Self.outputSize(
      inputWidth, padding.left, padding.right, kernel.width, dilation.width, stride.width, "width")
    // The kernels index a plane, with its padding too, and count the taps with 32 bits.
    let paddedHeight = inputHeight + padding.top + padding.bottom
    let paddedWidth = inputWidth + padding.left + padding.right
    for (name, height, width) in [
      ("padded input plane", paddedHeight, paddedWidth),
      ("output plane", outputHeight, outputWidth),
      ("kernel", kernel.height, kernel.width),
    ] where height * width > Self.largestSize {
      throw PithError(
        .limitExceeded,
        "the \(name) has \(height * width) elements but may have at most \(Self.largestSize)")
    }
    let terms = [
      outputChannels, inputChannels / groups, kernel.height, kernel.width, outputHeight,
      outputWidth,
    ]
    _ = try terms.reduce(1) { try $0.checkedMultiplying($1, "the number of multiply-adds") }
    _ = try inputChannels.checkedMultiplying(inputHeight * inputWidth, "the input's size")
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padding = padding
    self.groups = groups
  }

  /// The largest single size, so that products of two fit 64 bits and indices into a plane 32.
  private static let largestSize = 1 << 28

  private static func check(_ size: Int, _ least: Int, _ name: String) throws {
    guard size >= least else {
      throw PithError(
        .shapeMismatch, "a convolution's \(name) is \(size) but must be at least \(least)")
    }
    guard size <= largestSize else {
      throw PithError(
        .limitExceeded, "a convolution's \(name) is \(size) but may be at most \(largestSize)")
    }
  }

  private static func outputSize(
    _ size: Int, _ before: Int, _ after: Int, _ kernel: Int, _ dilation: Int, _ stride: Int,
    _ name: String
  ) throws -> Int {
    let reach = dilation * (kernel - 1) + 1
    let padded = size + before + after
    guard reach <= padded else {
      throw PithError(
        .shapeMismatch,
        "a convolution's kernel reaches over \(reach) elements but the padded input's \(name) is "
          + "\(padded)")
    }
    guard padded <= largestSize else {
      throw PithError(
        .limitExceeded,
        "a convolution's padded input has the \(name) \(padded) but may have at most "
          + "\(largestSize)")
    }
    return (padded - reach) / stride + 1
  }

  /// `kh * kw`.
  package var taps: Int { kernel.height * kernel.width }
  /// The input channels that an output channel sees.
  package var channelsPerGroup: Int { inputChannels / groups }
  /// The output channels of a group.
  package var outputsPerGroup: Int { outputChannels / groups }
  /// The elements of an input channel.
  package var inputPlane: Int { inputHeight * inputWidth }
  /// The elements of an output channel.
  package var outputPlane: Int { outputHeight * outputWidth }
  /// `outputChannels * inputChannels / groups * kh * kw`.
  package var weightCount: Int { outputChannels * channelsPerGroup * taps }
  /// The multiply-adds for one image, padding counted like any other input.
  package var multiplyAdds: Int { weightCount * outputPlane }
  /// Whether every output channel sees one input channel.
  package var isDepthwise: Bool { channelsPerGroup == 1 && groups > 1 }

  /// Whether output and input elements correspond one to one.
  private var isPointwise: Bool {
    taps == 1 && stride == Pair(1, 1) && padding == Padding(0)
  }

  /// The geometry for the C kernels; a pointwise convolution has its plane in a single row, so that every panel
  /// is a plain copy.
  var window: pith_window {
    pith_window(
      height: isPointwise ? 1 : Int32(inputHeight),
      width: isPointwise ? Int32(inputPlane) : Int32(inputWidth),
      kernel_height: Int32(kernel.height), kernel_width: Int32(kernel.width),
      stride_y: Int32(stride.height), stride_x: Int32(stride.width),
      dilation_y: Int32(dilation.height), dilation_x: Int32(dilation.width),
      pad_top: Int32(padding.top), pad_left: Int32(padding.left),
      output_height: isPointwise ? 1 : Int32(outputHeight),
      output_width: isPointwise ? Int32(outputPlane) : Int32(outputWidth))
  }
}
