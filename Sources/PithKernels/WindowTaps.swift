/// The places under a window along one axis.
@frozen package struct WindowTaps {
  /// The first place; negative in the padding.
  @usableFromInline let start: Int
  @usableFromInline let count: Int
  @usableFromInline let step: Int

  @inlinable package init(start: Int, count: Int, step: Int) {
    self.start = start
    self.count = count
    self.step = step
  }

  /// Those from 0 up to, not including, `size`.
  @inlinable package func inside(_ size: Int) -> StrideTo<Int> {
    let outside = start < 0 ? (-start + step - 1) / step : 0
    return stride(from: start + outside * step, to: min(start + count * step, size), by: step)
  }

  /// How many lie before `end`: what is beyond the padding never counts.
  @inlinable package func count(before end: Int) -> Int {
    min(count, (end - start + step - 1) / step)
  }
}

extension SlidingWindow {
  /// The rows of the input under the window at a row of the output.
  @inlinable package func rows(at p: Int) -> WindowTaps {
    WindowTaps(start: p * strideHeight - top, count: kernelHeight, step: dilationHeight)
  }

  /// The columns of the input under the window at a column of the output.
  @inlinable package func columns(at q: Int) -> WindowTaps {
    WindowTaps(start: q * strideWidth - left, count: kernelWidth, step: dilationWidth)
  }

  /// How many of these places are in the image or its padding.
  @inlinable package func count(_ rows: WindowTaps, _ columns: WindowTaps) -> Int {
    rows.count(before: inputHeight + bottom) * columns.count(before: inputWidth + right)
  }
}
