extension ReferenceRun {
  func maxPool(_ window: SlidingWindow, channels: Int) {
    forEachWindow(window, channels: channels) { x, rows, columns, _, _ in
      var greatest = -Scalar.infinity
      for row in rows {
        for column in columns {
          let value = x[row * window.inputWidth + column]
          if value > greatest || value.isNaN { greatest = value }
        }
      }
      return greatest
    }
  }

  func averagePool(_ window: SlidingWindow, channels: Int, includePadding: Bool) {
    let (lastRow, lastColumn) = (
      window.inputHeight + window.bottom, window.inputWidth + window.right
    )
    forEachWindow(window, channels: channels) { x, rows, columns, top, left in
      var sum: Scalar = 0
      for row in rows {
        for column in columns { sum += x[row * window.inputWidth + column] }
      }
      guard includePadding else { return sum / Scalar(rows.count * columns.count) }
      // The window's part inside the image and its padding; what lies beyond never counts.
      let height = min(top + window.kernelHeight, lastRow) - top
      let width = min(left + window.kernelWidth, lastColumn) - left
      return sum / Scalar(height * width)
    }
  }

  func globalAveragePool(channels: Int, inner: Int) {
    for c in 0..<channels {
      var sum: Scalar = 0
      for i in c * inner..<(c + 1) * inner { sum += inputs[0][i] }
      output[c] = sum / Scalar(inner)
    }
  }

  /// Stores `value` of the channel, the rows and columns of it under each window, and the window's top and
  /// left, which may lie in the padding.
  private func forEachWindow(
    _ window: SlidingWindow, channels: Int,
    _ value: (UnsafePointer<Scalar>, Range<Int>, Range<Int>, Int, Int) -> Scalar
  ) {
    var target = output
    for c in 0..<channels {
      let x = inputs[0] + c * window.inputHeight * window.inputWidth
      for p in 0..<window.outputHeight {
        let top = p * window.strideHeight - window.top
        let rows = max(0, top)..<min(window.inputHeight, top + window.kernelHeight)
        for q in 0..<window.outputWidth {
          let left = q * window.strideWidth - window.left
          let columns = max(0, left)..<min(window.inputWidth, left + window.kernelWidth)
          target.pointee = value(x, rows, columns, top, left)
          target += 1
        }
      }
    }
  }
}
