import PithGraph
import PithTensor

/// Operators that move values without changing them.
extension ONNXImport {
  mutating func concat(_ node: ONNXNode) throws -> [Value] {
    let inputs = try node.inputs.indices.map { try input(node, $0) }
    guard !inputs.isEmpty else { throw PithError(.malformedCheckpoint, "has no input") }
    guard node.attributes["axis"] != nil else {
      throw PithError(.malformedCheckpoint, "the attribute 'axis' is missing")
    }
    let number = try node.integer("axis", default: 1)
    let constants = inputs.compactMap { value in
      if case .constant(let constant) = value { constant } else { nil }
    }
    if constants.count == inputs.count {
      return [
        .constant(
          try folding.concat(constants, axis: axis(number, of: constants[0].shape.count)))
      ]
    }
    var rank = 0
    for case .activation(let activation) in inputs { rank = self.rank(activation) }
    let parts = try inputs.map { value in
      if case .constant(let constant) = value {
        guard constant.shape.count == rank else {
          throw PithError(
            .shapeMismatch,
            "a constant of shape \(constant.shape) is put beside a value of \(rank) dimensions")
        }
        return try activation(.constant(withoutBatch(constant, beside: rank)), for: node)
      }
      return try activation(value, for: node)
    }
    return try layer(.concat(Concat(axis: layerAxis(number, of: parts[0]))), parts, for: node)
  }

  /// Sizes for the values of an activation, with the batch first when there is one.
  private mutating func reshape(
    _ input: Activation, to sizes: [WholeNumber], copiesZero: Bool, for node: ONNXNode
  ) throws -> [Value] {
    let own = self.sizes(of: input)
    var sizes = try sizes.enumerated().map { index, size -> WholeNumber in
      guard size.fixed == 0, copiesZero else { return size }
      guard index < own.count else {
        throw PithError(.malformedCheckpoint, "size \(index) is to be copied, but there is none")
      }
      return own[index]
    }
    if hasBatch {
      guard !sizes.isEmpty else {
        throw PithError(.unsupported, "makes one number of all images")
      }
      let known = sizes.dropFirst().map(\.fixed)
      let rest = known.reduce(1 as Int?) { product, size in
        guard let product, let size, size >= 0 else { return nil }
        let (value, overflow) = product.multipliedReportingOverflow(by: size)
        return overflow ? nil : value
      }
      // Either the batch itself, or -1 before sizes that one image fills exactly.
      guard isBatch(sizes[0]) || (sizes[0].fixed == -1 && rest == input.shape.count) else {
        throw PithError(
          .unsupported,
          "reshapes \(input.shape) of each image so that values of several images share a row",
          advice: "say with --no-batch that the first dimension of the inputs is not a batch")
      }
      sizes.removeFirst()
    }
    let dimensions = try sizes.map { size -> Int in
      guard let size = size.fixed else {
        throw PithError(.unsupported, "a size other than the first depends on the number of images")
      }
      return size
    }
    let reshape = Reshape(dimensions)
    let shape = try reshape.outputShape(input.shape)
    guard shape != input.shape else { return [.activation(input)] }
    return try layer(
      shape.rank == 1 ? .flatten : .reshape(Reshape(shape.dimensions)), [input], for: node)
  }

  mutating func reshape(_ node: ONNXNode) throws -> [Value] {
    let sizes = try constant(node, 1, "the shape")
    let copiesZero = try !node.flag("allowzero", default: false)
    switch try input(node, 0) {
    case .activation(let input):
      return try reshape(input, to: sizes.wholes(), copiesZero: copiesZero, for: node)
    case .constant(var constant):
      let own = constant.shape
      let dimensions = try sizes.fixedWholes("the shape").enumerated().map { index, size in
        size == 0 && copiesZero && index < own.count ? own[index] : size
      }
      guard dimensions.count <= limits.rank else {
        throw PithError(
          .limitExceeded, "makes \(dimensions.count) dimensions; \(limits.rank) are the most")
      }
      constant.shape = try Reshape(dimensions).outputShape(Shape(checking: own)).dimensions
      constant.initializer = nil
      return [.constant(constant)]
    case .unavailable: return []
    }
  }

  mutating func flatten(_ node: ONNXNode) throws -> [Value] {
    let input = try activation(node, 0)
    let rank = rank(input)
    let number = try node.integer("axis", default: 1)
    guard number >= -rank, number <= rank else {
      throw PithError(.malformedCheckpoint, "axis \(number) is not one of \(rank) dimensions")
    }
    let axis = number < 0 ? number + rank : number
    let sizes = sizes(of: input)
    if hasBatch {
      guard axis == 1 || (axis == 0 && staticBatch == 1) else {
        throw PithError(
          .unsupported, "with axis \(number), images and their values share a dimension",
          advice: "say with --no-batch that the first dimension of the inputs is not a batch")
      }
      guard input.shape.rank != 1 else { return [.activation(input)] }
      return try layer(.flatten, [input], for: node)
    }
    func product(_ part: ArraySlice<WholeNumber>) -> Int {
      part.reduce(1) { $0 &* $1.constant }
    }
    return try layer(
      .reshape(Reshape([product(sizes[..<axis]), product(sizes[axis...])])), [input], for: node)
  }

  /// The axes of an attribute or, in later versions, of an input.
  private func axes(_ node: ONNXNode, inputFrom later: Int) throws -> [Int]? {
    version < later
      ? try node.integers("axes")
      : try optionalConstant(node, 1, "the list of axes")?.fixedWholes("the list of axes")
  }

  mutating func squeeze(_ node: ONNXNode) throws -> [Value] {
    let given = try axes(node, inputFrom: 13)
    func kept<Size>(_ sizes: [Size], isOne: (Size) -> Bool) throws -> [Size] {
      let removed = try given.map { Set(try $0.map { try axis($0, of: sizes.count) }) }
      for axis in removed ?? [] where !isOne(sizes[axis]) {
        throw PithError(.shapeMismatch, "axis \(axis) does not have the size 1")
      }
      return sizes.indices.filter { axis in
        removed.map { !$0.contains(axis) } ?? !isOne(sizes[axis])
      }.map { sizes[$0] }
    }
    switch try input(node, 0) {
    case .constant(var constant):
      constant.shape = try kept(constant.shape) { $0 == 1 }
      return [.constant(constant)]
    case .activation(let input):
      // The batch stays, also where the file has one image only: then no other dimension may lose its place by that.
      let sizes = try kept(self.sizes(of: input)) {
        $0.fixed == 1 || ($0 == .batch && given != nil && staticBatch == 1)
      }
      guard !hasBatch || sizes.first == .batch else {
        throw PithError(.unsupported, "takes the dimension of the batch away")
      }
      guard given != nil || !hasBatch || staticBatch != 1 || sizes.count <= 2 else {
        throw PithError(
          .unsupported, "takes every dimension of size 1 away, that of the batch among them",
          advice: "export the model with a batch that may vary, or name the axes")
      }
      return try reshape(input, to: sizes, copiesZero: false, for: node)
    case .unavailable: return []
    }
  }

  mutating func unsqueeze(_ node: ONNXNode) throws -> [Value] {
    guard let given = try axes(node, inputFrom: 13) else {
      throw PithError(.malformedCheckpoint, "the list of axes is missing")
    }
    func widened<Size>(_ sizes: [Size], _ one: Size) throws -> [Size] {
      let rank = sizes.count + given.count
      guard rank <= limits.rank else {
        throw PithError(.limitExceeded, "makes \(rank) dimensions; \(limits.rank) are the most")
      }
      let places = Set(try given.map { try axis($0, of: rank) })
      guard places.count == given.count else {
        throw PithError(.malformedCheckpoint, "the axes \(given) name one twice")
      }
      var rest = sizes[...]
      return (0..<rank).map { places.contains($0) ? one : rest.removeFirst() }
    }
    switch try input(node, 0) {
    case .constant(var constant):
      constant.shape = try widened(constant.shape, 1)
      return [.constant(constant)]
    case .activation(let input):
      let sizes = try widened(self.sizes(of: input), WholeNumber(constant: 1))
      guard !hasBatch || sizes[0] == .batch else {
        throw PithError(.unsupported, "puts a dimension before the batch")
      }
      return try reshape(input, to: sizes, copiesZero: false, for: node)
    case .unavailable: return []
    }
  }

  mutating func transpose(_ node: ONNXNode) throws -> [Value] {
    func order(_ rank: Int) throws -> [Int] {
      let order = try node.integers("perm") ?? Array((0..<rank).reversed())
      guard order.sorted() == Array(0..<rank) else {
        throw PithError(.malformedCheckpoint, "perm is \(order) but there are \(rank) dimensions")
      }
      return order
    }
    switch try input(node, 0) {
    case .constant(let constant):
      return [.constant(try folding.transpose(constant, order: order(constant.shape.count)))]
    case .activation(let input):
      var order = try order(rank(input))
      if hasBatch {
        guard order.removeFirst() == 0 else {
          throw PithError(.unsupported, "moves the batch to another place")
        }
        order = order.map { $0 - 1 }
      }
      guard order != order.sorted() else { return [.activation(input)] }
      return try layer(.transpose(Transpose(order: order)), [input], for: node)
    case .unavailable: return []
    }
  }

  // MARK: parts

  mutating func slice(_ node: ONNXNode) throws -> [Value] {
    func list(_ name: String, _ position: Int) throws -> [Int]? {
      if version < 10 { return try node.integers(name) }
      return try optionalConstant(node, position, name)?.fixedWholes(name)
    }
    guard let starts = try list("starts", 1), let ends = try list("ends", 2) else {
      throw PithError(.malformedCheckpoint, "starts or ends are missing")
    }
    let axes = try list("axes", 3) ?? Array(starts.indices)
    let steps = try list("steps", 4) ?? [Int](repeating: 1, count: starts.count)
    guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count else {
      throw PithError(.malformedCheckpoint, "starts, ends, axes and steps differ in number")
    }
    let value = try input(node, 0)
    let sizes: [Int?]
    switch value {
    case .constant(let constant): sizes = constant.shape
    case .activation(let activation): sizes = self.sizes(of: activation).map(\.fixed)
    case .unavailable: return []
    }
    var ranges = sizes.map { (start: 0, end: $0 ?? 0, count: $0 ?? 0, step: 1) }
    for (index, number) in axes.enumerated() {
      let axis = try axis(number, of: sizes.count)
      guard let size = sizes[axis] else {
        // The batch: all of it, or nothing that holds for any number of images.
        guard starts[index] == 0, steps[index] == 1,
          ends[index] >= Int(Int32.max) || ends[index] == staticBatch
        else { throw PithError(.unsupported, "takes some of the images") }
        continue
      }
      ranges[axis] = try Self.range(
        start: starts[index], end: ends[index], step: steps[index], of: size)
    }
    switch value {
    case .constant(let constant):
      return [
        .constant(
          try folding.slice(constant, ranges: ranges.map { ($0.start, $0.count, $0.step) }))
      ]
    case .activation(let input):
      let parts = Array(ranges.dropFirst(hasBatch ? 1 : 0))
      guard parts.allSatisfy({ $0.count > 0 }) else {
        throw PithError(.unsupported, "takes nothing of an axis")
      }
      guard parts.allSatisfy({ $0.step > 0 }) else {
        throw PithError(.unsupported, "goes backwards")
      }
      let isAll = zip(parts, input.shape.dimensions).allSatisfy { $0.step == 1 && $0.count == $1 }
      guard !isAll else { return [.activation(input)] }
      return try layer(
        .slice(
          Slice(
            starts: parts.map(\.start), ends: parts.map(\.end), steps: parts.map(\.step))),
        [input], for: node)
    case .unavailable: return []
    }
  }

  /// A range as NumPy cuts it.
  private static func range(
    start: Int, end: Int, step: Int, of size: Int
  ) throws -> (start: Int, end: Int, count: Int, step: Int) {
    guard step != 0, step > Int.min else { throw PithError(.malformedCheckpoint, "a step is 0") }
    func place(_ position: Int, _ bounds: ClosedRange<Int>) -> Int {
      min(max(position < 0 ? position &+ size : position, bounds.lowerBound), bounds.upperBound)
    }
    guard size > 0 else { return (0, 0, 0, step) }
    if step > 0 {
      let (first, last) = (place(start, 0...size), place(end, 0...size))
      // No wider than the axis, so that nothing overflows.
      let step = min(step, size)
      return (first, last, first < last ? (last - first - 1) / step + 1 : 0, step)
    }
    let first = place(start, 0...(size - 1))
    let last = end < -size ? -1 : place(end, -1...(size - 1))
    let width = max(step, -size)
    return (first, last, first > last ? (first - last - 1) / -width + 1 : 0, width)
  }

  mutating func split(_ node: ONNXNode) throws -> [Value] {
    let number = try node.integer("axis", default: 0)
    let given =
      version < 13
      ? try node.integers("split")
      : try optionalConstant(node, 1, "the list of sizes")?.fixedWholes("the list of sizes")
    let input = try activation(node, 0)
    let axis = try layerAxis(number, of: input) - 1
    let size = input.shape[axis]
    let count = node.outputs.count
    // Equal parts, the last one smaller.
    let part = (size + count - 1) / max(count, 1)
    let sizes = given ?? (0..<count).map { min(part, max(0, size - $0 * part)) }
    guard sizes.count == count, sizes.allSatisfy({ $0 >= 0 && $0 <= size }),
      sizes.reduce(0, +) == size
    else {
      throw PithError(
        .malformedCheckpoint, "an axis of \(size) is cut into \(sizes) for \(count) outputs")
    }
    var start = 0
    var results: [Value] = []
    for (index, length) in sizes.enumerated() {
      var (starts, ends) = ([Int](repeating: 0, count: input.shape.rank), input.shape.dimensions)
      (starts[axis], ends[axis]) = (start, start + length)
      start += length
      guard length > 0 else {
        results.append(.unavailable("output \(index) of a Split has no values"))
        continue
      }
      var part = node
      part.outputs = [node.outputs[index]]
      if index > 0 || node.name.isEmpty { part.name = node.outputs[index] }
      results += try layer(
        .slice(
          Slice(starts: starts, ends: ends, steps: [Int](repeating: 1, count: input.shape.rank))),
        [input], for: part)
    }
    return results
  }

  mutating func pad(_ node: ONNXNode) throws -> [Value] {
    let mode = try node.text("mode", default: "constant")
    guard mode == "constant" else {
      throw PithError(.unsupported, "pads in the mode '\(mode)'; only 'constant' is read")
    }
    var pads: [Int]?
    var value = 0.0
    if version < 11 {
      pads = try node.integers("pads") ?? node.integers("paddings")
      value = try node.real("value", default: 0)
    } else {
      pads = try optionalConstant(node, 1, "the padding")?.fixedWholes("the padding")
      value = try optionalConstant(node, 2, "the value")?.scalar("the value") ?? 0
    }
    let input = try activation(node, 0)
    let rank = rank(input)
    let axes =
      try optionalConstant(node, 3, "the list of axes")?.fixedWholes("the list of axes")
      ?? Array(0..<rank)
    guard let pads, pads.count == 2 * axes.count else {
      throw PithError(
        .malformedCheckpoint,
        "there are \(pads?.count ?? 0) sizes of padding for \(axes.count) axes")
    }
    var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
    for (index, number) in axes.enumerated() {
      let axis = try axis(number, of: rank)
      (before[axis], after[axis]) = (pads[index], pads[index + axes.count])
    }
    if hasBatch {
      guard before.removeFirst() == 0, after.removeFirst() == 0 else {
        throw PithError(.unsupported, "adds images to the batch")
      }
    }
    var padded = input
    if (before + after).contains(where: { $0 < 0 }) {
      let starts = before.map { max(0, 0 - max($0, -Int.max)) }
      let ends = try zip(input.shape.dimensions, after).map { size, count in
        try size.checkedAdding(min(0, count), "the end of a cut")
      }
      padded = try step(
        .slice(Slice(starts: starts, ends: ends, steps: [Int](repeating: 1, count: starts.count))),
        [padded], for: node)
    }
    let pad = Pad(before: before.map { max(0, $0) }, after: after.map { max(0, $0) }, value: value)
    guard (pad.before + pad.after).contains(where: { $0 > 0 }) else { return [.activation(padded)] }
    return try layer(.pad(pad), [padded], for: node)
  }
}
