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
