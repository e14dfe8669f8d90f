import PithGraph
import PithTensor

/// Operators that exporters compute shapes with; most of them fold away.
extension ONNXImport {
  func constant(_ node: ONNXNode) throws -> [Value] {
    guard node.attributes.count <= 1 else {
      throw PithError(
        .malformedCheckpoint,
        "has several values: \(node.attributes.keys.sorted().joined(separator: ", "))")
    }
    switch node.attributes.first.map({ ($0.key, $0.value) }) {
    case ("value", .tensor(let tensor))?:
      return [.constant(ONNXConstant(tensor, isInitializer: false))]
    case ("value_float", .real(let value))?:
      return [.constant(ONNXConstant(shape: [], floats: [value]))]
    case ("value_floats", .reals(let values))?:
      return [.constant(ONNXConstant(shape: [values.count], floats: values))]
    case ("value_int", .integer(let value))?:
      return [
        .constant(ONNXConstant(shape: [], wholes: [WholeNumber(constant: Int(value))]))
      ]
    case ("value_ints", .integers(let values))?:
      return [.constant(ONNXConstant(values.map { WholeNumber(constant: Int($0)) }))]
    default:
      throw PithError(.unsupported, "has no value that is a number or a list of numbers")
    }
  }

  mutating func constantOfShape(_ node: ONNXNode) throws -> [Value] {
    let shape = try constant(node, 0, "the shape").fixedWholes("the shape")
    guard case .tensor(let tensor)? = node.attributes["value"] else {
      let count = try folding.spend(shape, areWhole: false)
      return [
        .constant(ONNXConstant(shape: shape, floats: [Float](repeating: 0, count: count)))
      ]
    }
    let value = ONNXConstant(tensor, isInitializer: false)
    guard value.count == 1 else {
      throw PithError(.malformedCheckpoint, "the value has the shape \(value.shape)")
    }
    let count = try folding.spend(shape, areWhole: !value.isFloatingPoint)
    if value.isFloatingPoint {
      return [
        .constant(
          ONNXConstant(
            shape: shape, floats: [Float](repeating: try value.floats()[0], count: count)))
      ]
    }
    return [
      .constant(
        ONNXConstant(
          shape: shape, wholes: [WholeNumber](repeating: try value.wholes()[0], count: count)))
    ]
  }

  func shape(_ node: ONNXNode) throws -> [Value] {
    let sizes =
      switch try input(node, 0) {
      case .activation(let activation): sizes(of: activation)
      case .constant(let constant): constant.shape.map { WholeNumber(constant: $0) }
      case .unavailable: [WholeNumber]()
      }
    func bound(_ name: String, default value: Int) throws -> Int {
      let position = try node.integer(name, default: value)
      return min(max(position < 0 ? position &+ sizes.count : position, 0), sizes.count)
    }
    let (start, end) = (try bound("start", default: 0), try bound("end", default: sizes.count))
    return [.constant(ONNXConstant(start < end ? Array(sizes[start..<end]) : []))]
  }

  /// Cast and CastLike: all computing is in binary32.
  func cast(_ node: ONNXNode) throws -> [Value] {
    let isFloatingPoint: Bool
    let isWhole: Bool
    if node.operation == "Cast" {
      let type = ONNXElementType(rawValue: try node.integer("to", default: 0))
      isFloatingPoint = type?.isFloatingPoint ?? false
      isWhole = type == .int64 || type == .int32
    } else {
      switch try input(node, 1) {
      case .activation: isFloatingPoint = true
      case .constant(let like): isFloatingPoint = like.isFloatingPoint
      case .unavailable: isFloatingPoint = false
      }
      isWhole = !isFloatingPoint
    }
    switch try input(node, 0) {
    case .activation(let activation) where isFloatingPoint: return [.activation(activation)]
    case .constant(let constant)
    where constant.isFloatingPoint == isFloatingPoint && (isFloatingPoint || isWhole):
      return [.constant(constant)]
    case .constant(let constant) where isFloatingPoint:
      let values = try constant.fixedWholes("a number that becomes real").map { Float($0) }
      return [.constant(ONNXConstant(shape: constant.shape, floats: values))]
    case .constant(let constant) where isWhole:
      let values = try constant.floats().map { value -> WholeNumber in
        // A list of sizes: exact, and far from the ends.
        guard let number = Int(exactly: value.rounded(.towardZero)) else {
          throw PithError(.unsupported, "\(value) does not become a whole number")
        }
        return WholeNumber(constant: number)
      }
      return [.constant(ONNXConstant(shape: constant.shape, wholes: values))]
    case .activation, .constant, .unavailable:
      throw PithError(.unsupported, "makes of the values what are not floating-point numbers")
    }
  }

  mutating func gather(_ node: ONNXNode) throws -> [Value] {
    let indices = try constant(node, 1, "the list of indices")
    let numbers = try indices.fixedWholes("an index")
    let number = try node.integer("axis", default: 0)
    func position(_ index: Int, of size: Int) throws -> Int {
      guard index >= -size, index < size else {
        throw PithError(.malformedCheckpoint, "index \(index) is not one of \(size)")
      }
      return index < 0 ? index + size : index
    }
    switch try input(node, 0) {
    case .constant(let data):
      let axis = try axis(number, of: data.shape.count)
      return [
        .constant(
          try folding.gather(
            data, axis: axis, indices: numbers.map { try position($0, of: data.shape[axis]) },
            shape: indices.shape))
      ]
    case .activation(let data):
      let axis = try layerAxis(number, of: data) - 1
      let places = try numbers.map { try position($0, of: data.shape[axis]) }
      var sizes = data.shape.dimensions
      sizes.replaceSubrange(axis...axis, with: indices.shape)
      return try pick(places, of: data, axis: axis, shape: sizes, for: node)
    case .unavailable: return []
    }
  }

  /// The values at some places of an axis, with an array of places as a shape in place of the axis.
  private mutating func pick(
    _ places: [Int], of data: Activation, axis: Int, shape sizes: [Int], for node: ONNXNode
  ) throws -> [Value] {
    // Places that follow each other are one slice.
    var runs: [Range<Int>] = []
    for place in places {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    guard (1...Self.mostRuns).contains(runs.count) else {
      throw PithError(
        .unsupported,
        "picks \(runs.count) parts of an axis; 1 to \(Self.mostRuns) are read")
    }
    func slice(_ run: Range<Int>) -> Operation {
      var (starts, ends) = ([Int](repeating: 0, count: data.shape.rank), data.shape.dimensions)
      (starts[axis], ends[axis]) = (run.lowerBound, run.upperBound)
      return .slice(
        Slice(starts: starts, ends: ends, steps: [Int](repeating: 1, count: data.shape.rank)))
    }
    let keepsRank = sizes.count == data.shape.rank
    if runs.count == 1, keepsRank { return try layer(slice(runs[0]), [data], for: node) }
    var parts: [Activation] = []
    for run in runs { parts.append(try step(slice(run), [data], for: node)) }
    guard runs.count > 1 else {
      return try layer(.reshape(Reshape(sizes)), parts, for: node)
    }
    let concat = Operation.concat(Concat(axis: axis + 1))
    if keepsRank { return try layer(concat, parts, for: node) }
    return try layer(.reshape(Reshape(sizes)), [step(concat, parts, for: node)], for: node)
  }

  /// A slice for each run: beyond this a network would be made of slices.
  private static let mostRuns = 1024

  mutating func expand(_ node: ONNXNode) throws -> [Value] {
    let target = try constant(node, 1, "the shape").wholes()
    switch try input(node, 0) {
    case .constant(let constant):
      let sizes = try self.constant(node, 1, "the shape").fixedWholes("the shape")
      let shape = try Broadcast.shape(
        Shape(checking: constant.shape), Shape(checking: sizes))
      return [.constant(try folding.expand(constant, to: shape.dimensions))]
    case .activation(let input):
      var sizes = target
      if hasBatch, sizes.count >= rank(input) {
        guard sizes.count == rank(input), isBatch(sizes[0]) || sizes[0].fixed == 1 else {
          throw PithError(.unsupported, "repeats images, or gives the value another dimension")
        }
        sizes.removeFirst()
      }
      let shape = try Shape(
        checking: sizes.map { size in
          guard let size = size.fixed else {
            throw PithError(.unsupported, "the shape depends on the number of images")
          }
          return size
        })
      let expanded = try Broadcast.shape(input.shape, shape)
      guard expanded != input.shape else { return [.activation(input)] }
      let count = try folding.spend(shape.dimensions, areWhole: false)
      let zeros = try activation(
        .constant(
          ONNXConstant(shape: shape.dimensions, floats: [Float](repeating: 0, count: count))),
        for: node)
      return try layer(.add, [input, zeros], for: node)
    case .unavailable: return []
    }
  }
}
