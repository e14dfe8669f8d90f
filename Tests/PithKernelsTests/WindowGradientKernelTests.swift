import CPithKernels
import Foundation
import PithKernels
import PithTensor
import Testing

/// The kernels of derivatives and of windows in training next to memory that nothing may touch, against double precision.
@Suite struct WindowGradientKernelTests {
  static let sets = GradientKernelTests.sets

  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in Float(Double(random.next() >> 11) * 0x1p-52 - 1) }
  }

  private func isNear(_ left: Float, _ right: Double) -> Bool {
    abs(Double(left) - right) <= 1e-5 * max(1, abs(right))
  }

  struct Window: Sendable, CustomTestStringConvertible {
    var size: (Int, Int)
    var kernel: (Int, Int)
    var stride = 1
    var dilation = 1
    var padding = 0

    var testDescription: String {
      "\(size), kernel \(kernel), stride \(stride), dilation \(dilation), padding \(padding)"
    }

    var window: pith_sliding_window {
      func side(_ i: Int, _ k: Int) -> Int {
        (i + 2 * padding - dilation * (k - 1) - 1) / stride + 1
      }
      return pith_sliding_window(
        height: size.0, width: size.1, kernel_height: kernel.0, kernel_width: kernel.1,
        stride_y: stride, stride_x: stride, dilation_y: dilation, dilation_x: dilation,
        top: padding, left: padding, bottom: padding, right: padding,
        output_height: side(size.0, kernel.0), output_width: side(size.1, kernel.1))
    }

    /// Calls with each output, tap and place of the input that meet.
    func forEachMeeting(_ body: (_ output: Int, _ tap: Int, _ input: Int) -> Void) {
      let window = window
      for p in 0..<window.output_height {
        for q in 0..<window.output_width {
          for r in 0..<kernel.0 {
            for s in 0..<kernel.1 {
              let row = p * stride - padding + r * dilation
              let column = q * stride - padding + s * dilation
              guard 0..<size.0 ~= row, 0..<size.1 ~= column else { continue }
              body(p * window.output_width + q, r * kernel.1 + s, row * size.1 + column)
            }
          }
        }
      }
    }
  }

  static let windows = [
    Window(size: (1, 1), kernel: (3, 3), padding: 1),
    Window(size: (4, 5), kernel: (3, 3), padding: 1),
    Window(size: (7, 9), kernel: (3, 3)),
    Window(size: (9, 8), kernel: (3, 3), stride: 2, padding: 1),
    Window(size: (2, 2), kernel: (5, 5), padding: 2),
    Window(size: (8, 11), kernel: (5, 5), padding: 2),
    Window(size: (12, 7), kernel: (5, 5), stride: 2, padding: 2),
    Window(size: (6, 6), kernel: (2, 2), stride: 2),
    Window(size: (7, 5), kernel: (4, 1), stride: 3),
    Window(size: (9, 10), kernel: (3, 3), dilation: 2, padding: 2),
  ]

  @Test(arguments: sets.map(\.instructionSet), windows)
  func depthwiseGradientsAreTheSumsOverMeetings(
    instructionSet: InstructionSet, test: Window
  ) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    var window = test.window
    let (pixels, outputs) = (
      test.size.0 * test.size.1, window.output_height * window.output_width
    )
    let taps = test.kernel.0 * test.kernel.1
    for side in GuardSide.allCases {
      let x = GuardedMemory(numbers(pixels * 8, seed: 1), guardAt: side)
      let dy = GuardedMemory(numbers(outputs * 8, seed: 2), guardAt: side)
      let weights = GuardedMemory(numbers(taps * 8, seed: 3), guardAt: side)
      let sums = GuardedMemory(numbers(taps * 8, seed: 4), guardAt: side)
      let dx = GuardedMemory(numbers(pixels * 8, seed: 5), guardAt: side)
      var expectedSums = sums.elements.map { Double($0) }
      var expected = dx.elements.map { Double($0) }
      kernels.depthwiseWeightGradient(&window, x.base, dy.base, sums.base)
      kernels.depthwiseInputGradient(&window, dy.base, weights.base, dx.base)
      test.forEachMeeting { output, tap, input in
        for lane in 0..<8 {
          let gradient = Double(dy.base[output * 8 + lane])
          expectedSums[tap * 8 + lane] += gradient * Double(x.base[input * 8 + lane])
          expected[input * 8 + lane] += gradient * Double(weights.base[tap * 8 + lane])
        }
      }
      #expect(zip(sums.elements, expectedSums).allSatisfy(isNear))
      #expect(zip(dx.elements, expected).allSatisfy(isNear))
    }
  }

  @Test(arguments: sets.map(\.instructionSet), windows)
  func poolsSpreadTheirGradients(instructionSet: InstructionSet, test: Window) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    var window = test.window
    let (pixels, outputs) = (
      test.size.0 * test.size.1, window.output_height * window.output_width
    )
    var inside = [Int](repeating: 0, count: outputs)
    test.forEachMeeting { output, _, _ in inside[output] += 1 }
    for side in GuardSide.allCases {
      // Few values, so that some are equal.
      let x = GuardedMemory(numbers(pixels * 8, seed: 6).map { ($0 * 3).rounded() }, guardAt: side)
      let dy = GuardedMemory(numbers(outputs * 8, seed: 7), guardAt: side)
      var winners = [Int](repeating: -1, count: outputs * 8)
      test.forEachMeeting { output, _, input in
        for lane in 0..<8 {
          let winner = winners[output * 8 + lane]
          if winner < 0 || x.base[input * 8 + lane] > x.base[winner] {
            winners[output * 8 + lane] = input * 8 + lane
          }
        }
      }
      let start = numbers(pixels * 8, seed: 8)
      let greatest = GuardedMemory(start, guardAt: side)
      var expected = start.map { Double($0) }
      for (output, winner) in winners.enumerated() { expected[winner] += Double(dy.base[output]) }
      kernels.maxPoolGradient(&window, x.base, dy.base, greatest.base)
      #expect(zip(greatest.elements, expected).allSatisfy(isNear))
      for includesPadding in [false, true] {
        let mean = GuardedMemory(start, guardAt: side)
        var expected = start.map { Double($0) }
        test.forEachMeeting { output, _, input in
          let count = includesPadding ? test.kernel.0 * test.kernel.1 : inside[output]
          for lane in 0..<8 {
            expected[input * 8 + lane] += Double(dy.base[output * 8 + lane]) / Double(count)
          }
        }
        kernels.averagePoolGradient(&window, includesPadding ? 1 : 0, dy.base, mean.base)
        #expect(zip(mean.elements, expected).allSatisfy(isNear))
      }
    }
  }

  @Test(arguments: sets.map(\.instructionSet), [(4, 6), (5, 7), (6, 5), (2, 2)])
  func tiledMaxPoolsMayReplaceTheirInputs(
    instructionSet: InstructionSet, size: (Int, Int)
  ) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    var window = Window(size: size, kernel: (2, 2), stride: 2).window
    let outputs = window.output_height * window.output_width
    for side in GuardSide.allCases {
      let x = GuardedMemory(numbers(size.0 * size.1 * 8, seed: 9), guardAt: side)
      let dy = GuardedMemory(numbers(outputs * 8, seed: 10), guardAt: side)
      let expected = GuardedMemory<Float>(repeating: 0, count: x.count, guardAt: side)
      kernels.maxPoolGradient(&window, x.base, dy.base, expected.base)
      kernels.maxPoolTileGradient(&window, x.base, dy.base, x.base)
      #expect(x.elements == expected.elements)
    }
  }

  @Test(arguments: sets.map(\.instructionSet))
  func derivativesAreAddedWhereAsked(instructionSet: InstructionSet) throws {
    let kernels = try #require(Self.sets.first { $0.instructionSet == instructionSet })
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    let cases: [(pith_derivative, Float, (Double) -> Double)] = [
      (pith_leaky_relu_derivative, 0.25, { $0 > 0 ? 1 : 0.25 }),
      (pith_elu_derivative, 0.5, { $0 > 0 ? 1 : 0.5 * exp($0) }),
      (pith_sigmoid_derivative, 0, { $0 * (1 - $0) }),
      (pith_hard_sigmoid_derivative, 0.25, { $0 > 0 && $0 < 1 ? 0.25 : 0 }),
      (pith_hard_swish_derivative, 0, { $0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 / 3 + 0.5 }),
      (pith_silu_derivative, 0, { sigmoid($0) * (1 + $0 * (1 - sigmoid($0))) }),
      (pith_tanh_derivative, 0, { 1 - $0 * $0 }),
    ]
    for (kind, parameter, derivative) in cases {
      for count in [1, 7, 8, 9, 24] {
        for side in GuardSide.allCases {
          let values = numbers(count, seed: 11).map { $0 * 5 }
          let x = GuardedMemory(values, guardAt: side)
          let dy = GuardedMemory(numbers(count, seed: 12), guardAt: side)
          let dx = GuardedMemory<Float>(repeating: 2, count: count, guardAt: side)
          let expected = zip(values, dy.elements).map { derivative(Double($0)) * Double($1) }
          kernels.mapGradient(kind, count, x.base, parameter, dy.base, dx.base, dx.base)
          #expect(zip(dx.elements, expected).allSatisfy { isNear($0, $1 + 2) })
          kernels.mapGradient(kind, count, x.base, parameter, dy.base, nil, x.base)
          #expect(zip(x.elements, expected).allSatisfy(isNear))
        }
      }
    }
  }
}
