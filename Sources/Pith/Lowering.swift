package import PithGraph
package import PithKernels
import PithTensor

extension ResolvedGraph.ResolvedLayer {
  /// The layer with its sizes worked out, as kernels know it; ``KernelOperation/copy(count:)`` when its sizes leave
  /// nothing to compute.
  package var kernelOperation: KernelOperation {
    keepsValues ? .copy(count: outputShape.count) : generalOperation
  }

  /// Whether the output has the values of the first input in the same order, whatever they are.
  private var keepsValues: Bool {
    guard let input = inputShapes.first else { return false }
    return switch layer.operation {
    case .adaptiveAveragePool, .pad, .slice: input == outputShape
    case .globalAveragePool, .globalMaxPool, .mean: input.count == outputShape.count
    case .transpose(let transpose): transpose.order.filter { input[$0] > 1 }.isAscending
    case .concat: inputShapes.count == 1
    default: false
    }
  }

  private var generalOperation: KernelOperation {
    let input = inputShapes.first ?? outputShape
    func map(_ function: KernelOperation.Function) -> KernelOperation {
      .map(function, count: input.count)
    }
    return switch layer.operation {
    case .convolution(let layer):
      .convolution(
        SlidingWindow(layer, input, outputShape), channels: input[0], outputs: layer.outputs,
        groups: layer.groups, bias: layer.bias)
    case .batchNorm(let norm):
      .batchNorm(channels: input[0], inner: input.count / input[0], epsilon: norm.epsilon)
    case .localResponseNorm(let norm):
      .localResponseNorm(
        channels: input[0], inner: input.count / input[0], size: norm.size, alpha: norm.alpha,
        beta: norm.beta, offset: norm.offset)
    case .matrixMultiply:
      .matrixMultiply(
        broadcast(dropping: 2), m: input[input.rank - 2], k: input[input.rank - 1],
        n: outputShape[outputShape.rank - 1])
    case .fullyConnected(let layer):
      .fullyConnected(inputs: input.count, outputs: layer.outputs, bias: layer.bias)
    case .maxPool(let pool):
      .maxPool(SlidingWindow(pool.window, input, outputShape), channels: input[0])
    case .averagePool(let pool):
      .averagePool(
        SlidingWindow(pool.window, input, outputShape), channels: input[0],
        includePadding: pool.includePadding)
    case .globalAveragePool:
      .globalAveragePool(channels: input[0], inner: input.count / input[0])
    case .globalMaxPool:
      .globalMaxPool(channels: input[0], inner: input.count / input[0])
    case .adaptiveAveragePool(let pool):
      .adaptiveAveragePool(
        channels: input[0], inputHeight: input[1], inputWidth: input[2],
        outputHeight: pool.size.height, outputWidth: pool.size.width)
    case .mean(let mean):
      .mean(
        sizes: input.dimensions,
        reduced: input.dimensions.indices.map { mean.axes.contains($0 + 1) })
    case .prelu(let layer):
      .prelu(channels: input[0], inner: input.count / input[0], isShared: layer.isShared)
    case .relu: map(.clip(minimum: 0, maximum: .infinity))
    case .clip(let clip): map(.clip(minimum: clip.minimum, maximum: clip.maximum))
    case .leakyReLU(let layer): map(.leakyReLU(slope: layer.slope))
    case .elu(let layer): map(.elu(alpha: layer.alpha))
    case .sigmoid: map(.sigmoid)
    case .hardSigmoid(let layer): map(.hardSigmoid(slope: layer.slope, offset: layer.offset))
    case .hardSwish: map(.hardSwish)
    case .silu: map(.silu)
    case .gelu(let layer): map(layer.approximate ? .approximateGELU : .gelu)
    case .erf: map(.erf)
    case .tanh: map(.tanh)
    case .softmax(let softmax):
      .softmax(
        outer: input.dimensions[..<(softmax.axis - 1)].reduce(1, *), axis: input[softmax.axis - 1],
        inner: input.dimensions[softmax.axis...].reduce(1, *))
    case .logSoftmax(let softmax):
      .logSoftmax(
        outer: input.dimensions[..<(softmax.axis - 1)].reduce(1, *), axis: input[softmax.axis - 1],
        inner: input.dimensions[softmax.axis...].reduce(1, *))
    case .add: .combine(.add, broadcast())
    case .subtract: .combine(.subtract, broadcast())
    case .multiply: .combine(.multiply, broadcast())
    case .divide: .combine(.divide, broadcast())
    case .concat(let concat):
      .concat(
        outer: outputShape.dimensions[..<(concat.axis - 1)].reduce(1, *),
        inner: inputShapes.map { $0.dimensions[(concat.axis - 1)...].reduce(1, *) })
    case .pad(let pad):
      .rearrange(
        KernelOperation.Rearrangement(
          outputSizes: outputShape.dimensions, inputSizes: input.dimensions,
          starts: pad.before.map { -$0 }, steps: [Int](repeating: 1, count: input.rank)),
        fill: pad.value)
    case .slice(let slice):
      .rearrange(
        KernelOperation.Rearrangement(
          outputSizes: outputShape.dimensions, inputSizes: input.dimensions,
          starts: slice.starts, steps: slice.steps),
        fill: 0)
    case .transpose(let transpose):
      .transpose(sizes: input.dimensions, order: transpose.order)
    case .flatten, .reshape, .dropout, .identity, .constant: .copy(count: outputShape.count)
    }
  }

  /// Both inputs aligned with the output at the last dimension but `innermost`; a size of 1 repeats.
  private func broadcast(dropping innermost: Int = 0) -> KernelOperation.Broadcast {
    let sizes = Array(outputShape.dimensions.dropLast(innermost))
    func strides(_ shape: Shape) -> [Int] {
      let shape = shape.dimensions.dropLast(innermost)
      var strides = [Int](repeating: 0, count: sizes.count)
      var stride = 1
      for axis in shape.indices.reversed() {
        if shape[axis] > 1 { strides[axis + sizes.count - shape.count] = stride }
        stride *= shape[axis]
      }
      return strides
    }
    return KernelOperation.Broadcast(
      sizes: sizes, leftStrides: strides(inputShapes[0]),
      rightStrides: strides(inputShapes[1]))
  }
}

extension [Int] {
  fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}

extension SlidingWindow {
  fileprivate init(_ layer: Convolution, _ input: Shape, _ output: Shape) {
    self.init(input, output, kernel: layer.kernel, stride: layer.stride, padding: layer.padding)
    dilationHeight = layer.dilation.height
    dilationWidth = layer.dilation.width
  }

  fileprivate init(_ window: Window, _ input: Shape, _ output: Shape) {
    self.init(input, output, kernel: window.kernel, stride: window.stride, padding: window.padding)
    dilationHeight = window.dilation.height
    dilationWidth = window.dilation.width
  }

  private init(
    _ input: Shape, _ output: Shape, kernel: Extent, stride: Extent, padding: Padding
  ) {
    self.init(
      inputHeight: input[1], inputWidth: input[2], outputHeight: output[1], outputWidth: output[2],
      kernelHeight: kernel.height, kernelWidth: kernel.width)
    strideHeight = stride.height
    strideWidth = stride.width
    top = padding.top
    left = padding.left
    bottom = padding.bottom
    right = padding.right
  }
}
