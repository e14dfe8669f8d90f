import PithGraph
import PithTensor

/// Rearranges and combines arrays of known numbers, row-major, as the operators of ONNX define it.
///
/// Results are held to a budget, so that a small file cannot ask for much memory.
struct ONNXFolding {
  /// How many values may still be made.
  private var budget: Int
  private let greatestRank: Int

  init(budget: Int, greatestRank: Int) {
    self.budget = budget
    self.greatestRank = greatestRank
  }

  /// The number of values that a constant to be made has.
  ///
  /// - Parameter areWhole: whether they are whole numbers, which take four times the memory of a `Float`.
  mutating func spend(_ shape: [Int], areWhole: Bool) throws -> Int {
    guard shape.count <= greatestRank else {
      throw PithError(
        .limitExceeded,
        "makes a constant of \(shape.count) dimensions; \(greatestRank) are the most")
    }
    let count = try Shape(checking: shape).count
    let cost = try count.checkedMultiplying(areWhole ? 4 : 1, "the size of a constant")
    guard cost <= budget else {
      throw PithError(
        .limitExceeded, "constants of more values are computed than a conversion may take")
    }
    budget -= cost
    return count
  }

  /// The same kind of values, picked by their positions.
  mutating func pick(
    _ constant: ONNXConstant, shape: [Int], _ positions: (Int) -> Int
  ) throws -> ONNXConstant {
    let count = try spend(shape, areWhole: !constant.isFloatingPoint)
    if constant.isFloatingPoint {
      let values = try constant.floats()
      return ONNXConstant(
        shape: shape, floats: (0..<count).map { values[positions($0)] }, type: constant.type)
    }
    let values = try constant.wholes()
    return ONNXConstant(shape: shape, wholes: (0..<count).map { values[positions($0)] })
  }

  mutating func transpose(_ constant: ONNXConstant, order: [Int]) throws -> ONNXConstant {
    let shape = order.map { constant.shape[$0] }
    let steps = strides(constant.shape)
    let outputSteps = strides(shape)
    return try pick(constant, shape: shape) { index in
      var place = 0
      for (axis, source) in order.enumerated() {
        place += index / outputSteps[axis] % shape[axis] * steps[source]
      }
      return place
    }
  }

  /// Every `step`-th from `start`, `count` of them, along each axis.
  mutating func slice(
    _ constant: ONNXConstant, ranges: [(start: Int, count: Int, step: Int)]
  ) throws -> ONNXConstant {
    let shape = ranges.map(\.count)
    let steps = strides(constant.shape)
    let outputSteps = strides(shape)
    return try pick(constant, shape: shape) { index in
      var place = 0
      for (axis, range) in ranges.enumerated() {
        place += (range.start + index / outputSteps[axis] % shape[axis] * range.step) * steps[axis]
      }
      return place
    }
  }

  /// `indices`, from 0, of an axis; their shape takes its place.
  mutating func gather(
    _ constant: ONNXConstant, axis: Int, indices: [Int], shape indexShape: [Int]
  ) throws -> ONNXConstant {
    let inner = constant.shape[(axis + 1)...].reduce(1, &*)
    let size = constant.shape[axis]
    let shape = Array(constant.shape[..<axis]) + indexShape + Array(constant.shape[(axis + 1)...])
    return try pick(constant, shape: shape) { index in
      let row = index / inner
      return (row / indices.count * size + indices[row % indices.count]) * inner + index % inner
    }
  }

  /// The values with sizes of 1 repeated.
  mutating func expand(_ constant: ONNXConstant, to shape: [Int]) throws -> ONNXConstant {
    let padded = [Int](repeating: 1, count: shape.count - constant.shape.count) + constant.shape
    let steps = strides(padded)
    let outputSteps = strides(shape)
    return try pick(constant, shape: shape) { index in
      var place = 0
      for axis in shape.indices where padded[axis] > 1 {
        place += index / outputSteps[axis] % shape[axis] * steps[axis]
      }
      return place
    }
  }

  mutating func concat(_ constants: [ONNXConstant], axis: Int) throws -> ONNXConstant {
    var shape = constants[0].shape
    shape[axis] = 0
    for constant in constants {
      guard constant.shape.count == shape.count,
        shape.indices.allSatisfy({ $0 == axis || constant.shape[$0] == shape[$0] })
      else { throw PithError(.shapeMismatch, "constants of other sizes are put together") }
      shape[axis] = try shape[axis].checkedAdding(constant.shape[axis], "a folded size")
    }
    let areReal = constants.allSatisfy(\.isFloatingPoint)
    let count = try spend(shape, areWhole: !areReal)
    // Without values the sizes say nothing about how many rows there are.
    let outer = count == 0 ? 0 : shape[..<axis].reduce(1, &*)
    func rows<Value>(_ lists: [[Value]]) -> [Value] {
      (0..<outer).flatMap { row in
        lists.flatMap { list in
          let inner = list.count / outer
          return list[row * inner..<(row + 1) * inner]
        }
      }
    }
    if areReal {
      return ONNXConstant(shape: shape, floats: rows(try constants.map { try $0.floats() }))
    }
    return ONNXConstant(shape: shape, wholes: rows(try constants.map { try $0.wholes() }))
  }

  /// A function of two arrays, one value each, with sizes of 1 repeated.
  mutating func combine(
    _ left: ONNXConstant, _ right: ONNXConstant, _ combination: ONNXCombination
  ) throws -> ONNXConstant {
    let shape = try Broadcast.shape(
      Shape(checking: left.shape), Shape(checking: right.shape)
    ).dimensions
    let (first, second) = (try expand(left, to: shape), try expand(right, to: shape))
    if left.isFloatingPoint, right.isFloatingPoint {
      return ONNXConstant(
        shape: shape,
        floats: zip(try first.floats(), try second.floats()).map(combination.apply))
    }
    return ONNXConstant(
      shape: shape,
      wholes: try zip(first.wholes(), second.wholes()).map { try combination.apply($0, $1) })
  }

  /// Of a shape with a size of 0 they mean nothing, and may wrap.
  private func strides(_ shape: [Int]) -> [Int] {
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      steps[axis] = max(1, steps[axis + 1] &* shape[axis + 1])
    }
    return steps
  }
}

/// A function of two numbers that exporters compute shapes with.
enum ONNXCombination {
  case add
  case subtract
  case multiply
  case divide
  case minimum
  case maximum

  func apply(_ left: Float, _ right: Float) -> Float {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .minimum: Float.minimum(left, right)
    case .maximum: Float.maximum(left, right)
    }
  }

  func apply(_ left: WholeNumber, _ right: WholeNumber) throws -> WholeNumber {
    switch self {
    case .add: return try left.adding(right, sign: 1)
    case .subtract: return try left.adding(right, sign: -1)
    case .multiply: return try left.multiplied(by: right)
    case .minimum, .maximum:
      guard left != right else { return left }
      guard let first = left.fixed, let second = right.fixed else {
        throw PithError(.unsupported, "the number of images is compared")
      }
      return (first < second) == (self == .minimum) ? left : right
    case .divide:
      guard let divisor = right.fixed, divisor != 0 else {
        throw PithError(.unsupported, "a size is divided by the number of images or by 0")
      }
      guard left.images.isMultiple(of: divisor) || left.images == 0, divisor != -1 else {
        throw PithError(.unsupported, "the number of images is divided")
      }
      // Rounded towards 0 unless exact; with images only an exact quotient is the same for any number.
      guard left.images == 0 || left.constant.isMultiple(of: divisor) else {
        throw PithError(.unsupported, "the number of images is divided")
      }
      return WholeNumber(constant: left.constant / divisor, images: left.images / divisor)
    }
  }
}
