import PithTensor

extension Operation {
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
  fileprivate init(_ reader: inout AttributeReader) throws {
    let kernel = try reader.extent("kernel")
    self.init(
      kernel: kernel, stride: try reader.extent("stride", default: kernel),
      padding: try reader.padding("padding"),
      dilation: try reader.extent("dilation", default: Extent(1)),
      ceil: try reader.flag("ceil", default: false))
  }
}
