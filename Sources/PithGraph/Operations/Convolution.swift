import PithTensor

/// A two-dimensional convolution (cross-correlation, as every framework computes it).
///
/// `[c, h, w] -> [n, p, q]` with `p = (h + top + bottom - (d * (kh - 1) + 1)) / s + 1`, floored.
/// Parameters: `weight [n, c / groups, kh, kw]` and, with ``bias``, `bias [n]`:
/// `(kh * kw * c / groups + bias) * n` numbers (Dumoulin and Visin 2016).
public struct Convolution: Sendable, Hashable {
  /// The number of output channels.
  public var outputs: Int
  public var kernel: Extent
  public var stride: Extent
  public var padding: Padding
  public var dilation: Extent
  /// The input channels are cut into this many groups that do not see each other; as many groups as
  /// channels make a depthwise convolution.
  public var groups: Int
  public var bias: Bool

  public init(
    outputs: Int, kernel: Extent, stride: Extent = Extent(1), padding: Padding = Padding(0),
    dilation: Extent = Extent(1), groups: Int = 1, bias: Bool = true
  ) {
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
  }

  func outputShape(_ input: Shape) throws -> Shape {
    let input = try ImageShape(input)
    guard outputs >= 1, groups >= 1 else {
      throw PithError(
        .invalidGraph, "\(outputs) outputs in \(groups) groups: both must be at least 1")
    }
    guard input.channels % groups == 0, outputs % groups == 0 else {
      throw PithError(
        .shapeMismatch,
        "\(input.channels) input and \(outputs) output channels do not divide into \(groups) groups"
      )
    }
    return try Shape(checking: [
      outputs,
      FeatureMap(
        input: input.height, kernel: kernel.height, stride: stride.height,
        dilation: dilation.height, before: padding.top, after: padding.bottom
      ).output("height"),
      FeatureMap(
        input: input.width, kernel: kernel.width, stride: stride.width,
        dilation: dilation.width, before: padding.left, after: padding.right
      ).output("width"),
    ])
  }

  /// The products that each value of the output is the sum of.
  func terms(_ input: Shape) throws -> Int {
    try Shape(checking: [input[0] / groups, kernel.height, kernel.width]).count
  }

  func parameters(_ input: Shape) throws -> [Parameter] {
    let weight = try Shape(checking: [outputs, input[0] / groups, kernel.height, kernel.width])
    return [Parameter("weight", weight)]
      + (bias ? [Parameter("bias", try Shape(checking: [outputs]))] : [])
  }
}

/// A fully connected layer: `y = W x + b`, `[k] -> [n]`.
///
/// Parameters: `weight [n, k]` and, with ``bias``, `bias [n]`. An image has to be flattened first.
public struct FullyConnected: Sendable, Hashable {
  /// The number of outputs.
  public var outputs: Int
  public var bias: Bool

  public init(outputs: Int, bias: Bool = true) {
    self.outputs = outputs
    self.bias = bias
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard outputs >= 1 else {
      throw PithError(.invalidGraph, "\(outputs) outputs: there must be at least 1")
    }
    guard input.rank == 1 else {
      throw PithError(
        .shapeMismatch, "needs an input of one dimension but gets \(input)",
        advice: "put a flatten layer before it")
    }
    return try Shape(checking: [outputs])
  }

  func parameters(_ input: Shape) throws -> [Parameter] {
    [Parameter("weight", try Shape(checking: [outputs, input[0]]))]
      + (bias ? [Parameter("bias", try Shape(checking: [outputs]))] : [])
  }
}

/// Batch normalisation with fixed statistics: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`
/// for each channel (Ioffe and Szegedy 2015, algorithm 2).
///
/// Parameters, all `[channels]`: `weight` (gamma), `bias` (beta), `running_mean`, `running_var` (unbiased, as
/// PyTorch keeps it). The shape stays; channels are the first dimension.
public struct BatchNorm: Sendable, Hashable {
  /// Added to the variance.
  public var epsilon: Double
  /// The weight of the new batch in the running statistics while training.
  public var momentum: Double

  public init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard input.rank >= 1 else {
      throw PithError(.shapeMismatch, "needs an input with channels but gets a \(input)")
    }
    guard epsilon.isFinite, epsilon >= 0, momentum.isFinite else {
      throw PithError(
        .invalidGraph,
        "epsilon \(epsilon) must be finite and not negative, and momentum \(momentum) finite")
    }
    return input
  }

  static func parameters(_ input: Shape) throws -> [Parameter] {
    let channels = try Shape(checking: [input[0]])
    return ["weight", "bias", "running_mean", "running_var"].map { Parameter($0, channels) }
  }
}
