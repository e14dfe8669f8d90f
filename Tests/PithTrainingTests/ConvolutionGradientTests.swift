import PithGraph
import PithKernels
import PithTensor
import PithTestSupport
import PithThreads
import PithTraining
import Testing

/// The gradient by a convolution's input is the full convolution of the output's gradient with the kernel turned by 180
/// degrees (Goodfellow, Bengio and Courville 2016, section 9.5; Dumoulin and Visin 2016, sections 4.5 and 4.6).
@Suite struct ConvolutionGradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var kernel: (Int, Int)
    var stride = 1
    var padding = 0
    var dilation = 1
    var groups = 1
    var channels = 8
    var outputs = 8

    var testDescription: String {
      "\(kernel), stride \(stride), padding \(padding), dilation \(dilation), groups \(groups)"
    }

    let height = 7
    let width = 6

    var text: String {
      """
      input x: [\(channels), \(height), \(width)]
      c = convolution outputs: \(outputs) kernel: [\(kernel.0), \(kernel.1)] stride: \(stride) \
      padding: \(padding) dilation: \(dilation) groups: \(groups) bias: false
      """
    }

    /// The sides of the output.
    var output: (height: Int, width: Int) {
      func side(_ i: Int, _ k: Int) -> Int {
        (i + 2 * padding - dilation * (k - 1) - 1) / stride + 1
      }
      return (side(height, kernel.0), side(width, kernel.1))
    }
  }

  static let cases = [
    Case(kernel: (3, 3), channels: 3, outputs: 4), Case(kernel: (2, 4)), Case(kernel: (1, 1)),
    Case(kernel: (5, 2)), Case(kernel: (3, 3), padding: 1), Case(kernel: (3, 3), stride: 2),
    Case(kernel: (3, 2), stride: 3, padding: 1), Case(kernel: (3, 3), padding: 2, dilation: 2),
    Case(kernel: (3, 3), stride: 2, padding: 1, groups: 2, channels: 4, outputs: 6),
    Case(kernel: (3, 3), padding: 1, groups: 8),
    Case(kernel: (3, 3), stride: 2, padding: 1, groups: 8),
    Case(kernel: (5, 5), padding: 2, groups: 8),
  ]

  /// The gradient as a plan computes it.
  private func found<Scalar: TrainingScalar>(
    _ test: Case, _ kernels: KernelSet?, weights: [Double], x: [Double], dy: [Double]
  ) throws -> [Scalar] {
    let plan = try TrainingPlan<Scalar>(
      Graph(text: test.text), batch: 1, inputGradients: true, kernels: kernels)
    let session = TrainingSession(plan, pool: ThreadPool(threads: 1))
    #expect(session.parameters.count == weights.count)
    for (i, weight) in weights.enumerated() { session.parameters.start[i] = Scalar(weight) }
    return try x.map { Scalar($0) }.withUnsafeBufferPointer { x in
      let address = try #require(x.baseAddress)
      let pass = TrainingPass(isTraining: true)
      session.forward([address], images: 1, pass: pass)
      for (i, gradient) in dy.enumerated() { session.resultGradient[i] = Scalar(gradient) }
      session.backward([address], images: 1, pass: pass)
      let gradient = try #require(session.inputGradient(0))
      return (0..<x.count).map { gradient[$0] }
    }
  }

  /// Full convolution: a window over `dy` with zeros between its pixels where there is a stride, and around it.
  private func expected(_ test: Case, weights: [Double], dy: [Double]) -> [Double] {
    let (kh, kw) = test.kernel
    let (p, q) = test.output
    let (groupChannels, groupOutputs) = (test.channels / test.groups, test.outputs / test.groups)
    func spread(_ k: Int, _ row: Int, _ column: Int) -> Double {
      guard row >= 0, column >= 0, row % test.stride == 0, column % test.stride == 0,
        row / test.stride < p, column / test.stride < q
      else { return 0 }
      return dy[(k * p + row / test.stride) * q + column / test.stride]
    }
    let (reachY, reachX) = ((kh - 1) * test.dilation, (kw - 1) * test.dilation)
    var dx: [Double] = []
    for c in 0..<test.channels {
      let (group, channel) = c.quotientAndRemainder(dividingBy: groupChannels)
      for i in 0..<test.height {
        for j in 0..<test.width {
          var sum = 0.0
          for k in group * groupOutputs..<(group + 1) * groupOutputs {
            for r in 0..<kh {
              for s in 0..<kw {
                let turned = ((k * groupChannels + channel) * kh + (kh - 1 - r)) * kw + kw - 1 - s
                sum +=
                  weights[turned]
                  * spread(
                    k, i + r * test.dilation - (reachY - test.padding),
                    j + s * test.dilation - (reachX - test.padding))
              }
            }
          }
          dx.append(sum)
        }
      }
    }
    return dx
  }

  @Test(arguments: cases)
  func inputGradientIsTheFullConvolutionWithTheTurnedKernel(test: Case) throws {
    let (p, q) = test.output
    let count = test.outputs * test.channels / test.groups * test.kernel.0 * test.kernel.1
    let weights = formulaNumbers("weights", count: count)
    let dy = formulaNumbers("gradient", count: test.outputs * p * q)
    let x = formulaNumbers("input", count: test.channels * test.height * test.width)
    let expected = expected(test, weights: weights, dy: dy)
    let reference: [Double] = try found(test, nil, weights: weights, x: x, dy: dy)
    #expect(zip(reference, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    for kernels in BlockedLayerTests.kernelSets {
      let fast: [Float] = try found(test, kernels, weights: weights, x: x, dy: dy)
      #expect(distance(fast, expected.map { Float($0) }) < 1e-5)
    }
  }
}
