import Pith

/// What `pith ops` says about an operation.
struct OperationDocumentation {
  /// One line for people.
  let summary: String
  /// The attributes with their defaults; nil: needed.
  let attributes: [(name: String, defaultValue: String?)]

  init(_ summary: String, _ attributes: [(name: String, defaultValue: String?)] = []) {
    self.summary = summary
    self.attributes = attributes
  }
}

extension Operation {
  var documentation: OperationDocumentation {
    func says(
      _ summary: String, _ attributes: (name: String, defaultValue: String?)...
    ) -> OperationDocumentation {
      OperationDocumentation(summary, attributes)
    }
    return switch self {
    case .convolution:
      says(
        "slides kernels over an image", ("outputs", nil), ("kernel", nil), ("stride", "1"),
        ("padding", "0"), ("dilation", "1"), ("groups", "1"), ("bias", "true"))
    case .batchNorm:
      says(
        "normalises each channel with statistics of the training",
        ("epsilon", "\(BatchNorm().epsilon)"), ("momentum", "\(BatchNorm().momentum)"))
    case .localResponseNorm:
      says(
        "normalises over neighbouring channels", ("size", nil),
        ("alpha", "\(LocalResponseNorm.defaults.alpha)"),
        ("beta", "\(LocalResponseNorm.defaults.beta)"),
        ("offset", "\(LocalResponseNorm.defaults.offset)"))
    case .fullyConnected: says("W x + b", ("outputs", nil), ("bias", "true"))
    case .matrixMultiply: says("the product of matrices")
    case .maxPool: OperationDocumentation("the greatest value of each window", windowAttributes)
    case .averagePool:
      OperationDocumentation(
        "the mean of each window", windowAttributes + [("include_padding", "true")])
    case .globalMaxPool: says("the greatest value of each channel")
    case .globalAveragePool: says("the mean of each channel")
    case .adaptiveAveragePool:
      says("the mean of as many windows as the output has", ("size", nil))
    case .mean: says("the mean over some axes", ("axes", nil), ("keep", "true"))
    case .relu: says("max(x, 0)")
    case .clip:
      says(
        "x, held between a minimum and a maximum; ReLU6 is 0 to 6", ("minimum", "-inf"),
        ("maximum", "inf"))
    case .leakyReLU: says("x, or slope * x when negative", ("slope", "\(LeakyReLU().slope)"))
    case .prelu: says("x, or a learned slope * x when negative", ("shared", "false"))
    case .elu: says("x, or alpha * (exp(x) - 1) when negative", ("alpha", "\(ELU().alpha)"))
    case .sigmoid: says("1 / (1 + exp(-x))")
    case .hardSigmoid:
      says(
        "slope * x + offset, held between 0 and 1", ("slope", "\(HardSigmoid().slope)"),
        ("offset", "\(HardSigmoid().offset)"))
    case .hardSwish: says("x * hard_sigmoid(x)")
    case .silu: says("x * sigmoid(x)")
    case .gelu: says("x * (1 + erf(x / sqrt(2))) / 2", ("approximate", "false"))
    case .erf: says("the error function")
    case .tanh: says("(exp(x) - exp(-x)) / (exp(x) + exp(-x))")
    case .softmax: says("exp(x) / sum(exp(x))", ("axis", "1"))
    case .logSoftmax: says("x - log(sum(exp(x)))", ("axis", "1"))
    case .add: says("the sum of two inputs; a size of 1 repeats")
    case .subtract: says("the difference of two inputs; a size of 1 repeats")
    case .multiply: says("the product of two inputs; a size of 1 repeats")
    case .divide: says("the quotient of two inputs; a size of 1 repeats")
    case .concat: says("inputs one after the other", ("axis", "1"))
    case .flatten: says("one dimension")
    case .reshape: says("the same values in another shape", ("shape", nil))
    case .transpose: says("the dimensions in another order", ("order", nil))
    case .pad: says("a border of one value", ("before", nil), ("after", nil), ("value", "0"))
    case .slice:
      says("every step-th value from start to end", ("starts", nil), ("ends", nil), ("steps", nil))
    case .dropout:
      says("nothing; drops values in training", ("rate", "\(Dropout().rate)"))
    case .identity: says("nothing")
    case .constant: says("a tensor of the model", ("shape", nil))
    }
  }
}

private let windowAttributes: [(name: String, defaultValue: String?)] = [
  ("kernel", nil), ("stride", "kernel"), ("padding", "0"), ("dilation", "1"), ("ceil", "false"),
]
