import PithGraph
import PithTensor

/// Convolutions, products of matrices and normalisation.
extension ONNXImport {
  mutating func convolution(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    let input = try image(node)
    let weight = try constant(node, 1, "the weight")
    guard weight.shape.count == 4 else {
      throw PithError(
        .unsupported,
        "the weight has \(weight.shape.count) dimensions; only two-dimensional convolutions are read"
      )
    }
    let kernel = Extent(weight.shape[2], weight.shape[3])
    if let declared = try node.integers("kernel_shape"), declared != [kernel.height, kernel.width] {
      throw PithError(
        .malformedCheckpoint,
        "kernel_shape is \(declared) but the weight has the shape \(weight.shape)")
    }
    let window = try ONNXWindow(node, kernel: kernel, input: input.shape)
    let bias = try optionalConstant(node, 2, "the bias")
    let groups = try node.integer("group", default: 1)
    let keepsBias = try bias.map {
      try $0.initializer != nil || !$0.floats().allSatisfy { $0 == 0 }
    }
    let layer = Convolution(
      outputs: weight.shape[0], kernel: kernel, stride: window.stride, padding: window.padding,
      dilation: window.dilation, groups: groups, bias: keepsBias ?? false)
    let (channels, overflow) = weight.shape[1].multipliedReportingOverflow(by: groups)
    guard !overflow, channels == input.shape[0] else {
      throw PithError(
        .shapeMismatch,
        "the weight has the shape \(weight.shape) in \(groups) groups but the input has \(input.shape[0]) channels"
      )
    }
    return try self.layer(
      .convolution(layer), [input], for: node,
      parameters: [("weight", weight, nil)]
        + (layer.bias ? bias.map { [("bias", $0, nil)] } ?? [] : []))
  }

  mutating func batchNorm(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    let isTraining =
      switch version {
      case ..<7: try !node.flag("is_test", default: false)
      case ..<14: node.outputs.dropFirst().contains { !$0.isEmpty }
      default: try node.flag("training_mode", default: false)
      }
    guard !isTraining else {
      throw PithError(
        .unsupported, "is in training mode, where the statistics are those of the batch",
        advice: "export the model in evaluation mode")
    }
    guard try node.flag("spatial", default: true) else {
      throw PithError(.unsupported, "has statistics for each pixel (spatial = 0)")
    }
    let input = try activation(node, 0)
    let roles = ["weight", "bias", "running_mean", "running_var"]
    let parameters = try roles.enumerated().map { index, role in
      (role: role, constant: try constant(node, index + 1, "the \(role)"), values: [Float]?.none)
    }
    // ONNX gives the weight of the old statistics, Pith that of the new batch.
    let momentum = ((1 - (try node.real("momentum", default: 0.9))) * 1e7).rounded() / 1e7
    return try layer(
      .batchNorm(BatchNorm(epsilon: node.real("epsilon", default: 1e-5), momentum: momentum)),
      [input], for: node, parameters: parameters)
  }

  mutating func localResponseNorm(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    return try map(
      node,
      .localResponseNorm(
        LocalResponseNorm(
          size: node.integer("size", default: 0), alpha: node.real("alpha", default: 1e-4),
          beta: node.real("beta", default: 0.75), offset: node.real("bias", default: 1))))
  }

  /// `alpha * A' * B' + beta * C`, where A' and B' may be transposed.
  mutating func gemm(_ node: ONNXNode) throws -> [Value] {
    let alpha = Float(try node.real("alpha", default: 1))
    let beta = Float(try node.real("beta", default: 1))
    let transposed = (
      try node.flag("transA", default: false), try node.flag("transB", default: false)
    )
    let left = try activation(node, 0)
    guard rank(left) == 2 else {
      throw PithError(.shapeMismatch, "input 0 must be a matrix but has \(rank(left)) dimensions")
    }
    guard hasBatch else {
      return try generalGemm(node, left, transposed: transposed, alpha: alpha, beta: beta)
    }
    guard !transposed.0 else {
      throw PithError(.unsupported, "turns images into values: input 0 is transposed")
    }
    let matrix = try constant(node, 1, "the matrix")
    guard matrix.shape.count == 2 else {
      throw PithError(.shapeMismatch, "the matrix has the shape \(matrix.shape)")
    }
    let outputs = matrix.shape[transposed.1 ? 0 : 1]
    var parameters: [ONNXLayers.Parameter] = [
      try rows(matrix, transposed: transposed.1, factor: alpha)
    ]
    if beta != 0, let addend = try optionalConstant(node, 2, "the addend") {
      parameters.append(try bias(addend, outputs: outputs, factor: beta))
    }
    return try layer(
      .fullyConnected(FullyConnected(outputs: outputs, bias: parameters.count > 1)), [left],
      for: node, parameters: parameters)
  }

  /// A matrix as a fully connected layer keeps it, a row for each output.
  private mutating func rows(
    _ matrix: ONNXConstant, transposed: Bool, factor: Float
  ) throws -> ONNXLayers.Parameter {
    let turned = transposed ? matrix : try folding.transpose(matrix, order: [1, 0])
    guard factor != 1 else {
      // The name of a transposed initializer is still its name.
      var named = turned
      named.initializer = matrix.initializer
      return ("weight", named, nil)
    }
    return ("weight", matrix, try turned.floats().map { $0 * factor })
  }

  private func bias(
    _ addend: ONNXConstant, outputs: Int, factor: Float
  ) throws -> ONNXLayers.Parameter {
    let fitted = try withoutBatch(addend, beside: 2)
    guard fitted.count == outputs || fitted.count == 1, fitted.shape.count <= 1 else {
      throw PithError(
        .shapeMismatch, "the addend has the shape \(addend.shape) but there are \(outputs) outputs")
    }
    let values = try fitted.floats()
    guard fitted.count == outputs, factor == 1 else {
      return (
        "bias", addend, (0..<outputs).map { values[values.count == 1 ? 0 : $0] * factor }
      )
    }
    return ("bias", addend, nil)
  }

  /// Without a batch: everything as it is written.
  private mutating func generalGemm(
    _ node: ONNXNode, _ left: Activation, transposed: (Bool, Bool), alpha: Float, beta: Float
  ) throws -> [Value] {
    var right = try activation(node, 1)
    var product = left
    let turn = Operation.transpose(Transpose(order: [1, 0]))
    if transposed.0 { product = try step(turn, [product], for: node) }
    if transposed.1 { right = try step(turn, [right], for: node) }
    let addend = beta == 0 ? nil : try optionalInput(node, 2)
    let isLast = alpha == 1 && addend == nil
    if isLast { return try layer(.matrixMultiply, [product, right], for: node) }
    product = try step(.matrixMultiply, [product, right], for: node)
    if alpha != 1 {
      let factor = try number(alpha, for: node)
      guard addend != nil else { return try layer(.multiply, [product, factor], for: node) }
      product = try step(.multiply, [product, factor], for: node)
    }
    guard let addend else { return [.activation(product)] }
    var term = try activation(addend, for: node)
    if beta != 1 { term = try step(.multiply, [term, number(beta, for: node)], for: node) }
    return try layer(.add, [product, term], for: node)
  }

  private mutating func number(_ value: Float, for node: ONNXNode) throws -> Activation {
    try activation(.constant(ONNXConstant(shape: [1], floats: [value])), for: node)
  }

  mutating func matrixMultiply(_ node: ONNXNode) throws -> [Value] {
    let (first, second) = (try input(node, 0), try input(node, 1))
    if hasBatch, case .activation(let input) = first, case .constant(let matrix) = second,
      input.shape.rank == 1, matrix.shape.count == 2
    {
      return try layer(
        .fullyConnected(FullyConnected(outputs: matrix.shape[1], bias: false)), [input], for: node,
        parameters: [rows(matrix, transposed: false, factor: 1)])
    }
    var (left, right) = (first, second)
    // A vector stands for a matrix of one row or column, which the result does not have.
    let isRow = try vector(&left, sizes: { [1] + $0 }, for: node)
    let isColumn = try vector(&right, sizes: { $0 + [1] }, for: node)
    if case .activation(let partner) = left, case .constant(let constant) = right {
      right = .constant(try withoutBatch(constant, beside: rank(partner)))
    }
    if case .constant(let constant) = left, case .activation(let partner) = right {
      left = .constant(try withoutBatch(constant, beside: rank(partner)))
    }
    if case .activation(let one) = left, case .activation(let other) = right {
      guard !hasBatch || one.shape.rank == other.shape.rank else {
        throw PithError(.unsupported, "multiplies matrices of other numbers of dimensions")
      }
    }
    let sides = [try activation(left, for: node), try activation(right, for: node)]
    guard isRow || isColumn else { return try layer(.matrixMultiply, sides, for: node) }
    let product = try step(.matrixMultiply, sides, for: node)
    var sizes = product.shape.dimensions
    if isColumn { sizes.removeLast() }
    if isRow { sizes.remove(at: sizes.count - (isColumn ? 1 : 2)) }
    return try layer(.reshape(Reshape(sizes)), [product], for: node)
  }

  /// Makes a matrix of a vector; whether it was one.
  private mutating func vector(
    _ value: inout Value, sizes: ([Int]) -> [Int], for node: ONNXNode
  ) throws -> Bool {
    switch value {
    case .constant(var constant) where constant.shape.count == 1:
      constant.shape = sizes(constant.shape)
      value = .constant(constant)
      return true
    case .activation(let activation) where rank(activation) == 1:
      guard !hasBatch else {
        throw PithError(.unsupported, "multiplies across images: a value has no other dimension")
      }
      value = .activation(
        try step(.reshape(Reshape(sizes(activation.shape.dimensions))), [activation], for: node))
      return true
    default: return false
    }
  }

  /// The first input, channels x height x width.
  func image(_ node: ONNXNode) throws -> Activation {
    guard case .activation(let input) = try input(node, 0) else {
      throw PithError(.unsupported, "works on a constant")
    }
    guard input.shape.rank == 3 else {
      throw PithError(
        .unsupported,
        "the input has \(rank(input)) dimensions; only images of channels x height x width are read"
      )
    }
    return input
  }
}
