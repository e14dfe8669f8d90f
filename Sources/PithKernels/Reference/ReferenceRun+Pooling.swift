extension ReferenceRun {
  func maxPool(_ window: SlidingWindow, channels: Int) {
    forEachWindow(window, channels: channels) { x, rows, columns, _ in
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
    forEachWindow(window, channels: channels) { x, rows, columns, padded in
      var sum: Scalar = 0
      var count = 0
      for row in rows {
        for column in columns {
          sum += x[row * window.inputWidth + column]
          count += 1
        }
      }
      return sum / Scalar(includePadding ? padded : count)
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
    let count = sizes.reduce(1, *)
    let results = sizes.indices.reduce(1) { $0 * (reduced[$1] ? 1 : sizes[$1]) }
    output.update(repeating: 0, count: results)
    for i in 0..<count {
      var (rest, place, step) = (i, 0, 1)
      for axis in sizes.indices.reversed() {
        let index = rest % sizes[axis]
        rest /= sizes[axis]
        guard !reduced[axis] else { continue }
        place += index * step
        step *= sizes[axis]
      }
      output[place] += inputs[0][i]
    }
    for i in 0..<results { output[i] /= Scalar(count / results) }
  }

  /// Stores `value` of the channel, the rows and columns of the image under each window, and the number of the
  /// window's positions in the image and its padding.
  ///
  /// Only the image is visited: a kernel may be far larger.
  private func forEachWindow(
    _ window: SlidingWindow, channels: Int,
    _ value: (UnsafePointer<Scalar>, StrideTo<Int>, StrideTo<Int>, Int) -> Scalar
  ) {
    var target = output
    for c in 0..<channels {
      let x = inputs[0] + c * window.inputPixels
      for p in 0..<window.outputHeight {
        let rows = window.rows(at: p)
        for q in 0..<window.outputWidth {
          let columns = window.columns(at: q)
          target.pointee = value(
            x, rows.inside(window.inputHeight), columns.inside(window.inputWidth),
            window.count(rows, columns))
          target += 1
        }
      }
    }
  }
}
