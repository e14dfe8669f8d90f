import Glibc

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
  /// Whether a copy is needed: something outside of the image is read, or only some of its pixels.
  let isCopied: Bool
  /// Whether the copy has just the pixels that a window of one tap meets: output pixels then read one run.
  let isSampled: Bool

  /// A copy stays in the second-level cache: in a part of it or, where that means to read more weights than it holds once
  /// for each strip, in half of it.
  private static let usualFloats = 48 << 10
  private static let greatestFloats =
    max(usualFloats, sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)) / 2 / MemoryLayout<Float>.stride)

  /// Whether the rows that one output row needs are few enough to be copied: padding and dilation of a few bytes in a file
  /// may ask for any amount.
  static func fits(_ window: SlidingWindow, planes: Int) -> Bool {
    let rows = Double(window.kernelHeight - 1) * Double(window.dilationHeight) + 1
    let columns =
      Double(window.outputWidth - 1) * Double(window.strideWidth)
      + Double(window.kernelWidth - 1) * Double(window.dilationWidth) + 1
    return rows * columns * Double(planes) * 8 <= Double(1 << 26)
  }

  /// - Parameters:
  ///   - weights: the floats that are read for each strip.
  ///   - maySample: whether a copy may leave out what no tap meets.
  init(_ window: SlidingWindow, lanes: Int, planes: Int, weights: Int = 0, maySample: Bool = false)
  {
    self.lanes = lanes
    self.planes = planes
    let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
    let span =
      (window.outputWidth - 1) * window.strideWidth + (window.kernelWidth - 1)
      * window.dilationWidth + 1
    let lastRow = (window.outputHeight - 1) * window.strideHeight + reach
    let isPadded =
      window.top > 0 || window.left > 0 || span > window.inputWidth || lastRow > window.inputHeight
    isSampled =
      maySample && !isPadded && reach == 1 && window.kernelWidth == 1
      && (window.strideHeight > 1 || window.strideWidth > 1)
    isCopied = isPadded || isSampled
    width = isSampled ? window.outputWidth : isCopied ? span : window.inputWidth
    let perRow = max(1, width * lanes * planes)
    let greatest = max(Self.usualFloats, min(weights, Self.greatestFloats))
    let step = isSampled ? 1 : window.strideHeight
    let fitting = (greatest / perRow - reach) / step + 1
    rows = max(1, min(window.outputHeight, fitting))
    height = (rows - 1) * step + reach
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
    if isSampled {
      return sample(source, of: window, planes: planes, rows: firstRow..<endRow, to: copy)
    }
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

  private func sample(
    _ source: UnsafePointer<Float>, of window: SlidingWindow, planes: Int, rows: Range<Int>,
    to copy: UnsafeMutablePointer<Float>
  ) {
    for plane in 0..<planes {
      let from = source + plane * window.inputPixels * 8
      let to = copy + plane * height * width * 8
      for (index, row) in rows.enumerated() {
        let first = from + row * window.strideHeight * window.inputWidth * 8
        for column in 0..<width {
          (to + (index * width + column) * 8).update(
            from: first + column * window.strideWidth * 8, count: 8)
        }
      }
    }
  }
}
