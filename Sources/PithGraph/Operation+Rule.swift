import PithTensor

/// Everything about an operation but what it computes.
struct OperationRule {
  let name: String
  /// Those that are not at their default.
  let attributes: [Attribute]
  /// The minor version of the format that brought it.
  let minorVersion: UInt16
  let inputCount: ClosedRange<Int>
  /// The shape of the output; is given as many inputs as ``inputCount`` allows.
  let outputShape: ([Shape]) throws -> Shape
  let parameters: ([Shape]) throws -> [Parameter]
  /// How many products each value of the output is the sum of, where papers count them.
  let terms: ([Shape]) throws -> Int?

  /// - Parameter shape: by default the output has the shape of the input.
  init(
    _ name: String, _ attributes: [Attribute] = [], since minorVersion: UInt16 = 0,
    inputs: ClosedRange<Int> = 1...1,
    shape: @escaping ([Shape]) throws -> Shape = { $0[0] },
    parameters: @escaping ([Shape]) throws -> [Parameter] = { _ in [] },
    terms: @escaping ([Shape]) throws -> Int? = { _ in nil }
  ) {
    self.name = name
    self.attributes = attributes
    self.minorVersion = minorVersion
    inputCount = inputs
    outputShape = shape
    self.parameters = parameters
    self.terms = terms
  }
}

extension Operation {
  /// One row for each operation, in the order of the specification.
  var rule: OperationRule {
    switch self {
    case .convolution(let layer):
      OperationRule(
        "convolution", layer.attributes, shape: { try layer.outputShape($0[0]) },
        parameters: { try layer.parameters($0[0]) }, terms: { try layer.terms($0[0]) })
    case .batchNorm(let layer):
      OperationRule(
        "batch_norm", layer.attributes, shape: { try layer.outputShape($0[0]) },
        parameters: { try BatchNorm.parameters($0[0]) })
    case .localResponseNorm(let layer):
      OperationRule("local_response_norm", layer.attributes, since: 1) {
        try layer.outputShape($0[0])
      }
    case .fullyConnected(let layer):
      OperationRule(
        "fully_connected", layer.attributes, shape: { try layer.outputShape($0[0]) },
        parameters: { try layer.parameters($0[0]) }, terms: { $0[0].count })
    case .matrixMultiply:
      OperationRule(
        "matrix_multiply", since: 1, inputs: 2...2,
        shape: { try MatrixMultiply.outputShape($0[0], $0[1]) }, terms: { $0[0].dimensions.last })
    case .maxPool(let pool):
      OperationRule("max_pool", pool.window.attributes, since: pool.window.minorVersion) {
        try pool.window.outputShape($0[0])
      }
    case .averagePool(let pool):
      OperationRule("average_pool", pool.attributes, since: pool.window.minorVersion) {
        try pool.window.outputShape($0[0])
      }
    case .globalMaxPool:
      OperationRule("global_max_pool", since: 1) { try globalPoolShape($0[0]) }
    case .globalAveragePool:
      OperationRule("global_average_pool") { try globalPoolShape($0[0]) }
    case .adaptiveAveragePool(let pool):
      OperationRule("adaptive_average_pool", pool.attributes, since: 1) {
        try pool.outputShape($0[0])
      }
    case .mean(let mean):
      OperationRule("mean", mean.attributes, since: 1) { try mean.outputShape($0[0]) }
    case .relu: OperationRule("relu")
    case .clip(let clip):
      OperationRule("clip", clip.attributes) { try clip.outputShape($0[0]) }
    case .leakyReLU(let layer):
      OperationRule("leaky_relu", layer.attributes) { try layer.outputShape($0[0]) }
    case .prelu(let layer):
      OperationRule(
        "prelu", layer.attributes, since: 1, shape: { try layer.outputShape($0[0]) },
        parameters: { try layer.parameters($0[0]) })
    case .elu(let layer):
      OperationRule("elu", layer.attributes, since: 1) { try layer.outputShape($0[0]) }
    case .sigmoid: OperationRule("sigmoid")
    case .hardSigmoid(let layer):
      OperationRule("hard_sigmoid", layer.attributes, since: 1) { try layer.outputShape($0[0]) }
    case .hardSwish: OperationRule("hard_swish", since: 1)
    case .silu: OperationRule("silu", since: 1)
    case .gelu(let layer): OperationRule("gelu", layer.attributes, since: 1)
    case .erf: OperationRule("erf", since: 1)
    case .tanh: OperationRule("tanh")
    case .softmax(let softmax):
      OperationRule("softmax", axis(softmax.axis)) { try softmax.outputShape($0[0]) }
    case .logSoftmax(let softmax):
      OperationRule("log_softmax", axis(softmax.axis), since: 1) { try softmax.outputShape($0[0]) }
    case .add: .broadcasting("add")
    case .subtract: .broadcasting("subtract", since: 1)
    case .multiply: .broadcasting("multiply")
    case .divide: .broadcasting("divide", since: 1)
    case .concat(let concat):
      OperationRule("concat", axis(concat.axis), inputs: 1...Int.max, shape: concat.outputShape)
    case .flatten: OperationRule("flatten") { try Shape(checking: [$0[0].count]) }
    case .reshape(let reshape):
      OperationRule("reshape", reshape.attributes) { try reshape.outputShape($0[0]) }
    case .transpose(let transpose):
      OperationRule("transpose", transpose.attributes, since: 1) {
        try transpose.outputShape($0[0])
      }
    case .pad(let pad): OperationRule("pad", pad.attributes) { try pad.outputShape($0[0]) }
    case .slice(let slice):
      OperationRule("slice", slice.attributes) { try slice.outputShape($0[0]) }
    case .dropout(let dropout):
      OperationRule("dropout", dropout.attributes) { try dropout.outputShape($0[0]) }
    case .identity: OperationRule("identity")
    case .constant(let constant):
      OperationRule(
        "constant", constant.attributes, inputs: 0...0,
        shape: { _ in try Shape(checking: constant.shape) },
        parameters: { _ in [Parameter("value", try Shape(checking: constant.shape))] })
    }
  }
}

extension OperationRule {
  /// A function of two inputs, one of which may repeat.
  fileprivate static func broadcasting(_ name: String, since minorVersion: UInt16 = 0) -> Self {
    Self(name, since: minorVersion, inputs: 2...2) { try Broadcast.shape($0[0], $0[1]) }
  }
}
