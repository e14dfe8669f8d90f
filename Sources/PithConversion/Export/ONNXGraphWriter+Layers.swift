import PithGraph
import PithTensor

extension ONNXGraphWriter {
  /// The nodes of one layer; the last of them puts out the layer's name.
  mutating func add(_ resolved: ResolvedGraph.ResolvedLayer) {
    let layer = resolved.layer
    let (name, inputs) = (layer.name, layer.inputs)
    guard takesConstants(layer.operation) || !inputs.contains(where: constants.contains) else {
      problems.append(
        "'\(name)': \(layer.operation.name) of a constant, which has no batch")
      return
    }
    switch layer.operation {
    case .convolution(let convolution):
      node(
        "Conv", inputs + layerParameters(resolved), name,
        [
          ("kernel_shape", sizes(convolution.kernel)), ("strides", sizes(convolution.stride)),
          ("pads", pads(convolution.padding)), ("dilations", sizes(convolution.dilation)),
          ("group", .integer(convolution.groups)),
        ])
    case .batchNorm(let norm):
      node(
        "BatchNormalization", inputs + layerParameters(resolved), name,
        // ONNX weighs the old statistics, Pith the new batch.
        [("epsilon", .real(norm.epsilon)), ("momentum", .real(1 - norm.momentum))])
    case .localResponseNorm(let norm):
      node(
        "LRN", inputs, name,
        [
          ("size", .integer(norm.size)), ("alpha", .real(norm.alpha)), ("beta", .real(norm.beta)),
          ("bias", .real(norm.offset)),
        ])
    case .fullyConnected:
      node("Gemm", inputs + layerParameters(resolved), name, [("transB", .integer(1))])
    case .matrixMultiply: node("MatMul", aligned(resolved), name)
    case .maxPool(let pool): addPool("MaxPool", pool.window, resolved)
    case .averagePool(let pool): addAveragePool(pool, resolved)
    case .globalMaxPool: node("GlobalMaxPool", inputs, name)
    case .globalAveragePool: node("GlobalAveragePool", inputs, name)
    case .adaptiveAveragePool(let pool): addAdaptivePool(pool.size, resolved)
    case .mean(let mean):
      let keep = ("keepdims", NodeAttribute.integer(mean.keep ? 1 : 0))
      if version >= 18 {
        node("ReduceMean", inputs + [integers("\(name).axes", mean.axes)], name, [keep])
      } else {
        node("ReduceMean", inputs, name, [("axes", .integers(mean.axes)), keep])
      }
    case .relu: node("Relu", inputs, name)
    case .clip(let clip):
      // An empty name stands for an input that is left out.
      let low =
        clip.minimum.isFinite ? reals("\(name).minimum", [Float(clip.minimum)]) : ""
      let high =
        clip.maximum.isFinite ? reals("\(name).maximum", [Float(clip.maximum)]) : ""
      node("Clip", inputs + (high.isEmpty ? (low.isEmpty ? [] : [low]) : [low, high]), name)
    case .leakyReLU(let relu): node("LeakyRelu", inputs, name, [("alpha", .real(relu.slope))])
    case .prelu(let prelu):
      let rank = resolved.inputShapes[0].rank
      let channels = prelu.isShared ? 1 : resolved.inputShapes[0][0]
      let slope = parameter(
        "\(name).weight", shape: [channels] + [Int](repeating: 1, count: rank - 1))
      node("PRelu", inputs + [slope], name)
    case .elu(let elu): node("Elu", inputs, name, [("alpha", .real(elu.alpha))])
    case .sigmoid: node("Sigmoid", inputs, name)
    case .hardSigmoid(let sigmoid):
      node(
        "HardSigmoid", inputs, name,
        [("alpha", .real(sigmoid.slope)), ("beta", .real(sigmoid.offset))])
    case .hardSwish: node("HardSwish", inputs, name)
    case .silu:
      let sigmoid = fresh("\(name).sigmoid")
      node("Sigmoid", inputs, sigmoid)
      node("Mul", inputs + [sigmoid], name)
    case .gelu(let gelu):
      addGELU(isApproximate: gelu.approximate, inputs, name)
    case .erf: node("Erf", inputs, name)
    case .tanh: node("Tanh", inputs, name)
    case .softmax(let softmax): node("Softmax", inputs, name, [("axis", .integer(softmax.axis))])
    case .logSoftmax(let softmax):
      node("LogSoftmax", inputs, name, [("axis", .integer(softmax.axis))])
    case .add: node("Add", aligned(resolved), name)
    case .subtract: node("Sub", aligned(resolved), name)
    case .multiply: node("Mul", aligned(resolved), name)
    case .divide: node("Div", aligned(resolved), name)
    case .concat(let concat): node("Concat", inputs, name, [("axis", .integer(concat.axis))])
    case .flatten: node("Flatten", inputs, name, [("axis", .integer(1))])
    case .reshape: addReshape(inputs[0], to: resolved.outputShape.dimensions, name)
    case .transpose(let transpose):
      node(
        "Transpose", inputs, name, [("perm", .integers([0] + transpose.order.map { $0 + 1 }))])
    case .pad(let pad):
      let amounts = integers("\(name).pads", [0] + pad.before + [0] + pad.after)
      node("Pad", inputs + [amounts, reals("\(name).value", [Float(pad.value)])], name)
    case .slice(let slice):
      node(
        "Slice",
        inputs + [
          integers("\(name).starts", slice.starts), integers("\(name).ends", slice.ends),
          integers("\(name).axes", slice.starts.indices.map { $0 + 1 }),
          integers("\(name).steps", slice.steps),
        ], name)
    case .dropout(let dropout):
      node("Dropout", inputs + [reals("\(name).ratio", [Float(dropout.rate)])], name)
    case .identity: node("Identity", inputs, name)
    case .constant(let constant):
      // One image, which is repeated for every other one.
      _ = parameter(
        resolved.parameters.first?.name ?? name, shape: [1] + constant.shape, as: name)
    }
  }

  private func takesConstants(_ operation: PithGraph.Operation) -> Bool {
    switch operation {
    case .add, .subtract, .multiply, .divide, .matrixMultiply: true
    default: false
    }
  }

  private mutating func layerParameters(_ resolved: ResolvedGraph.ResolvedLayer) -> [String] {
    resolved.parameters.map { parameter($0.name) }
  }

  private func sizes(_ extent: Extent) -> NodeAttribute {
    .integers([extent.height, extent.width])
  }

  private func pads(_ padding: Padding) -> NodeAttribute {
    .integers([padding.top, padding.left, padding.bottom, padding.right])
  }

  mutating func addReshape(_ input: String, to dimensions: [Int], _ name: String) {
    // 0 is the size that is there: the batch.
    node("Reshape", [input, integers("\(name).shape", [0] + dimensions)], name)
  }

  /// Two inputs whose dimensions meet from the last on, as Pith's do without the batch: what has fewer gets ones behind
  /// its batch.
  private mutating func aligned(_ resolved: ResolvedGraph.ResolvedLayer) -> [String] {
    let rank = resolved.inputShapes.map(\.rank).max() ?? 0
    return zip(resolved.layer.inputs, resolved.inputShapes).map { input, shape in
      guard shape.rank < rank else { return input }
      let name = fresh("\(resolved.layer.name).\(input)")
      addReshape(
        input, to: [Int](repeating: 1, count: rank - shape.rank) + shape.dimensions, name)
      return name
    }
  }

  private mutating func addGELU(isApproximate: Bool, _ inputs: [String], _ name: String) {
    // 'approximate' is a text, which no other attribute is: the exact one needs none.
    guard isApproximate else { return node("Gelu", inputs, name) }
    // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x sigmoid(2 sqrt(2 / pi) x (1 + 0.044715 x^2)).
    let factor = 2 * (2 / Float.pi).squareRoot()
    let (square, cubic) = (fresh("\(name).square"), fresh("\(name).cubic"))
    let (sum, argument) = (fresh("\(name).sum"), fresh("\(name).argument"))
    let sigmoid = fresh("\(name).sigmoid")
    node("Mul", [inputs[0], inputs[0]], square)
    node("Mul", [square, reals("\(name).a", [0.044715 * factor])], cubic)
    node("Add", [cubic, reals("\(name).b", [factor])], sum)
    node("Mul", [sum, inputs[0]], argument)
    node("Sigmoid", [argument], sigmoid)
    node("Mul", [inputs[0], sigmoid], name)
  }
}
