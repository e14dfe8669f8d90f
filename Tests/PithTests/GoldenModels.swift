import Pith
import PithGraph
import PithTensor
import PithTestSupport

/// What the golden files say, written down once more: their script and this list know nothing of each other.
enum GoldenModels {
  /// The same numbers on every machine, between -scale and scale.
  static func numbers(_ count: Int, _ seed: UInt64, _ scale: Double) -> [Float] {
    var seed = seed
    return (0..<count).map { _ in
      seed = (seed * 1_103_515_245 + 12345) % (1 << 31)
      return Float((Double(seed) / 0x1p31 * 2 - 1) * scale)
    }
  }

  private static func contents(
    _ graph: Graph, _ parameters: [(String, Shape, [Float])], _ recipe: Preprocessing?,
    _ output: OutputMeaning, type: ElementType = .float32
  ) throws -> ModelContents {
    var tensors: [String: ModelContents.SourceTensor] = [:]
    for (name, shape, values) in parameters {
      tensors[name] = .init(try Tensor(shape: shape, values: values), type: type)
    }
    return ModelContents(
      graph: graph, parameters: tensors, preprocessing: recipe, output: output)
  }

  static func cnn() throws -> ModelContents {
    var recipe = Preprocessing()
    recipe.resize = .shorterSide(12)
    recipe.crop = .init(height: 8, width: 8)
    recipe.range = .unit
    recipe.mean = .channel([0.485, 0.456, 0.406])
    recipe.standardDeviation = [0.229, 0.224, 0.225]
    let graph = Graph(
      inputs: [.init("image", shape: [3, 8, 8])],
      layers: [
        Layer(
          "conv1",
          .convolution(
            Convolution(outputs: 4, kernel: Extent(3), padding: Padding(1), bias: false)),
          inputs: ["image"]),
        Layer("bn1", .batchNorm(BatchNorm(epsilon: 0.001)), inputs: ["conv1"]),
        Layer("relu1", .relu, inputs: ["bn1"]),
        Layer("pool1", .maxPool(MaxPool(Window(kernel: Extent(2)))), inputs: ["relu1"]),
        Layer("pool2", .globalAveragePool, inputs: ["pool1"]),
        Layer("flatten", .flatten, inputs: ["pool2"]),
        Layer("dropout", .dropout(Dropout(rate: 0.2)), inputs: ["flatten"]),
        Layer("fc", .fullyConnected(FullyConnected(outputs: 3)), inputs: ["dropout"]),
      ], outputs: ["fc"])
    var contents = try contents(
      graph,
      [
        ("conv1.weight", [4, 3, 3, 3], numbers(108, 1, 0.5)),
        ("bn1.weight", [4], numbers(4, 2, 0.5).map { $0 + 1 }),
        ("bn1.bias", [4], numbers(4, 3, 0.5)),
        ("bn1.running_mean", [4], numbers(4, 4, 0.5)),
        ("bn1.running_var", [4], numbers(4, 5, 0.5).map { $0 + 1 }),
        ("fc.weight", [3, 4], numbers(12, 6, 2)),
        ("fc.bias", [3], numbers(3, 7, 1)),
      ], recipe, .logits)
    contents.labels = ["cat", "dog", "čáp"]
    contents.samples = [
      GoldenSample(
        name: "photo", png: try Repository.bytes("Fixtures/png/photo-37x53.png"),
        expected: [0.653748, -1.958678, -2.215711], origin: "numpy",
        tolerance: Float(0.0001) * 2.215711)
    ]
    contents.provenance = [
      ProvenanceEntry("architecture", "tiny"),
      ProvenanceEntry("source", "make_model_fixtures.py"),
    ]
    return contents
  }

  static func meanImage() throws -> ModelContents {
    var recipe = Preprocessing()
    recipe.alpha = .composite(red: 10, green: 200, blue: 30)
    recipe.color = .bgr
    recipe.resize = .exact(.init(height: 5, width: 6))
    recipe.interpolation = .bicubic
    recipe.mean = .image(
      try Tensor(
        shape: [3, 5, 6],
        values: numbers(90, 12, 100).map { ($0 + 120).rounded(.toNearestOrEven) }))
    let graph = Graph(
      inputs: [.init("data", shape: [3, 5, 6])],
      layers: [
        Layer("flatten", .flatten, inputs: ["data"]),
        Layer("fc", .fullyConnected(FullyConnected(outputs: 2, bias: false)), inputs: ["flatten"]),
        Layer("prob", .softmax(Softmax()), inputs: ["fc"]),
      ], outputs: ["prob"])
    let weights = numbers(180, 11, 0.001).map {
      HalfPrecision.float(float16Bits: HalfPrecision.float16Bits($0))
    }
    var contents = try contents(
      graph, [("fc.weight", [2, 90], weights)], recipe, .probabilities, type: .float16)
    contents.samples = [
      GoldenSample(
        name: "rgba-8", png: try Repository.bytes("Fixtures/png/rgba-8.png"),
        expected: [0.318126, 0.681874],
        origin: "numpy", tolerance: 0.0001)
    ]
    return contents
  }

  /// To be written with weights of `i8`.
  static func int8() throws -> ModelContents {
    var recipe = Preprocessing()
    recipe.color = .gray
    recipe.resize = .exact(.init(height: 4, width: 5))
    recipe.interpolation = .nearest
    recipe.crop = .init(height: 7, width: 6)
    recipe.standardDeviation = [51.5]
    let graph = Graph(
      inputs: [.init("image", shape: [1, 7, 6])],
      layers: [
        Layer(
          "conv", .convolution(Convolution(outputs: 2, kernel: Extent(3))), inputs: ["image"]),
        Layer("pool", .averagePool(AveragePool(Window(kernel: Extent(5, 4)))), inputs: ["conv"]),
      ], outputs: ["pool"])
    var contents = try contents(
      graph,
      [
        ("conv.weight", [2, 1, 3, 3], numbers(18, 21, 0.01)),
        ("conv.bias", [2], numbers(2, 22, 0.5)),
      ],
      recipe, .sigmoid)
    contents.labels = ["left", "right"]
    contents.samples = [
      GoldenSample(
        name: "gray-8", png: try Repository.bytes("Fixtures/png/gray-8.png"),
        expected: [-0.137886, -0.387653],
        origin: "numpy", tolerance: 0.0001)
    ]
    return contents
  }

  /// What version 1.1 of the format brought.
  static func newerOperations() throws -> ModelContents {
    let greatest = Window(
      kernel: Extent(2), stride: Extent(1), padding: Padding(top: 2, left: 1, bottom: 0, right: 1),
      dilation: Extent(3, 2), ceil: true)
    let average = Window(kernel: Extent(2), stride: Extent(1), dilation: Extent(2, 1))
    let graph = Graph(
      inputs: [.init("image", shape: [3, 6, 5])],
      layers: [
        Layer(
          "local",
          .localResponseNorm(LocalResponseNorm(size: 3, alpha: 0.5, beta: 0.6, offset: 2)),
          inputs: ["image"]),
        Layer("max", .maxPool(MaxPool(greatest)), inputs: ["local"]),
        Layer("average", .averagePool(AveragePool(average)), inputs: ["max"]),
        Layer("slopes", .prelu(PReLU()), inputs: ["average"]),
        Layer("slope", .prelu(PReLU(isShared: true)), inputs: ["slopes"]),
        Layer("elu", .elu(ELU(alpha: 0.75)), inputs: ["slope"]),
        Layer("hard", .hardSigmoid(HardSigmoid(slope: 0.2, offset: 0.25)), inputs: ["elu"]),
        Layer("plain", .hardSigmoid(HardSigmoid()), inputs: ["hard"]),
        Layer("swish", .hardSwish, inputs: ["elu"]),
        Layer("silu", .silu, inputs: ["swish"]),
        Layer("gelu", .gelu(GELU()), inputs: ["silu"]),
        Layer("tanh", .gelu(GELU(approximate: true)), inputs: ["gelu"]),
        Layer("erf", .erf, inputs: ["tanh"]),
        Layer("subtract", .subtract, inputs: ["erf", "plain"]),
        Layer("greatest", .globalMaxPool, inputs: ["subtract"]),
        Layer("divide", .divide, inputs: ["subtract", "greatest"]),
        Layer(
          "adaptive", .adaptiveAveragePool(AdaptiveAveragePool(Extent(2, 3))), inputs: ["divide"]),
        Layer(
          "same", .adaptiveAveragePool(AdaptiveAveragePool(Extent(2, 3))), inputs: ["adaptive"]),
        Layer("turned", .transpose(Transpose(order: [1, 2, 0])), inputs: ["same"]),
        Layer("matrix", .constant(Constant(shape: [3, 4])), inputs: []),
        Layer("product", .matrixMultiply, inputs: ["turned", "matrix"]),
        Layer("row", .mean(Mean(axes: [1], keep: false)), inputs: ["product"]),
        Layer("kept", .mean(Mean(axes: [1])), inputs: ["row"]),
        Layer("all", .logSoftmax(LogSoftmax(axis: 2)), inputs: ["kept"]),
        Layer("flat", .flatten, inputs: ["row"]),
        Layer("log", .logSoftmax(LogSoftmax()), inputs: ["flat"]),
      ], outputs: ["log", "all"])
    return try contents(
      graph,
      [
        ("slopes.weight", [3], numbers(3, 61, 1)), ("slope.weight", [1], numbers(1, 62, 1)),
        ("matrix.value", [3, 4], numbers(12, 63, 1)),
      ], nil, .logits)
  }

  static func operations() throws -> ModelContents {
    let convolution = Convolution(
      outputs: 4, kernel: Extent(3, 2), stride: Extent(1, 2),
      padding: Padding(top: 1, left: 0, bottom: 1, right: 2), dilation: Extent(1, 2), groups: 2,
      bias: false)
    let window = Window(
      kernel: Extent(3), stride: Extent(3, 2),
      padding: Padding(top: 1, left: 0, bottom: 1, right: 0), ceil: true)
    let graph = Graph(
      inputs: [.init("image", shape: [2, 6, 6]), .init("scale", shape: [4, 1, 1])],
      layers: [
        Layer("conv", .convolution(convolution), inputs: ["image"]),
        Layer("bn", .batchNorm(BatchNorm(epsilon: 0.001, momentum: 0.01)), inputs: ["conv"]),
        Layer("relu", .relu, inputs: ["bn"]),
        Layer(
          "max",
          .maxPool(
            MaxPool(
              Window(kernel: Extent(2), stride: Extent(1), padding: Padding(1), ceil: true))),
          inputs: ["relu"]),
        Layer("mean", .averagePool(AveragePool(window, includePadding: false)), inputs: ["max"]),
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
        Layer("dropout", .dropout(Dropout(rate: 0.2)), inputs: ["concat"]),
        Layer("identity", .identity, inputs: ["dropout"]),
        Layer("global", .globalAveragePool, inputs: ["identity"]),
        Layer("reshape", .reshape(Reshape([1, -1])), inputs: ["global"]),
        Layer("flatten", .flatten, inputs: ["reshape"]),
        Layer(
          "fc", .fullyConnected(FullyConnected(outputs: 3, bias: false)), inputs: ["flatten"]),
        Layer("softmax", .softmax(Softmax()), inputs: ["fc"]),
        Layer("wide", .softmax(Softmax(axis: 2)), inputs: ["conv"]),
        Layer("open", .clip(Clip(maximum: -1)), inputs: ["conv"]),
      ], outputs: ["softmax", "fc"])
    return try contents(
      graph,
      [
        ("conv.weight", [4, 1, 3, 2], numbers(24, 31, 1)),
        ("bn.weight", [4], numbers(4, 32, 1)), ("bn.bias", [4], numbers(4, 33, 1)),
        ("bn.running_mean", [4], numbers(4, 34, 1)),
        ("bn.running_var", [4], numbers(4, 36, 0.5).map { $0 + 1 }),
        ("offset.value", [1, 2], numbers(2, 35, 1)),
        ("fc.weight", [3, 3], numbers(9, 37, 1)),
      ], nil, .probabilities)
  }
}
