import PithGraph
import PithTensor

/// Operators that work value by value, or along one axis.
extension ONNXImport {
  mutating func map(_ node: ONNXNode, _ operation: Operation) throws -> [Value] {
    try layer(operation, [activation(node, 0)], for: node)
  }

  mutating func hardSigmoid(_ node: ONNXNode) throws -> [Value] {
    var slope = try node.real("alpha", default: 0.2)
    // Exporters write 1/6 in binary32.
    if Float(slope) == Float(HardSigmoid().slope) { slope = HardSigmoid().slope }
    return try map(
      node, .hardSigmoid(HardSigmoid(slope: slope, offset: node.real("beta", default: 0.5))))
  }

  mutating func gelu(_ node: ONNXNode) throws -> [Value] {
    switch try node.text("approximate", default: "none") {
    case "none": return try map(node, .gelu(GELU()))
    case "tanh": return try map(node, .gelu(GELU(approximate: true)))
    case let other: throw PithError(.unsupported, "the approximation '\(other)' is not known")
    }
  }

  mutating func swish(_ node: ONNXNode) throws -> [Value] {
    let alpha = try node.real("alpha", default: 1)
    guard alpha != 1 else { return try map(node, .silu) }
    let input = try activation(node, 0)
    let factor = try activation(
      .constant(ONNXConstant(shape: [1], floats: [Float(alpha)])), for: node)
    let scaled = try step(.multiply, [input, factor], for: node)
    let gate = try step(.sigmoid, [scaled], for: node)
    return try layer(.multiply, [input, gate], for: node)
  }

  mutating func clip(_ node: ONNXNode) throws -> [Value] {
    let minimum: Double
    let maximum: Double
    if version < 11 {
      minimum = try node.real("min", default: -.infinity)
      maximum = try node.real("max", default: .infinity)
    } else {
      minimum = try optionalConstant(node, 1, "the minimum")?.scalar("the minimum") ?? -.infinity
      maximum = try optionalConstant(node, 2, "the maximum")?.scalar("the maximum") ?? .infinity
    }
    // The maximum wins over a greater minimum. The least and greatest binary32 are how some say that there is none.
    let low = minimum <= Double(-Float.greatestFiniteMagnitude) ? -.infinity : min(minimum, maximum)
    let high = maximum >= Double(Float.greatestFiniteMagnitude) ? .infinity : maximum
    return try map(
      node, low == 0 && high == .infinity ? .relu : .clip(Clip(minimum: low, maximum: high)))
  }

  /// The greater or lesser of a value and one number.
  mutating func bound(
    _ node: ONNXNode, _ combination: ONNXCombination, _ clip: (Double) -> Clip
  ) throws -> [Value] {
    if node.inputs.count == 1 { return [try input(node, 0)] }
    guard node.inputs.count == 2 else {
      throw PithError(.unsupported, "must have two inputs, one of them a constant number")
    }
    let (left, right) = (try input(node, 0), try input(node, 1))
    if case .constant(let left) = left, case .constant(let right) = right {
      return [.constant(try folding.combine(left, right, combination))]
    }
    let position: Int
    if case .constant = left { position = 0 } else { position = 1 }
    let bound = clip(try constant(node, position, "the bound").scalar("the bound"))
    let source = try activation(node, 1 - position)
    return try layer(bound == Clip(minimum: 0) ? .relu : .clip(bound), [source], for: node)
  }

  /// A function of two inputs.
  mutating func combine(
    _ node: ONNXNode, _ operation: Operation, _ combination: ONNXCombination
  ) throws -> [Value] {
    let (left, right) = (try input(node, 0), try fitted(input(node, 1), node))
    if case .constant(let left) = left, case .constant(let right) = right {
      return [.constant(try folding.combine(left, right, combination))]
    }
    return try layer(operation, aligned(left, right, for: node), for: node)
  }

  /// The right side, with the sizes of 1 behind its own for which version 6 had the attribute `axis`.
  private func fitted(_ right: Value, _ node: ONNXNode) throws -> Value {
    guard version < 7, node.attributes["axis"] != nil else { return right }
    let rank =
      switch try input(node, 0) {
      case .activation(let left): self.rank(left)
      case .constant(let left): left.shape.count
      case .unavailable: 0
      }
    let axis = try axis(node.integer("axis", default: 0), of: rank)
    switch right {
    case .constant(var constant):
      let behind = rank - axis - constant.shape.count
      guard behind >= 0 else {
        throw PithError(
          .shapeMismatch,
          "a shape of \(constant.shape) from axis \(axis) on is too long for \(rank)")
      }
      constant.shape += [Int](repeating: 1, count: behind)
      return .constant(constant)
    case .activation(let activation) where axis + self.rank(activation) == rank: return right
    case .activation, .unavailable:
      throw PithError(.unsupported, "puts a value at axis \(axis) of another")
    }
  }

  /// Two values as layers whose shapes without the batch meet as those with it do.
  private mutating func aligned(
    _ left: Value, _ right: Value, for node: ONNXNode
  ) throws -> [Activation] {
    var sides: [Activation] = []
    for (side, other) in [(left, right), (right, left)] {
      if case .constant(let constant) = side, case .activation(let partner) = other {
        let fitted = try withoutBatch(constant, beside: rank(partner))
        sides.append(try activation(.constant(fitted), for: node))
      } else {
        sides.append(try activation(side, for: node))
      }
    }
    guard
      !hasBatch || sides.contains(where: { layers.constants.contains($0.name) })
        || sides[0].shape.rank == sides[1].shape.rank
    else {
      throw PithError(
        .unsupported,
        "combines values of \(rank(sides[0])) and \(rank(sides[1])) dimensions, so images would meet other axes"
      )
    }
    return sides
  }

  /// A constant that stands beside a value of a rank, without its size along the batch.
  func withoutBatch(_ constant: ONNXConstant, beside rank: Int) throws -> ONNXConstant {
    guard hasBatch, constant.shape.count >= rank else { return constant }
    guard constant.shape.count == rank, constant.shape[0] == 1 else {
      throw PithError(
        .unsupported,
        "a constant of shape \(constant.shape) would be another for each image, or give the result another dimension"
      )
    }
    var fitted = constant
    fitted.shape.removeFirst()
    return fitted
  }

  mutating func sum(_ node: ONNXNode) throws -> [Value] {
    guard node.inputs.count > 1 else { return [try input(node, 0)] }
    var total = try input(node, 0)
    for position in 1..<node.inputs.count {
      let next = try input(node, position)
      if case .constant(let left) = total, case .constant(let right) = next {
        total = .constant(try folding.combine(left, right, .add))
        continue
      }
      let sides = try aligned(total, next, for: node)
      if position == node.inputs.count - 1 { return try layer(.add, sides, for: node) }
      total = .activation(try step(.add, sides, for: node))
    }
    return [total]
  }

  mutating func prelu(_ node: ONNXNode) throws -> [Value] {
    let input = try activation(node, 0)
    var given = try constant(node, 1, "the slope")
    if version < 7, given.shape.count == 1, rank(input) > 1 {
      // One for each channel; later versions count from the last dimension.
      given.shape += [Int](repeating: 1, count: rank(input) - 2)
    }
    let slope = try withoutBatch(given, beside: rank(input))
    let isChannelwise =
      slope.shape.count == input.shape.rank && slope.shape.dropFirst().allSatisfy { $0 == 1 }
      && slope.shape.first == input.shape.dimensions.first
    if slope.count == 1 || (hasBatch && isChannelwise) {
      return try layer(
        .prelu(PReLU(isShared: slope.count == 1)), [input], for: node,
        parameters: [("weight", slope, nil)])
    }
    // Any other shape: the positive part, and the slope times the negative part.
    let factor = try activation(.constant(slope), for: node)
    let positive = try step(.relu, [input], for: node)
    let negative = try step(.clip(Clip(maximum: 0)), [input], for: node)
    let scaled = try step(.multiply, [negative, factor], for: node)
    guard scaled.shape == input.shape else {
      throw PithError(.shapeMismatch, "a slope of shape \(slope.shape) does not fit \(input.shape)")
    }
    return try layer(.add, [positive, scaled], for: node)
  }

  mutating func softmax(
    _ node: ONNXNode, _ operation: (Int) -> Operation
  ) throws -> [Value] {
    let input = try activation(node, 0)
    let number = try node.integer("axis", default: version < 13 ? 1 : -1)
    // An axis may be counted up to the rank here: then each value is a row of its own.
    guard version < 13 else {
      return try layer(operation(layerAxis(number, of: input)), [input], for: node)
    }
    // Before version 13 all axes from the given one on are one.
    let axis = try layerAxis(number, of: input)
    let (outer, inner) = (
      input.shape.dimensions[..<(axis - 1)], input.shape.dimensions[(axis - 1)...]
    )
    guard inner.filter({ $0 > 1 }).count > 1 || inner.first == 1 else {
      return try layer(operation(axis), [input], for: node)
    }
    let rows = try step(
      .reshape(Reshape(Array(outer) + [inner.reduce(1, *)])), [input], for: node)
    let result = try step(operation(axis), [rows], for: node)
    return try layer(.reshape(Reshape(input.shape.dimensions)), [result], for: node)
  }

  mutating func dropout(_ node: ONNXNode) throws -> [Value] {
    if let mode = try optionalConstant(node, 2, "the training mode") {
      guard try mode.fixedWholes("the training mode").allSatisfy({ $0 == 0 }) else {
        throw PithError(
          .unsupported, "is in training mode", advice: "export the model in evaluation mode")
      }
    }
    guard try version > 6 || node.flag("is_test", default: false) else {
      throw PithError(
        .unsupported, "is in training mode", advice: "export the model in evaluation mode")
    }
    let rate =
      version < 12
      ? try node.real("ratio", default: 0.5)
      : try optionalConstant(node, 1, "the rate")?.scalar("the rate") ?? 0.5
    if case .constant(let constant) = try input(node, 0) { return [.constant(constant)] }
    return try map(node, .dropout(Dropout(rate: rate)))
  }

  mutating func mean(_ node: ONNXNode) throws -> [Value] {
    let given =
      version < 18
      ? try node.integers("axes")
      : try optionalConstant(node, 1, "the list of axes")?.fixedWholes("the list of axes")
    let keep = try node.flag("keepdims", default: true)
    let input = try activation(node, 0)
    if given?.isEmpty != false, try node.flag("noop_with_empty_axes", default: false) {
      return [.activation(input)]
    }
    let numbers = given.flatMap { $0.isEmpty ? nil : $0 } ?? Array(0..<rank(input))
    let axes = Set(try numbers.map { try layerAxis($0, of: input) }).sorted()
    guard input.shape.rank == 3, axes == [2, 3] else {
      return try layer(.mean(Mean(axes: axes, keep: keep)), [input], for: node)
    }
    guard !keep else { return try layer(.globalAveragePool, [input], for: node) }
    let pooled = try step(.globalAveragePool, [input], for: node)
    return try layer(.flatten, [pooled], for: node)
  }
}
