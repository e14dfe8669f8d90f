import CPithKernels
import PithKernels
import PithTensor
import Testing

@Suite struct BlockedWindowTests {
  /// A window in both forms, with random values under it.
  private struct Case: CustomStringConvertible {
    var window: SlidingWindow
    var sliding: pith_sliding_window
    var planes: [Float]
    var outputPlane: Int { window.outputHeight * window.outputWidth }
    var description: String { "\(window)" }

    /// A random window; `nil` when its kernel does not fit.
    init?(
      kernels: ClosedRange<Int>, strides: ClosedRange<Int>, dilations: ClosedRange<Int>,
      pads: Bool = true, _ random: inout SeededRandom
    ) {
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let (height, width) = (pick(1...9), pick(1...30))
      // Square kernels that have paths of their own are as likely as all others together.
      let own = [2, 3, 3, 5].filter(kernels.contains)
      let kernel = pick(0...1) == 0 ? own[pick(0...own.count - 1)] : nil
      var window = SlidingWindow(
        inputHeight: height, inputWidth: width, outputHeight: 0, outputWidth: 0,
        kernelHeight: kernel ?? pick(kernels), kernelWidth: kernel ?? pick(kernels))
      (window.strideHeight, window.strideWidth) = (pick(strides), pick(strides))
      if kernel == nil {
        (window.dilationHeight, window.dilationWidth) = (pick(dilations), pick(dilations))
      }
      if pads {
        let reach = (window.kernelHeight - 1, window.kernelWidth - 1)
        (window.top, window.left) = (pick(0...reach.0), pick(0...reach.1))
        (window.bottom, window.right) = (pick(0...reach.0), pick(0...reach.1))
      }
      let isCeiling = pick(0...1) == 1
      func size(_ input: Int, _ before: Int, _ after: Int, _ reach: Int, _ stride: Int) -> Int? {
        let room = input + before + after - reach
        guard room >= 0 else { return nil }
        let places = (isCeiling ? room + stride - 1 : room) / stride + 1
        return (places - 1) * stride >= input + before ? places - 1 : places
      }
      guard
        let outputHeight = size(
          height, window.top, window.bottom, (window.kernelHeight - 1) * window.dilationHeight + 1,
          window.strideHeight),
        let outputWidth = size(
          width, window.left, window.right, (window.kernelWidth - 1) * window.dilationWidth + 1,
          window.strideWidth), outputHeight > 0, outputWidth > 0
      else { return nil }
      (window.outputHeight, window.outputWidth) = (outputHeight, outputWidth)
      self.init(window, &random)
      // Every fourth image has values that are not finite.
      if pick(0...3) == 0 {
        for value in [Float.nan, .infinity, -.infinity] {
          planes[pick(0...planes.count - 1)] = value
        }
      }
    }

    /// One row of pixels.
    init(
      width: Int, taps: Int, stride: Int, left: Int, right: Int, _ random: inout SeededRandom
    ) {
      var window = SlidingWindow(
        inputHeight: 1, inputWidth: width, outputHeight: 1,
        outputWidth: (width + left + right - taps) / stride + 1, kernelHeight: 1,
        kernelWidth: taps)
      (window.strideWidth, window.left, window.right) = (stride, left, right)
      self.init(window, &random)
    }

    private init(_ window: SlidingWindow, _ random: inout SeededRandom) {
      self.window = window
      sliding = pith_sliding_window(
        height: window.inputHeight, width: window.inputWidth, kernel_height: window.kernelHeight,
        kernel_width: window.kernelWidth, stride_y: window.strideHeight,
        stride_x: window.strideWidth, dilation_y: window.dilationHeight,
        dilation_x: window.dilationWidth, top: window.top, left: window.left,
        bottom: window.bottom, right: window.right, output_height: window.outputHeight,
        output_width: window.outputWidth)
      planes = (0..<8 * window.inputHeight * window.inputWidth).map { _ in
        2 * random.uniform() - 1
      }
    }

    /// Calls `compute` for stretches of rows that make up the whole output.
    func forEachStretch(_ random: inout SeededRandom, _ compute: (Int, Int) -> Void) {
      var row = 0
      while row < window.outputHeight {
        let end = Int.random(in: row + 1...window.outputHeight, using: &random)
        compute(row, end)
        row = end
      }
    }
  }

  private static func agree(_ found: Float, _ expected: Float) -> Bool {
    if expected.isNaN { return found.isNaN }
    if expected.isInfinite { return found == expected }
    return abs(found - expected) <= 2e-6 + 1e-6 * abs(expected)
  }

  private static func compare(
    _ found: GuardedMemory<Float>, _ expected: [Float], _ message: @autoclosure () -> String
  ) {
    let wrong = zip(found.elements, expected).enumerated().first { !agree($1.0, $1.1) }
    if let wrong {
      Issue.record(
        "\(message()): \(wrong.element.0), not \(wrong.element.1), in pixel \(wrong.offset / 8)")
    }
  }

  @Test(arguments: BlockedKernelSet.available) func depthwiseMatchesTheReference(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 71)
    var cases = 0
    while cases < 2_500 {
      guard let sample = Case(kernels: 1...7, strides: 1...3, dilations: 1...3, &random) else {
        continue
      }
      cases += 1
      let window = sample.window
      let taps = window.kernelHeight * window.kernelWidth
      let weights = (0..<8 * taps).map { _ in 2 * random.uniform() - 1 }
      let bias = (0..<8).map { _ in random.uniform() }
      let residual = (0..<8 * sample.outputPlane).map { _ in random.uniform() }
      let choice = Int.random(in: 0...3, using: &random)
      let (hasBias, hasResidual) = (choice & 1 != 0, choice & 2 != 0)
      let (low, high): (Float, Float) = choice == 0 ? (-.infinity, .infinity) : (-0.5, 1.5)
      let sums = referenceRun(
        .convolution(window, channels: 8, outputs: 8, groups: 8, bias: true), [sample.planes],
        parameters: [weights, hasBias ? bias : [Float](repeating: 0, count: 8)],
        count: 8 * sample.outputPlane)
      let expected = blocked(sums).enumerated().map { index, sum in
        let value = hasResidual ? sum + residual[index] : sum
        return value < low ? low : value > high ? high : value
      }
      for side in GuardSide.allCases {
        let x = GuardedMemory(blocked(sample.planes), guardAt: side)
        let w = GuardedMemory(blocked(weights), guardAt: side)
        let b = GuardedMemory(bias, guardAt: side)
        let r = GuardedMemory(residual, guardAt: side)
        let y = GuardedMemory<Float>(repeating: 77, count: expected.count, guardAt: side)
        var sliding = sample.sliding
        sample.forEachStretch(&random) { first, end in
          kernels.depthwise(
            &sliding, first, end, x.base, w.base, hasBias ? UnsafePointer(b.base) : nil,
            hasResidual ? UnsafePointer(r.base) : nil, low, high, y.base)
        }
        Self.compare(y, expected, "\(kernels.testDescription) \(sample)")
      }
    }
  }

  /// Every width from one pixel to two tiles and a rest, with every padding of the kernels that have tiles of their own.
  @Test(arguments: BlockedKernelSet.available) func everyTileMeetsEveryEdge(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 79)
    for (taps, strides) in [(2, 2...2), (3, 1...2), (5, 1...2)] {
      for stride in strides {
        for left in 0..<taps {
          for right in 0..<taps {
            for width in max(1, taps - left - right)...16 * stride {
              let sample = Case(
                width: width, taps: taps, stride: stride, left: left, right: right, &random)
              let count = 8 * sample.outputPlane
              let weights = (0..<8 * taps).map { _ in 2 * random.uniform() - 1 }
              let message = "\(kernels.testDescription) \(sample)"
              let (x, w) = (GuardedMemory(blocked(sample.planes)), GuardedMemory(blocked(weights)))
              let y = GuardedMemory<Float>(repeating: 77, count: count)
              var sliding = sample.sliding
              kernels.depthwise(
                &sliding, 0, 1, x.base, w.base, nil, nil, -.infinity, .infinity, y.base)
              let sums = referenceRun(
                .convolution(sample.window, channels: 8, outputs: 8, groups: 8, bias: false),
                [sample.planes], parameters: [weights], count: count)
              Self.compare(y, blocked(sums), message)
              kernels.maxPool(&sliding, 0, 1, x.base, y.base)
              let greatest = referenceRun(
                .maxPool(sample.window, channels: 8), [sample.planes], count: count)
              Self.compare(y, blocked(greatest), "max \(message)")
              kernels.averagePool(&sliding, 0, 1, x.base, 0, y.base)
              let mean = referenceRun(
                .averagePool(sample.window, channels: 8, includePadding: false), [sample.planes],
                count: count)
              Self.compare(y, blocked(mean), "average \(message)")
            }
          }
        }
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func poolsMatchTheReference(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 72)
    var cases = 0
    while cases < 2_500 {
      guard let sample = Case(kernels: 1...7, strides: 1...3, dilations: 1...3, &random) else {
        continue
      }
      cases += 1
      let count = 8 * sample.outputPlane
      let includePadding = cases % 2 == 0
      let greatest = blocked(
        referenceRun(.maxPool(sample.window, channels: 8), [sample.planes], count: count))
      let mean = blocked(
        referenceRun(
          .averagePool(sample.window, channels: 8, includePadding: includePadding),
          [sample.planes], count: count))
      for side in GuardSide.allCases {
        let x = GuardedMemory(blocked(sample.planes), guardAt: side)
        let y = GuardedMemory<Float>(repeating: 77, count: count, guardAt: side)
        var sliding = sample.sliding
        sample.forEachStretch(&random) { kernels.maxPool(&sliding, $0, $1, x.base, y.base) }
        Self.compare(y, greatest, "\(kernels.testDescription) max \(sample)")
        sample.forEachStretch(&random) {
          kernels.averagePool(&sliding, $0, $1, x.base, includePadding ? 1 : 0, y.base)
        }
        Self.compare(y, mean, "\(kernels.testDescription) average \(sample)")
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func rowsOutsideOfTheStretchAreUntouched(
    _ kernels: BlockedKernelSet
  ) {
    var window = pith_sliding_window(
      height: 5, width: 9, kernel_height: 3, kernel_width: 3, stride_y: 1, stride_x: 1,
      dilation_y: 1, dilation_x: 1, top: 1, left: 1, bottom: 1, right: 1, output_height: 5,
      output_width: 9)
    let x = [Float](repeating: 1, count: 8 * 45)
    let weights = [Float](repeating: 1, count: 8 * 9)
    var y = [Float](repeating: 77, count: 8 * 45)
    kernels.depthwise(&window, 2, 3, x, weights, nil, nil, -.infinity, .infinity, &y)
    #expect(y[..<(8 * 18)].allSatisfy { $0 == 77 } && y[(8 * 27)...].allSatisfy { $0 == 77 })
    #expect(y[8 * 18] == 6 && y[8 * 19] == 9)
  }

  @Test(arguments: BlockedKernelSet.available) func wholeImagesAreReducedToOnePixel(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 73)
    for pixels in 1...70 {
      var planes = (0..<8 * pixels).map { _ in 2 * random.uniform() - 1 }
      if pixels % 3 == 0 { planes[Int.random(in: planes.indices, using: &random)] = .nan }
      if pixels % 5 == 0 { planes[Int.random(in: planes.indices, using: &random)] = .infinity }
      for side in GuardSide.allCases {
        let x = GuardedMemory(blocked(planes), guardAt: side)
        let y = GuardedMemory<Float>(repeating: 77, count: 8, guardAt: side)
        kernels.globalAverage(pixels, x.base, y.base)
        Self.compare(
          y,
          referenceRun(.globalAveragePool(channels: 8, inner: pixels), [planes], count: 8),
          "\(kernels.testDescription) average of \(pixels)")
        kernels.globalMax(pixels, x.base, y.base)
        Self.compare(
          y, referenceRun(.globalMaxPool(channels: 8, inner: pixels), [planes], count: 8),
          "\(kernels.testDescription) max of \(pixels)")
      }
    }
  }
}
