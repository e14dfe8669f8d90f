extension ReferenceRun {
  func maxPool(_ window: SlidingWindow, channels: Int) {
    forEachWindow(window, channels: channels) { x, rows, columns in
      var greatest = -Scalar.infinity
      for row in rows where row >= 0 && row < window.inputHeight {
        for column in columns where column >= 0 && column < window.inputWidth {
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
    forEachWindow(window, channels: channels) { x, rows, columns in
      var sum: Scalar = 0
      var count = 0
      for row in rows where row < lastRow {
        for column in columns where column < lastColumn {
          if row >= 0, row < window.inputHeight, column >= 0, column < window.inputWidth {
            sum += x[row * window.inputWidth + column]
            count += 1
          } else if includePadding {
            // What lies beyond the padding never counts.
            count += 1
          }
        }
      }
      return sum / Scalar(count)
    }
  }

  func globalAveragePool(channels: Int, inner: Int) {
    for c in 0..<channels {
      var sum: Scalar = 0
      for i in c * inner..<(c + 1) * inner { sum += inputs[0][i] }
      output[c] = sum / Scalar(inner)
    }
  }

  func globalMaxPool(channels: Int, inner: Int) {
    for c in 0..<channels {
      var greatest = -Scalar.infinity
      for i in c * inner..<(c + 1) * inner {
        let value = inputs[0][i]
        if value > greatest || value.isNaN { greatest = value }
      }
      output[c] = greatest
    }
  }

  func adaptiveAveragePool(
    channels: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int
  ) {
    func range(_ index: Int, _ input: Int, _ outputs: Int) -> Range<Int> {
      index * input / outputs..<((index + 1) * input + outputs - 1) / outputs
    }
    var target = output
    for c in 0..<channels {
      let x = inputs[0] + c * inputHeight * inputWidth
      for p in 0..<outputHeight {
        let rows = range(p, inputHeight, outputHeight)
        for q in 0..<outputWidth {
          let columns = range(q, inputWidth, outputWidth)
          var sum: Scalar = 0
          for row in rows {
            for column in columns { sum += x[row * inputWidth + column] }
          }
          target.pointee = sum / Scalar(rows.count * columns.count)
          target += 1
        }
      }
    }
  }

  func mean(sizes: [Int], reduced: [Bool]) {
    let kept = zip(sizes, reduced).map { $1 ? 1 : $0 }
    let results = kept.reduce(1, *)
    let count = sizes.reduce(1, *)
    output.update(repeating: 0, count: results)
    for i in 0..<count {
      var (rest, place, step) = (i, 0, 1)
      for axis in sizes.indices.reversed() {
        let index = rest % sizes[axis]
        rest /= sizes[axis]
        if !reduced[axis] { place += index * step }
        step *= kept[axis]
      }
      output[place] += inputs[0][i]
    }
    for i in 0..<results { output[i] /= Scalar(count / results) }
  }

  /// Stores `value` of the channel and the rows and columns under each window, some of which may not exist.
  private func forEachWindow(
    _ window: SlidingWindow, channels: Int,
    _ value: (UnsafePointer<Scalar>, StrideTo<Int>, StrideTo<Int>) -> Scalar
  ) {
    let (reach, span) = (
      window.kernelHeight * window.dilationHeight, window.kernelWidth * window.dilationWidth
    )
    var target = output
    for c in 0..<channels {
      let x = inputs[0] + c * window.inputHeight * window.inputWidth
      for p in 0..<window.outputHeight {
        let top = p * window.strideHeight - window.top
        let rows = stride(from: top, to: top + reach, by: window.dilationHeight)
        for q in 0..<window.outputWidth {
          let left = q * window.strideWidth - window.left
          target.pointee = value(
            x, rows, stride(from: left, to: left + span, by: window.dilationWidth))
          target += 1
        }
      }
    }
  }
}
