import PithTensor

extension Operation {
  /// The name of the operation in files and in text.
  public var name: String {
    switch self {
    case .convolution: "convolution"
    case .batchNorm: "batch_norm"
    case .localResponseNorm: "local_response_norm"
    case .fullyConnected: "fully_connected"
    case .matrixMultiply: "matrix_multiply"
    case .maxPool: "max_pool"
    case .averagePool: "average_pool"
    case .globalMaxPool: "global_max_pool"
    case .globalAveragePool: "global_average_pool"
    case .adaptiveAveragePool: "adaptive_average_pool"
    case .mean: "mean"
    case .relu: "relu"
    case .clip: "clip"
    case .leakyReLU: "leaky_relu"
    case .prelu: "prelu"
    case .elu: "elu"
    case .sigmoid: "sigmoid"
    case .hardSigmoid: "hard_sigmoid"
    case .hardSwish: "hard_swish"
    case .silu: "silu"
    case .gelu: "gelu"
    case .erf: "erf"
    case .tanh: "tanh"
    case .softmax: "softmax"
    case .logSoftmax: "log_softmax"
    case .add: "add"
    case .subtract: "subtract"
    case .multiply: "multiply"
    case .divide: "divide"
    case .concat: "concat"
    case .flatten: "flatten"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .pad: "pad"
    case .slice: "slice"
    case .dropout: "dropout"
    case .identity: "identity"
    case .constant: "constant"
    }
  }

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

  /// What is not at its default, in a fixed order: `init(name:attributes:)` gives the operation back.
  package var attributes: [Attribute] {
    switch self {
    case .convolution(let layer):
      [Attribute("outputs", .integer(layer.outputs)), Attribute("kernel", layer.kernel.attribute)]
        + unless(layer.stride == Extent(1), "stride", layer.stride.attribute)
        + unless(layer.padding == Padding(0), "padding", layer.padding.attribute)
        + unless(layer.dilation == Extent(1), "dilation", layer.dilation.attribute)
        + unless(layer.groups == 1, "groups", .integer(layer.groups))
        + unless(layer.bias, "bias", .flag(false))
    case .batchNorm(let layer):
      unless(layer.epsilon == BatchNorm().epsilon, "epsilon", .real(layer.epsilon))
        + unless(layer.momentum == BatchNorm().momentum, "momentum", .real(layer.momentum))
    case .localResponseNorm(let layer):
      [Attribute("size", .integer(layer.size))]
        + unless(layer.alpha == LocalResponseNorm.defaults.alpha, "alpha", .real(layer.alpha))
        + unless(layer.beta == LocalResponseNorm.defaults.beta, "beta", .real(layer.beta))
        + unless(layer.offset == LocalResponseNorm.defaults.offset, "offset", .real(layer.offset))
    case .fullyConnected(let layer):
      [Attribute("outputs", .integer(layer.outputs))] + unless(layer.bias, "bias", .flag(false))
    case .maxPool(let pool): pool.window.attributes
    case .averagePool(let pool):
      pool.window.attributes + unless(pool.includePadding, "include_padding", .flag(false))
    case .adaptiveAveragePool(let pool): [Attribute("size", pool.size.attribute)]
    case .mean(let mean):
      [Attribute("axes", .integers(mean.axes))] + unless(mean.keep, "keep", .flag(false))
    case .clip(let clip):
      unless(clip.minimum == -.infinity, "minimum", .real(clip.minimum))
        + unless(clip.maximum == .infinity, "maximum", .real(clip.maximum))
    case .leakyReLU(let layer):
      unless(layer.slope == LeakyReLU().slope, "slope", .real(layer.slope))
    case .prelu(let layer): unless(!layer.isShared, "shared", .flag(true))
    case .elu(let layer): unless(layer.alpha == ELU().alpha, "alpha", .real(layer.alpha))
    case .hardSigmoid(let layer):
      unless(layer.slope == HardSigmoid().slope, "slope", .real(layer.slope))
        + unless(layer.offset == HardSigmoid().offset, "offset", .real(layer.offset))
    case .gelu(let layer): unless(!layer.approximate, "approximate", .flag(true))
    case .logSoftmax(let softmax): unless(softmax.axis == 1, "axis", .integer(softmax.axis))
    case .softmax(let softmax): unless(softmax.axis == 1, "axis", .integer(softmax.axis))
    case .concat(let concat): unless(concat.axis == 1, "axis", .integer(concat.axis))
    case .reshape(let reshape): [Attribute("shape", .integers(reshape.dimensions))]
    case .transpose(let transpose): [Attribute("order", .integers(transpose.order))]
    case .pad(let pad):
      [Attribute("before", .integers(pad.before)), Attribute("after", .integers(pad.after))]
        + unless(pad.value == 0, "value", .real(pad.value))
    case .slice(let slice):
      [
        Attribute("starts", .integers(slice.starts)), Attribute("ends", .integers(slice.ends)),
        Attribute("steps", .integers(slice.steps)),
      ]
    case .dropout(let dropout):
      unless(dropout.rate == Dropout().rate, "rate", .real(dropout.rate))
    case .constant(let constant): [Attribute("shape", .integers(constant.shape))]
    case .matrixMultiply, .globalMaxPool, .globalAveragePool, .relu, .sigmoid, .hardSwish, .silu,
      .erf, .tanh, .add, .subtract, .multiply, .divide, .flatten, .identity:
      []
    }
  }

  /// The operation of a name with its attributes; what is left out has its default.
  ///
  /// - Throws: ``PithError`` with the code `unsupported` for a name or attribute that is not known, and
  ///   `invalidGraph` for one that is missing or of another type.
  package init(name: String, attributes: [Attribute]) throws {
    var reader = try AttributeReader(attributes, of: name)
    switch name {
    case "convolution":
      self = .convolution(
        Convolution(
          outputs: try reader.integer("outputs"), kernel: try reader.extent("kernel"),
          stride: try reader.extent("stride", default: Extent(1)),
          padding: try reader.padding("padding"),
          dilation: try reader.extent("dilation", default: Extent(1)),
          groups: try reader.integer("groups", default: 1),
          bias: try reader.flag("bias", default: true)))
    case "batch_norm":
      self = .batchNorm(
        BatchNorm(
          epsilon: try reader.real("epsilon", default: BatchNorm().epsilon),
          momentum: try reader.real("momentum", default: BatchNorm().momentum)))
    case "local_response_norm":
      self = .localResponseNorm(
        LocalResponseNorm(
          size: try reader.integer("size"),
          alpha: try reader.real("alpha", default: LocalResponseNorm.defaults.alpha),
          beta: try reader.real("beta", default: LocalResponseNorm.defaults.beta),
          offset: try reader.real("offset", default: LocalResponseNorm.defaults.offset)))
    case "matrix_multiply": self = .matrixMultiply
    case "fully_connected":
      self = .fullyConnected(
        FullyConnected(
          outputs: try reader.integer("outputs"), bias: try reader.flag("bias", default: true)))
    case "max_pool": self = .maxPool(MaxPool(try Window(&reader)))
    case "average_pool":
      self = .averagePool(
        AveragePool(
          try Window(&reader), includePadding: try reader.flag("include_padding", default: true)))
    case "global_max_pool": self = .globalMaxPool
    case "global_average_pool": self = .globalAveragePool
    case "adaptive_average_pool":
      self = .adaptiveAveragePool(AdaptiveAveragePool(try reader.extent("size")))
    case "mean":
      self = .mean(
        Mean(axes: try reader.integers("axes"), keep: try reader.flag("keep", default: true)))
    case "relu": self = .relu
    case "clip":
      self = .clip(
        Clip(
          minimum: try reader.real("minimum", default: -.infinity),
          maximum: try reader.real("maximum", default: .infinity)))
    case "leaky_relu":
      self = .leakyReLU(LeakyReLU(slope: try reader.real("slope", default: LeakyReLU().slope)))
    case "prelu": self = .prelu(PReLU(isShared: try reader.flag("shared", default: false)))
    case "elu": self = .elu(ELU(alpha: try reader.real("alpha", default: ELU().alpha)))
    case "sigmoid": self = .sigmoid
    case "hard_sigmoid":
      self = .hardSigmoid(
        HardSigmoid(
          slope: try reader.real("slope", default: HardSigmoid().slope),
          offset: try reader.real("offset", default: HardSigmoid().offset)))
    case "hard_swish": self = .hardSwish
    case "silu": self = .silu
    case "gelu":
      self = .gelu(GELU(approximate: try reader.flag("approximate", default: false)))
    case "erf": self = .erf
    case "tanh": self = .tanh
    case "softmax": self = .softmax(Softmax(axis: try reader.integer("axis", default: 1)))
    case "log_softmax":
      self = .logSoftmax(LogSoftmax(axis: try reader.integer("axis", default: 1)))
    case "add": self = .add
    case "subtract": self = .subtract
    case "multiply": self = .multiply
    case "divide": self = .divide
    case "concat": self = .concat(Concat(axis: try reader.integer("axis", default: 1)))
    case "flatten": self = .flatten
    case "reshape": self = .reshape(Reshape(try reader.integers("shape")))
    case "transpose": self = .transpose(Transpose(order: try reader.integers("order")))
    case "pad":
      self = .pad(
        Pad(
          before: try reader.integers("before"), after: try reader.integers("after"),
          value: try reader.real("value", default: 0)))
    case "slice":
      self = .slice(
        Slice(
          starts: try reader.integers("starts"), ends: try reader.integers("ends"),
          steps: try reader.integers("steps")))
    case "dropout": self = .dropout(Dropout(rate: try reader.real("rate", default: Dropout().rate)))
    case "identity": self = .identity
    case "constant": self = .constant(Constant(shape: try reader.integers("shape")))
    default:
      throw PithError(
        .unsupported, "the operation '\(name)' is not known",
        advice: "'pith ops' lists those that are; a later version of Pith may know more")
    }
    try reader.finish()
  }
}

extension Window {
  fileprivate var attributes: [Attribute] {
    [Attribute("kernel", kernel.attribute)]
      + unless(stride == kernel, "stride", stride.attribute)
      + unless(padding == Padding(0), "padding", padding.attribute)
      + unless(dilation == Extent(1), "dilation", dilation.attribute)
      + unless(!ceil, "ceil", .flag(true))
  }

  fileprivate init(_ reader: inout AttributeReader) throws {
    let kernel = try reader.extent("kernel")
    self.init(
      kernel: kernel, stride: try reader.extent("stride", default: kernel),
      padding: try reader.padding("padding"),
      dilation: try reader.extent("dilation", default: Extent(1)),
      ceil: try reader.flag("ceil", default: false))
  }
}

private func unless(_ isDefault: Bool, _ name: String, _ value: AttributeValue) -> [Attribute] {
  isDefault ? [] : [Attribute(name, value)]
}
