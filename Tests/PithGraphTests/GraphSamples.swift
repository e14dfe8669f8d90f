import PithGraph
import PithTensor

/// Small graphs that several tests use.
enum GraphSamples {
  /// One layer of every operation, all of them on the way to the outputs.
  static let everything = Graph(
    inputs: [Graph.Input("image", shape: [2, 6, 6]), Graph.Input("scale", shape: [4, 1, 1])],
    layers: [
      Layer(
        "conv",
        .convolution(
          Convolution(
            outputs: 4, kernel: Extent(3, 2), stride: Extent(1, 2),
            padding: Padding(top: 1, left: 0, bottom: 1, right: 2), dilation: Extent(1, 2),
            groups: 2,
            bias: false)), inputs: ["image"]),
      Layer("bn", .batchNorm(BatchNorm(epsilon: 1e-3)), inputs: ["conv"]),
      Layer("relu", .relu, inputs: ["bn"]),
      Layer(
        "max",
        .maxPool(
          MaxPool(Window(kernel: Extent(2), stride: Extent(1), padding: Padding(1), ceil: true))),
        inputs: ["relu"]),
      Layer(
        "mean",
        .averagePool(
          AveragePool(Window(kernel: Extent(3), padding: Padding(1)), includePadding: false)),
        inputs: ["max"]),
      Layer("clip", .clip(.relu6), inputs: ["mean"]),
      Layer("leaky", .leakyReLU(LeakyReLU(slope: 0.2)), inputs: ["clip"]),
      Layer("multiply", .multiply, inputs: ["leaky", "scale"]),
      Layer("sigmoid", .sigmoid, inputs: ["multiply"]),
      Layer("tanh", .tanh, inputs: ["sigmoid"]),
      Layer("offset", .constant(Constant(shape: [1, 2])), inputs: []),
      Layer("add", .add, inputs: ["tanh", "offset"]),
      Layer(
        "slice", .slice(Slice(starts: [0, 0, 0], ends: [4, 3, 2], steps: [2, 1, 1])),
        inputs: ["add"]),
      Layer(
        "pad", .pad(Pad(before: [0, 1, 0], after: [1, 0, 0], value: -0.5)), inputs: ["slice"]),
      Layer("concat", .concat(Concat(axis: 3)), inputs: ["pad", "pad"]),
      Layer("local", .localResponseNorm(LocalResponseNorm(size: 3, offset: 2)), inputs: ["concat"]),
      Layer(
        "dilated",
        .maxPool(
          MaxPool(
            Window(
              kernel: Extent(2, 1), stride: Extent(1), padding: Padding(0), dilation: Extent(2, 1))
          )), inputs: ["local"]),
      Layer("prelu", .prelu(PReLU()), inputs: ["dilated"]),
      Layer("elu", .elu(ELU(alpha: 0.5)), inputs: ["prelu"]),
      Layer("hard", .hardSigmoid(HardSigmoid(slope: 0.2)), inputs: ["elu"]),
      Layer("swish", .hardSwish, inputs: ["hard"]),
      Layer("silu", .silu, inputs: ["elu"]),
      Layer("subtract", .subtract, inputs: ["silu", "swish"]),
      Layer("gelu", .gelu(GELU(approximate: true)), inputs: ["subtract"]),
      Layer("erf", .erf, inputs: ["gelu"]),
      Layer("greatest", .globalMaxPool, inputs: ["erf"]),
      Layer("divide", .divide, inputs: ["erf", "greatest"]),
      Layer(
        "adaptive", .adaptiveAveragePool(AdaptiveAveragePool(Extent(2, 3))), inputs: ["divide"]),
      Layer("turned", .transpose(Transpose(order: [0, 2, 1])), inputs: ["adaptive"]),
      Layer("product", .matrixMultiply, inputs: ["adaptive", "turned"]),
      Layer("average", .mean(Mean(axes: [2], keep: false)), inputs: ["product"]),
      Layer("logarithm", .logSoftmax(LogSoftmax(axis: 2)), inputs: ["average"]),
      Layer("broadcast", .reshape(Reshape([3, 2, 1])), inputs: ["logarithm"]),
      Layer("dropout", .dropout(Dropout(rate: 0.2)), inputs: ["broadcast"]),
      Layer("identity", .identity, inputs: ["dropout"]),
      Layer("global", .globalAveragePool, inputs: ["identity"]),
      Layer("reshape", .reshape(Reshape([1, -1])), inputs: ["global"]),
      Layer("flatten", .flatten, inputs: ["reshape"]),
      Layer("fc", .fullyConnected(FullyConnected(outputs: 3)), inputs: ["flatten"]),
      Layer("softmax", .softmax(Softmax()), inputs: ["fc"]),
    ],
    outputs: ["softmax", "fc"])

  /// Parameters between -1 and 1, variances between 0.5 and 1.5.
  static func parameters(of graph: ResolvedGraph, seed: UInt64) throws -> [String: Tensor] {
    var random = SeededRandom(seed: seed)
    var parameters: [String: Tensor] = [:]
    for (name, shape) in graph.parameters {
      let low: Float = name.hasSuffix(".running_var") ? 0.5 : -1
      let high: Float = name.hasSuffix(".running_var") ? 1.5 : 1
      parameters[name] = try Tensor(
        shape: shape,
        values: (0..<shape.count).map { _ in low + (high - low) * random.uniform() })
    }
    return parameters
  }

  /// Values between -2 and 2 for every input.
  static func inputs(of graph: Graph, seed: UInt64) -> [String: [Double]] {
    var random = SeededRandom(seed: seed)
    return Dictionary(
      uniqueKeysWithValues: graph.inputs.map { input in
        (input.name, (0..<input.shape.count).map { _ in Double(random.uniform() * 4 - 2) })
      })
  }
}
