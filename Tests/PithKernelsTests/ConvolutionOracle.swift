import PithKernels
import PithTensor

/// A convolution with random operands and its result in double precision, term by term from the definition.
struct ConvolutionCase {
  let window: SlidingWindow
  let channels: Int
  let outputs: Int
  let groups: Int
  let images: Int
  let input: [Float]
  let weights: [Float]
  let bias: [Float]
  let residual: [Float]

  init(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, images: Int,
    random: inout SeededRandom
  ) {
    self.window = window
    self.channels = channels
    self.outputs = outputs
    self.groups = groups
    self.images = images
    func values(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * random.uniform() - 1 } }
    input = values(images * channels * window.inputHeight * window.inputWidth)
    weights = values(outputs * channels / groups * window.kernelHeight * window.kernelWidth)
    bias = values(outputs)
    residual = values(images * outputs * window.outputHeight * window.outputWidth)
  }

  /// The sums with their biases, and the sums of the terms' magnitudes, to which rounding is proportional.
  func expected() -> (sums: [Double], magnitudes: [Double]) {
    let w = window
    let (groupChannels, groupOutputs) = (channels / groups, outputs / groups)
    var sums: [Double] = []
    var magnitudes: [Double] = []
    for image in 0..<images {
      for output in 0..<outputs {
        for p in 0..<w.outputHeight {
          for q in 0..<w.outputWidth {
            var sum = Double(bias[output])
            var magnitude = abs(sum)
            for c in 0..<groupChannels {
              for r in 0..<w.kernelHeight {
                for s in 0..<w.kernelWidth {
                  let y = p * w.strideHeight - w.top + r * w.dilationHeight
                  let x = q * w.strideWidth - w.left + s * w.dilationWidth
                  guard (0..<w.inputHeight).contains(y), (0..<w.inputWidth).contains(x) else {
                    continue
                  }
                  let plane = image * channels + output / groupOutputs * groupChannels + c
                  let tap = (output * groupChannels + c) * w.kernelHeight + r
                  let term =
                    Double(input[(plane * w.inputHeight + y) * w.inputWidth + x])
                    * Double(weights[tap * w.kernelWidth + s])
                  sum += term
                  magnitude += abs(term)
                }
              }
            }
            sums.append(sum)
            magnitudes.append(magnitude)
          }
        }
      }
    }
    return (sums, magnitudes)
  }

  /// A window of random sizes; nil when the kernel does not fit the image.
  static func window(
    _ random: inout SeededRandom, kernel: ClosedRange<Int>, stride: ClosedRange<Int>,
    dilation: ClosedRange<Int>, height: ClosedRange<Int> = 1...21
  ) -> SlidingWindow? {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    var window = SlidingWindow(
      inputHeight: pick(height), inputWidth: pick(1...37), outputHeight: 0, outputWidth: 0,
      kernelHeight: pick(kernel), kernelWidth: pick(kernel))
    (window.strideHeight, window.strideWidth) = (pick(stride), pick(stride))
    (window.dilationHeight, window.dilationWidth) = (pick(dilation), pick(dilation))
    (window.top, window.left, window.bottom, window.right) =
      (pick(0...3), pick(0...3), pick(0...3), pick(0...3))
    let rows =
      window.inputHeight + window.top + window.bottom
      - (window.kernelHeight - 1) * window.dilationHeight - 1
    let columns =
      window.inputWidth + window.left + window.right
      - (window.kernelWidth - 1) * window.dilationWidth - 1
    guard rows >= 0, columns >= 0 else { return nil }
    window.outputHeight = rows / window.strideHeight + 1
    window.outputWidth = columns / window.strideWidth + 1
    return window
  }
}
