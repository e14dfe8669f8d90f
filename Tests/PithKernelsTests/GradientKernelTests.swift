import CPithKernels
import PithKernels
import PithTensor
import Testing

/// The kernels of training next to memory that nothing may touch, against sums in double precision.
@Suite struct GradientKernelTests {
  static let sets = GradientKernelSet.all.filter { $0.instructionSet.isAvailable }

  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in Float(Double(random.next() >> 11) * 0x1p-52 - 1) }
  }

  private func isNear(_ left: Float, _ right: Double) -> Bool {
    abs(Double(left) - right) <= 1e-5 * max(1, abs(right))
  }

  @Test(arguments: sets.map(\.instructionSet), [1, 2])
  func weightGradientIsTheSumOverPixels(instructionSet: InstructionSet, blocks: Int) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    for (rows, columns, taps) in [(1, 1, 1), (2, 3, 2), (3, 5, 3), (4, 7, 4), (5, 2, 9)] {
      for side in GuardSide.allCases {
        let width = columns + 2
        let x = GuardedMemory(numbers((rows + 2) * width * 8, seed: 1), guardAt: side)
        let dy = GuardedMemory(numbers(blocks * rows * columns * 8, seed: 2), guardAt: side)
        let start = numbers(taps * 64 * blocks, seed: 3)
        let sums = GuardedMemory(start, guardAt: side)
        let offsets = (0..<taps).map { ($0 / 3 * width + $0 % 3) * 8 }
        offsets.withUnsafeBufferPointer { offsets in
          var pixels = pith_gradient_pixels(
            rows: rows, columns: columns, dy_block_stride: rows * columns * 8,
            dy_row_stride: columns * 8, x_row_stride: width * 8, x_pixel_stride: 8,
            taps: offsets.baseAddress, tap_count: taps)
          kernels.weightGradient(blocks, &pixels, x.base, dy.base, sums.base)
        }
        for index in 0..<sums.count {
          let (tap, c) = (index / (64 * blocks), index / (8 * blocks) % 8)
          let (block, k) = (index / 8 % blocks, index % 8)
          var sum = Double(start[index])
          for p in 0..<rows {
            for q in 0..<columns {
              let gradient = dy.base[((block * rows + p) * columns + q) * 8 + k]
              sum += Double(gradient) * Double(x.base[offsets[tap] + (p * width + q) * 8 + c])
            }
          }
          #expect(isNear(sums.base[index], sum))
        }
      }
    }
  }

  @Test(arguments: sets.map(\.instructionSet))
  func normalizationSumsAndGradientsAreTheFormulas(instructionSet: InstructionSet) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    let (scale, shift, mean) = (numbers(8, seed: 4), numbers(8, seed: 5), numbers(8, seed: 6))
    let formula = (numbers(8, seed: 7), numbers(8, seed: 8), numbers(8, seed: 9))
    for pixels in [1, 3, 4, 5, 8, 21] {
      for side in GuardSide.allCases {
        let x = GuardedMemory(numbers(pixels * 8, seed: 10), guardAt: side)
        let dy = GuardedMemory(numbers(pixels * 8, seed: 11), guardAt: side)
        let dx = GuardedMemory(numbers(pixels * 8, seed: 12), guardAt: side)
        let before = dx.elements
        let moments = GuardedMemory<Float>(repeating: 77, count: 16, guardAt: side)
        let sums = GuardedMemory<Float>(repeating: 77, count: 16, guardAt: side)
        kernels.moments(pixels, x.base, moments.base, moments.base + 8)
        scale.withUnsafeBufferPointer { scale in
          shift.withUnsafeBufferPointer { shift in
            mean.withUnsafeBufferPointer { mean in
              formula.0.withUnsafeBufferPointer { factor in
                formula.1.withUnsafeBufferPointer { slope in
                  formula.2.withUnsafeBufferPointer { offset in
                    var norm = pith_normalization(
                      scale: scale.baseAddress, shift: shift.baseAddress, mean: mean.baseAddress,
                      low: 0, high: 0.5)
                    var gradient = pith_normalization_gradient(
                      factor: factor.baseAddress, slope: slope.baseAddress,
                      offset: offset.baseAddress)
                    kernels.normalizationSums(pixels, &norm, x.base, dy.base, sums.base)
                    kernels.normalizationGradient(
                      pixels, &norm, &gradient, x.base, dy.base, dx.base, dx.base)
                  }
                }
              }
            }
          }
        }
        for lane in 0..<8 {
          let values = (0..<pixels).map { Double(x.base[$0 * 8 + lane]) }
          let middle = values.reduce(0, +) / Double(pixels)
          #expect(isNear(moments.base[lane], middle))
          let squares = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
          #expect(isNear(moments.base[8 + lane], squares))
          var (plain, centred) = (0.0, 0.0)
          for p in 0..<pixels {
            let y = values[p] * Double(scale[lane]) + Double(shift[lane])
            let gradient = y > 0 && y < 0.5 ? Double(dy.base[p * 8 + lane]) : 0
            plain += gradient
            centred += gradient * (values[p] - Double(mean[lane]))
            let expected =
              gradient * Double(formula.0[lane]) + values[p] * Double(formula.1[lane])
              + Double(formula.2[lane]) + Double(before[p * 8 + lane])
            #expect(isNear(dx.base[p * 8 + lane], expected))
          }
          #expect(isNear(sums.base[lane], plain))
          #expect(isNear(sums.base[8 + lane], centred))
        }
      }
    }
  }

  @Test(arguments: sets.map(\.instructionSet))
  func clipGradientStopsWhereTheValueIsCutOff(instructionSet: InstructionSet) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    for count in [1, 7, 8, 9, 40] {
      for side in GuardSide.allCases {
        var values = numbers(count, seed: 13).map { min(max($0, -0.5), 0.5) }
        values[count / 2] = .nan
        let y = GuardedMemory(values, guardAt: side)
        let dy = GuardedMemory(numbers(count, seed: 14), guardAt: side)
        let dx = GuardedMemory<Float>(repeating: 2, count: count, guardAt: side)
        kernels.clipGradient(count, y.base, -0.5, 0.5, dy.base, dx.base, dx.base)
        let expected = zip(values, dy.elements).map { abs($0) < 0.5 ? 2 + $1 : 2 }
        #expect(dx.elements == expected)
        kernels.clipGradient(count, y.base, -0.5, 0.5, dy.base, nil, dx.base)
        #expect(dx.elements == zip(values, dy.elements).map { abs($0) < 0.5 ? $1 : 0 })
      }
    }
  }
}
