package import PithTensor

/// What a layer computes. Each case's type states its shape rule and source.
public enum Operation: Sendable, Hashable {
  case convolution(Convolution)
  case batchNorm(BatchNorm)
  case localResponseNorm(LocalResponseNorm)
  case fullyConnected(FullyConnected)
  case matrixMultiply
  case maxPool(MaxPool)
  case averagePool(AveragePool)
  case globalMaxPool
  case globalAveragePool
  case adaptiveAveragePool(AdaptiveAveragePool)
  case mean(Mean)
  case relu
  case clip(Clip)
  case leakyReLU(LeakyReLU)
  case prelu(PReLU)
  case elu(ELU)
  case sigmoid
  case hardSigmoid(HardSigmoid)
  case hardSwish
  case silu
  case gelu(GELU)
  case erf
  case tanh
  case softmax(Softmax)
  case logSoftmax(LogSoftmax)
  case add
  case subtract
  case multiply
  case divide
  case concat(Concat)
  case flatten
  case reshape(Reshape)
  case transpose(Transpose)
  case pad(Pad)
  case slice(Slice)
  case dropout(Dropout)
  case identity
  case constant(Constant)

  /// The shape of the output for given shapes of the inputs, all without the batch.
  ///
  /// - Throws: ``PithError`` with the code `shapeMismatch` or `invalidGraph`; the caller adds the layer.
  package func outputShape(_ inputs: [Shape]) throws -> Shape {
    guard inputCount.contains(inputs.count) else {
      throw PithError(
        .invalidGraph, "\(name) takes \(inputCountText) but is given \(inputs.count)")
    }
    return switch self {
    case .convolution(let convolution): try convolution.outputShape(inputs[0])
    case .batchNorm(let norm): try norm.outputShape(inputs[0])
    case .localResponseNorm(let norm): try norm.outputShape(inputs[0])
    case .fullyConnected(let layer): try layer.outputShape(inputs[0])
    case .matrixMultiply: try MatrixMultiply.outputShape(inputs[0], inputs[1])
    case .maxPool(let pool): try pool.window.outputShape(inputs[0])
    case .averagePool(let pool): try pool.window.outputShape(inputs[0])
    case .globalMaxPool, .globalAveragePool: try globalPoolShape(inputs[0])
    case .adaptiveAveragePool(let pool): try pool.outputShape(inputs[0])
    case .mean(let mean): try mean.outputShape(inputs[0])
    case .clip(let clip): try clip.outputShape(inputs[0])
    case .leakyReLU(let layer): try layer.outputShape(inputs[0])
    case .prelu(let layer): try layer.outputShape(inputs[0])
    case .elu(let layer): try layer.outputShape(inputs[0])
    case .hardSigmoid(let layer): try layer.outputShape(inputs[0])
    case .dropout(let dropout): try dropout.outputShape(inputs[0])
    case .relu, .sigmoid, .hardSwish, .silu, .gelu, .erf, .tanh, .identity: inputs[0]
    case .softmax(let softmax): try softmax.outputShape(inputs[0])
    case .logSoftmax(let softmax): try softmax.outputShape(inputs[0])
    case .add, .subtract, .multiply, .divide: try Broadcast.shape(inputs[0], inputs[1])
    case .concat(let concat): try concat.outputShape(inputs)
    case .flatten: try Shape(checking: [inputs[0].count])
    case .reshape(let reshape): try reshape.outputShape(inputs[0])
    case .transpose(let transpose): try transpose.outputShape(inputs[0])
    case .pad(let pad): try pad.outputShape(inputs[0])
    case .slice(let slice): try slice.outputShape(inputs[0])
    case .constant(let constant): try Shape(checking: constant.shape)
    }
  }

  /// The tensors that the layer needs for given shapes of the inputs, which ``outputShape(_:)`` has accepted.
  package func parameters(_ inputs: [Shape]) throws -> [Parameter] {
    switch self {
    case .convolution(let convolution): try convolution.parameters(inputs[0])
    case .batchNorm: try BatchNorm.parameters(inputs[0])
    case .fullyConnected(let layer): try layer.parameters(inputs[0])
    case .prelu(let layer):
      [Parameter("weight", try Shape(checking: [layer.isShared ? 1 : inputs[0][0]]))]
    case .constant(let constant): [Parameter("value", try Shape(checking: constant.shape))]
    case .localResponseNorm, .matrixMultiply, .maxPool, .averagePool, .globalMaxPool,
      .globalAveragePool, .adaptiveAveragePool, .mean, .relu, .clip, .leakyReLU, .elu, .sigmoid,
      .hardSigmoid, .hardSwish, .silu, .gelu, .erf, .tanh, .softmax, .logSoftmax, .add, .subtract,
      .multiply, .divide, .concat, .flatten, .reshape, .transpose, .pad, .slice, .dropout,
      .identity:
      []
    }
  }

  /// The multiplications with an addition for one image: those of convolutions, fully connected layers and
  /// products of matrices, the count that papers give; other layers count none.
  package func multiplyAdds(_ inputs: [Shape], output: Shape) throws -> Int {
    switch self {
    case .convolution(let layer):
      try output.count.checkedMultiplying(
        Shape(checking: [inputs[0][0] / layer.groups, layer.kernel.height, layer.kernel.width])
          .count, "the number of multiplications")
    case .fullyConnected(let layer):
      try inputs[0].count.checkedMultiplying(layer.outputs, "the number of multiplications")
    case .matrixMultiply:
      try output.count.checkedMultiplying(
        inputs[0].dimensions.last ?? 0, "the number of multiplications")
    case .batchNorm, .localResponseNorm, .maxPool, .averagePool, .globalMaxPool,
      .globalAveragePool, .adaptiveAveragePool, .mean, .relu, .clip, .leakyReLU, .prelu, .elu,
      .sigmoid, .hardSigmoid, .hardSwish, .silu, .gelu, .erf, .tanh, .softmax, .logSoftmax, .add,
      .subtract, .multiply, .divide, .concat, .flatten, .reshape, .transpose, .pad, .slice,
      .dropout, .identity, .constant:
      0
    }
  }

  /// How many inputs the operation takes.
  package var inputCount: ClosedRange<Int> {
    switch self {
    case .constant: 0...0
    case .add, .subtract, .multiply, .divide, .matrixMultiply: 2...2
    case .concat: 1...Int.max
    case .convolution, .batchNorm, .localResponseNorm, .fullyConnected, .maxPool, .averagePool,
      .globalMaxPool, .globalAveragePool, .adaptiveAveragePool, .mean, .relu, .clip, .leakyReLU,
      .prelu, .elu, .sigmoid, .hardSigmoid, .hardSwish, .silu, .gelu, .erf, .tanh, .softmax,
      .logSoftmax, .flatten, .reshape, .transpose, .pad, .slice, .dropout, .identity:
      1...1
    }
  }

  private var inputCountText: String {
    switch inputCount {
    case 0...0: "no input"
    case 1...1: "one input"
    case 2...2: "two inputs"
    default: "one input or more"
    }
  }
}

/// Global pooling: the mean (Lin, Chen and Yan 2013, section 3.2) or the greatest value over height and width
/// of each channel, `[c, h, w] -> [c, 1, 1]`.
private func globalPoolShape(_ input: Shape) throws -> Shape {
  let input = try ImageShape(input)
  return try Shape(checking: [input.channels, 1, 1])
}
