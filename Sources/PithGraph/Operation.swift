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

  /// The name of the operation in files and in text.
  public var name: String { rule.name }

  /// The shape of the output for given shapes of the inputs, all without the batch.
  ///
  /// - Throws: ``PithError`` with the code `shapeMismatch` or `invalidGraph`; the caller adds the layer.
  package func outputShape(_ inputs: [Shape]) throws -> Shape {
    let rule = rule
    guard rule.inputCount.contains(inputs.count) else {
      throw PithError(
        .invalidGraph, "\(rule.name) takes \(inputCountText) but is given \(inputs.count)")
    }
    return try rule.outputShape(inputs)
  }

  /// The tensors that the layer needs for given shapes of the inputs, which ``outputShape(_:)`` has accepted.
  package func parameters(_ inputs: [Shape]) throws -> [Parameter] { try rule.parameters(inputs) }

  /// The multiplications with an addition for one image: those of convolutions, fully connected layers and
  /// products of matrices, the count that papers give; other layers count none.
  package func multiplyAdds(_ inputs: [Shape], output: Shape) throws -> Int {
    guard let terms = try rule.terms(inputs) else { return 0 }
    return try output.count.checkedMultiplying(terms, "the number of multiplications")
  }

  /// How many inputs the operation takes.
  package var inputCount: ClosedRange<Int> { rule.inputCount }

  /// The minor version of the format that gave the operation and its attributes their meaning.
  package var minorVersion: UInt16 { rule.minorVersion }

  /// What is not at its default, in a fixed order: `init(name:attributes:)` gives the operation back.
  package var attributes: [Attribute] { rule.attributes }

  private var inputCountText: String {
    switch inputCount {
    case 0...0: "no input"
    case 1...1: "one input"
    case 2...2: "two inputs"
    default: "one input or more"
    }
  }
}

extension Operation {
  /// One of every operation, in the order of `pith ops`, with the least attributes it needs.
  package static let examples: [Operation] = [
    .convolution(Convolution(outputs: 1, kernel: Extent(3))),
    .batchNorm(BatchNorm()),
    .localResponseNorm(LocalResponseNorm(size: 5)),
    .fullyConnected(FullyConnected(outputs: 1)),
    .matrixMultiply,
    .maxPool(MaxPool(Window(kernel: Extent(2)))),
    .averagePool(AveragePool(Window(kernel: Extent(2)))),
    .globalMaxPool,
    .globalAveragePool,
    .adaptiveAveragePool(AdaptiveAveragePool(Extent(1))),
    .mean(Mean(axes: [2, 3])),
    .relu,
    .clip(.relu6),
    .leakyReLU(LeakyReLU()),
    .prelu(PReLU()),
    .elu(ELU()),
    .sigmoid,
    .hardSigmoid(HardSigmoid()),
    .hardSwish,
    .silu,
    .gelu(GELU()),
    .erf,
    .tanh,
    .softmax(Softmax()),
    .logSoftmax(LogSoftmax()),
    .add,
    .subtract,
    .multiply,
    .divide,
    .concat(Concat()),
    .flatten,
    .reshape(Reshape([-1])),
    .transpose(Transpose(order: [0, 2, 1])),
    .pad(Pad(before: [0, 1, 1], after: [0, 1, 1])),
    .slice(Slice(starts: [0, 0, 0], ends: [1, 2, 2], steps: [1, 2, 2])),
    .dropout(Dropout()),
    .identity,
    .constant(Constant(shape: [1])),
  ]
}
