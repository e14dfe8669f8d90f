/// Some rows of an image with their padding, as the direct algorithms read them.
struct DirectStrip: Sendable {
  /// Output rows that are computed from one copy.
  let rows: Int
  /// The rows and columns of a copy.
  let height: Int
  let width: Int
  /// 8 for blocks, 1 for planes.
  let lanes: Int
  let planes: Int
  /// Whether a copy is needed: something outside of the image is read.
  let isCopied: Bool

  /// A copy stays in the second-level cache.
  private static let greatestFloats = 48 << 10

  /// Whether the rows that one output row needs are few enough to be copied: padding and dilation of a few bytes in a file
  /// may ask for any amount.
  static func fits(_ window: SlidingWindow, planes: Int) -> Bool {
    let rows = Double(window.kernelHeight - 1) * Double(window.dilationHeight) + 1
    let columns =
      Double(window.outputWidth - 1) * Double(window.strideWidth)
      + Double(window.kernelWidth - 1) * Double(window.dilationWidth) + 1
    return rows * columns * Double(planes) * 8 <= Double(1 << 26)
  }

  init(_ window: SlidingWindow, lanes: Int, planes: Int) {
    self.lanes = lanes
    self.planes = planes
    let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
    let span =
      (window.outputWidth - 1) * window.strideWidth + (window.kernelWidth - 1)
      * window.dilationWidth + 1
    let lastRow = (window.outputHeight - 1) * window.strideHeight + reach
    isCopied =
      window.top > 0 || window.left > 0 || span > window.inputWidth || lastRow > window.inputHeight
    width = isCopied ? span : window.inputWidth
    let perRow = max(1, width * lanes * planes)
    let fitting = (Self.greatestFloats / perRow - reach) / window.strideHeight + 1
    rows = max(1, min(window.outputHeight, fitting))
    height = (rows - 1) * window.strideHeight + reach
  }

  var floats: Int { isCopied ? planes * height * width * lanes : 0 }

  /// Where the taps of a window lie from its first one, plane after plane.
  func offsets(of window: SlidingWindow, planes count: Int) -> [Int] {
    let planeStride =
      isCopied ? height * width * lanes : window.inputPixels * lanes
    return (0..<count).flatMap { plane in
      (0..<window.kernelHeight).flatMap { r in
        (0..<window.kernelWidth).map { s in
          plane * planeStride
            + (r * window.dilationHeight * width + s * window.dilationWidth) * lanes
        }
      }
    }
  }
}

extension DirectStrip {
  /// Copies the rows that some output rows need, with zeros around the image.
  func copy(
    _ source: UnsafePointer<Float>, of window: SlidingWindow, planes: Int, firstRow: Int,
    endRow: Int, to copy: UnsafeMutablePointer<Float>
  ) {
    let top = firstRow * window.strideHeight - window.top
    let rows =
      (endRow - firstRow - 1) * window.strideHeight + (window.kernelHeight - 1)
      * window.dilationHeight + 1
    let left = window.left * lanes
    let width = self.width * lanes
    let inside = min(window.inputWidth * lanes, width - left)
    for plane in 0..<planes {
      let from = source + plane * window.inputPixels * lanes
      var to = copy + plane * height * width
      for row in top..<top + rows {
        if row < 0 || row >= window.inputHeight || inside <= 0 {
          to.update(repeating: 0, count: width)
        } else {
          if left > 0 { to.update(repeating: 0, count: left) }
          (to + left).update(from: from + row * window.inputWidth * lanes, count: inside)
          let right = width - left - inside
          if right > 0 { (to + left + inside).update(repeating: 0, count: right) }
        }
        to += width
      }
    }
  }
}
