import PithKernels
import PithTensor

/// A convolution with random operands and its result in double precision, term by term from the definition.
struct ConvolutionCase {
  let geometry: ConvolutionGeometry
  let images: Int
  let input: [Float]
  let weights: [Float]
  let bias: [Float]
  let residual: [Float]

  init(_ geometry: ConvolutionGeometry, images: Int, random: inout SeededRandom) {
    self.geometry = geometry
    self.images = images
    func values(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * random.uniform() - 1 } }
    input = values(images * geometry.inputChannels * geometry.inputPlane)
    weights = values(geometry.weightCount)
    bias = values(geometry.outputChannels)
    residual = values(images * geometry.outputChannels * geometry.outputPlane)
  }

  var outputCount: Int { images * geometry.outputChannels * geometry.outputPlane }

  /// The sums with their biases, and the sums of the terms' magnitudes, to which rounding is proportional.
  func expected() -> (sums: [Double], magnitudes: [Double]) {
    let g = geometry
    var sums: [Double] = []
    var magnitudes: [Double] = []
    for image in 0..<images {
      for output in 0..<g.outputChannels {
        let firstChannel = output / g.outputsPerGroup * g.channelsPerGroup
        for p in 0..<g.outputHeight {
          for q in 0..<g.outputWidth {
            var sum = Double(bias[output])
            var magnitude = abs(sum)
            for c in 0..<g.channelsPerGroup {
              for r in 0..<g.kernel.height {
                for s in 0..<g.kernel.width {
                  let y = p * g.stride.height - g.padding.top + r * g.dilation.height
                  let x = q * g.stride.width - g.padding.left + s * g.dilation.width
                  guard (0..<g.inputHeight).contains(y), (0..<g.inputWidth).contains(x) else {
                    continue
                  }
                  let plane = image * g.inputChannels + firstChannel + c
                  let tap = ((output * g.channelsPerGroup + c) * g.kernel.height + r)
                  let term =
                    Double(input[(plane * g.inputHeight + y) * g.inputWidth + x])
                    * Double(weights[tap * g.kernel.width + s])
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

  /// A random geometry of at most a few hundred thousand multiply-adds.
  static func random(_ random: inout SeededRandom) -> ConvolutionCase {
    while true {
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let groups = [1, 1, 1, 2, 3, 4, 8][pick(0...6)]
      let isDepthwise = pick(0...3) == 0
      let channels = isDepthwise ? groups : groups * pick(1...12)
      let outputs = groups * pick(1...(isDepthwise ? 2 : 11))
      let geometry = try? ConvolutionGeometry(
        inputChannels: channels, outputChannels: outputs, inputHeight: pick(1...21),
        inputWidth: pick(1...37), kernel: .init(pick(1...5), pick(1...5)),
        stride: .init(pick(1...3), pick(1...3)),
        padding: .init(
          top: pick(0...3), left: pick(0...3), bottom: pick(0...3), right: pick(0...3)),
        dilation: .init(pick(1...2), pick(1...3)), groups: groups)
      guard let geometry, geometry.multiplyAdds < 300_000 else { continue }
      return ConvolutionCase(geometry, images: pick(1...3), random: &random)
    }
  }
}
