import CPithKernels
import PithKernels
import PithTensor
import Testing

@Suite struct GEMMTests {
  static let kernels = KernelTable.gemm.filter { $0.instructionSet.isAvailable }

  /// One product with its operands packed at guard pages and C in the midst of a larger matrix.
  private struct Product {
    let rows: Int
    let columns: Int
    let depth: Int
    let a: [Float]
    let b: [Float]

    init(rows: Int, columns: Int, depth: Int, random: inout SeededRandom) {
      self.rows = rows
      self.columns = columns
      self.depth = depth
      a = (0..<rows * depth).map { _ in random.uniform() - 0.5 }
      b = (0..<depth * columns).map { _ in random.uniform() - 0.5 }
    }

    func packedA(_ tileRows: Int) -> [Float] {
      var packed = [Float](
        repeating: 0, count: (rows + tileRows - 1) / tileRows * tileRows * depth)
      for row in 0..<rows {
        for k in 0..<depth {
          packed[row / tileRows * tileRows * depth + k * tileRows + row % tileRows] =
            a[row * depth + k]
        }
      }
      return packed
    }

    func packedB(_ tileColumns: Int) -> [Float] {
      var packed = [Float](repeating: 0, count: depth * tileColumns)
      for k in 0..<depth {
        for j in 0..<columns { packed[k * tileColumns + j] = b[k * columns + j] }
      }
      return packed
    }

    func sum(_ row: Int, _ column: Int) -> Double {
      (0..<depth).reduce(0) {
        $0 + Double(a[row * depth + $1]) * Double(b[$1 * columns + column])
      }
    }
  }

  @Test(arguments: kernels.indices) func everyTailMatchesDoublePrecisionInsideGuardPages(
    index: Int
  ) {
    let kernel = Self.kernels[index]
    var random = SeededRandom(seed: 5)
    for rows in 1...(2 * kernel.tile.rows + 1) {
      for columns in 1...kernel.tile.columns {
        for depth in [1, 2, 3, 8, 37] {
          let product = Product(rows: rows, columns: columns, depth: depth, random: &random)
          // The last row ends at the guard page; the gap between rows must survive.
          let stride = columns + 3
          let marker: Float = 12345
          let c = GuardedMemory<Float>(
            repeating: marker, count: (rows - 1) * stride + columns)
          let a = GuardedMemory(product.packedA(kernel.tile.rows))
          let b = GuardedMemory(product.packedB(kernel.tile.columns))
          var epilogue = pith_gemm_epilogue(
            row_bias: nil, column_bias: nil, residual: nil, low: -.infinity, high: .infinity,
            accumulate: false)
          kernel.function(rows, columns, depth, a.base, b.base, c.base, stride, &epilogue)
          let values = c.elements
          for offset in values.indices {
            let (row, column) = (offset / stride, offset % stride)
            let expected = column < columns ? product.sum(row, column) : Double(marker)
            #expect(
              abs(Double(values[offset]) - expected) <= 1e-6 + 1e-6 * abs(expected),
              "\(kernel.name) \(rows)x\(columns)x\(depth) at \(row), \(column)")
          }
        }
      }
    }
  }

  @Test(arguments: kernels.indices) func theWriteBackAddsBiasesResidualAndClamps(index: Int) {
    let kernel = Self.kernels[index]
    var random = SeededRandom(seed: 6)
    for rows in [1, kernel.tile.rows, kernel.tile.rows + 1] {
      for columns in [1, kernel.tile.columns - 1, kernel.tile.columns] {
        let product = Product(rows: rows, columns: columns, depth: 9, random: &random)
        let rowBias = GuardedMemory((0..<rows).map { _ in random.uniform() })
        let columnBias = GuardedMemory((0..<columns).map { _ in random.uniform() })
        let residual = GuardedMemory((0..<rows * columns).map { _ in random.uniform() - 0.5 })
        let before = (0..<rows * columns).map { _ in random.uniform() }
        let a = GuardedMemory(product.packedA(kernel.tile.rows))
        let b = GuardedMemory(product.packedB(kernel.tile.columns))
        for choice in 0..<16 {
          let accumulate = choice & 8 != 0
          var epilogue = pith_gemm_epilogue(
            row_bias: choice & 1 != 0 ? UnsafePointer(rowBias.base) : nil,
            column_bias: choice & 2 != 0 ? UnsafePointer(columnBias.base) : nil,
            residual: choice & 4 != 0 ? UnsafePointer(residual.base) : nil,
            low: 0.1, high: 0.7, accumulate: accumulate)
          let c = GuardedMemory(before)
          kernel.function(rows, columns, 9, a.base, b.base, c.base, columns, &epilogue)
          for row in 0..<rows {
            for column in 0..<columns {
              var expected = product.sum(row, column)
              if accumulate {
                expected += Double(before[row * columns + column])
              } else {
                if choice & 1 != 0 { expected += Double(rowBias.base[row]) }
                if choice & 2 != 0 { expected += Double(columnBias.base[column]) }
              }
              if choice & 4 != 0 { expected += Double(residual.base[row * columns + column]) }
              expected = min(max(expected, Double(Float(0.1))), Double(Float(0.7)))
              #expect(
                abs(Double(c.base[row * columns + column]) - expected) <= 2e-6,
                "\(kernel.name) \(rows)x\(columns) choice \(choice)")
            }
          }
        }
      }
    }
  }

  @Test(arguments: kernels.indices) func notANumberSurvivesTheClamp(index: Int) {
    let kernel = Self.kernels[index]
    for columns in [1, kernel.tile.columns] {
      let rows = kernel.tile.rows
      let a = [Float](repeating: .nan, count: rows)
      let b = [Float](repeating: 1, count: kernel.tile.columns)
      var c = [Float](repeating: 0, count: rows * columns)
      var epilogue = pith_gemm_epilogue(
        row_bias: nil, column_bias: nil, residual: nil, low: 0, high: 6, accumulate: false)
      kernel.function(rows, columns, 1, a, b, &c, columns, &epilogue)
      #expect(c.allSatisfy { $0.isNaN }, "\(kernel.name)")
    }
  }
}
