import PithGraph
import PithTensor
import PithThreads
import PithTraining
import Testing

@Suite struct ConvolutionGradientTests {
  /// The gradient by the input is the full convolution of the output's gradient with the kernel turned by 180 degrees
  /// (Goodfellow, Bengio and Courville 2016, section 9.5): padded by `kernel - 1` all around, channels exchanged.
  @Test(arguments: [(3, 3), (2, 4), (1, 1), (5, 2)])
  func inputGradientIsTheFullConvolutionWithTheTurnedKernel(kernel: (Int, Int)) throws {
    let (inputs, outputs, height, width) = (3, 4, 7, 6)
    let (kh, kw) = kernel
    let graph = try Graph(
      text:
        "input x: [\(inputs), \(height), \(width)]\nc = convolution outputs: \(outputs) kernel: [\(kh), \(kw)] bias: false"
    )
    let plan = try TrainingPlan<Double>(graph, batch: 1, inputGradients: true)
    let session = TrainingSession(plan, pool: ThreadPool(threads: 1))
    let weights = formulaNumbers("weights", count: session.parameters.count)
    for (i, weight) in weights.enumerated() { session.parameters.start[i] = weight }
    let (p, q) = (height - kh + 1, width - kw + 1)
    let dy = formulaNumbers("gradient", count: outputs * p * q)
    let x = formulaNumbers("input", count: inputs * height * width)
    let pass = TrainingPass(isTraining: true)
    let dx = try x.withUnsafeBufferPointer { x -> [Double] in
      let address = try #require(x.baseAddress)
      session.forward([address], images: 1, pass: pass)
      for (i, gradient) in dy.enumerated() { session.resultGradient[i] = gradient }
      session.backward([address], images: 1, pass: pass)
      let gradient = try #require(session.inputGradient(0))
      return (0..<x.count).map { gradient[$0] }
    }
    // Full convolution: a window over `dy` with zeros around it.
    func padded(_ k: Int, _ row: Int, _ column: Int) -> Double {
      guard row >= 0, row < p, column >= 0, column < q else { return 0 }
      return dy[(k * p + row) * q + column]
    }
    for c in 0..<inputs {
      for i in 0..<height {
        for j in 0..<width {
          var sum = 0.0
          for k in 0..<outputs {
            for r in 0..<kh {
              for s in 0..<kw {
                let turned = ((k * inputs + c) * kh + (kh - 1 - r)) * kw + (kw - 1 - s)
                sum += weights[turned] * padded(k, i + r - (kh - 1), j + s - (kw - 1))
              }
            }
          }
          #expect(abs(sum - dx[(c * height + i) * width + j]) < 1e-12)
        }
      }
    }
  }
}
