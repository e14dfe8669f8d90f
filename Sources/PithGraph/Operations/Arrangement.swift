package import PithTensor

/// How the shapes of the two sides of an addition or a multiplication meet: aligned at the last
/// dimension, a size of 1 (or a missing dimension) repeats (NumPy's broadcasting rules).
package enum Broadcast {
  package static func shape(_ left: Shape, _ right: Shape) throws -> Shape {
    let rank = max(left.rank, right.rank)
    func sizes(_ shape: Shape) -> [Int] {
      [Int](repeating: 1, count: rank - shape.rank) + shape.dimensions
    }
    let merged = try zip(sizes(left), sizes(right)).map { first, second in
      guard first == second || first == 1 || second == 1 else {
        throw PithError(.shapeMismatch, "shapes \(left) and \(right) do not match")
      }
      return first == 1 ? second : first
    }
    return try Shape(checking: merged)
  }
}

/// The inputs one after the other along an axis; the other dimensions are equal.
public struct Concat: Sendable, Hashable {
  /// Counted with the batch: 1 is the first dimension of an image, its channels.
  public var axis: Int

  public init(axis: Int = 1) {
    self.axis = axis
  }

  func outputShape(_ inputs: [Shape]) throws -> Shape {
    try checkAxis(axis, of: inputs[0])
    var dimensions = inputs[0].dimensions
    for shape in inputs.dropFirst() {
      var expected = dimensions
      guard shape.rank == dimensions.count else {
        throw PithError(.shapeMismatch, "shapes \(inputs[0]) and \(shape) differ in rank")
      }
      expected[axis - 1] = shape[axis - 1]
      guard shape.dimensions == expected else {
        throw PithError(
          .shapeMismatch, "shapes \(inputs[0]) and \(shape) differ in more than axis \(axis)")
      }
      dimensions[axis - 1] = try dimensions[axis - 1].checkedAdding(
        shape[axis - 1], "the size along axis \(axis)")
    }
    return try Shape(checking: dimensions)
  }
}

/// The same values with other dimensions, without the batch; at most one of them is -1: what is left.
public struct Reshape: Sendable, Hashable {
  public var dimensions: [Int]

  public init(_ dimensions: [Int]) {
    self.dimensions = dimensions
  }

  package func outputShape(_ input: Shape) throws -> Shape {
    let known = try Shape(checking: dimensions.filter { $0 != -1 })
    let open = dimensions.count - known.rank
    guard open <= 1 else {
      throw PithError(.invalidGraph, "more than one dimension of \(dimensions) is -1")
    }
    guard open == 0 ? known.count == input.count : known.count > 0 && input.count % known.count == 0
    else {
      throw PithError(
        .shapeMismatch, "an input of shape \(input) cannot take the dimensions \(dimensions)")
    }
    return try Shape(checking: dimensions.map { $0 == -1 ? input.count / known.count : $0 })
  }
}

/// The dimensions in another order.
public struct Transpose: Sendable, Hashable {
  /// For each dimension of the output, the one of the input that it is, from 0 and without the batch.
  public var order: [Int]

  public init(order: [Int]) {
    self.order = order
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard order.sorted() == Array(input.dimensions.indices) else {
      throw PithError(
        .invalidGraph,
        "the order \(order) must name each of the \(input.rank) dimensions of shape \(input) once, from 0"
      )
    }
    return try Shape(checking: order.map { input[$0] })
  }
}

/// A constant value around the input.
public struct Pad: Sendable, Hashable {
  /// How many values come before and after, for each dimension without the batch.
  public var before: [Int]
  public var after: [Int]
  public var value: Double

  public init(before: [Int], after: [Int], value: Double = 0) {
    self.before = before
    self.after = after
    self.value = value
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard before.count == input.rank, after.count == input.rank,
      (before + after).allSatisfy({ $0 >= 0 })
    else {
      throw PithError(
        .invalidGraph,
        "padding \(before) and \(after) must have \(input.rank) sizes each that are not negative")
    }
    guard !value.isNaN else {
      throw PithError(.invalidGraph, "the value of the padding must be a number, not NaN")
    }
    return try Shape(
      checking: input.dimensions.indices.map { axis in
        try input[axis].checkedAdding(before[axis], "the padded size")
          .checkedAdding(after[axis], "the padded size")
      })
  }
}

/// Every `step`-th value from `start` up to, not including, `end`, for each dimension without the batch.
public struct Slice: Sendable, Hashable {
  public var starts: [Int]
  public var ends: [Int]
  public var steps: [Int]

  public init(starts: [Int], ends: [Int], steps: [Int]) {
    self.starts = starts
    self.ends = ends
    self.steps = steps
  }

  func outputShape(_ input: Shape) throws -> Shape {
    guard [starts, ends, steps].allSatisfy({ $0.count == input.rank }) else {
      throw PithError(
        .invalidGraph, "starts, ends and steps must have \(input.rank) numbers each")
    }
    return try Shape(
      checking: input.dimensions.indices.map { axis in
        let (start, end, step) = (starts[axis], ends[axis], steps[axis])
        guard start >= 0, start < end, end <= input[axis], step >= 1 else {
          throw PithError(
            .invalidGraph,
            "slice \(start) to \(end) step \(step) does not lie in dimension \(axis + 1) of shape \(input)"
          )
        }
        return (end - start - 1) / step + 1
      })
  }
}

/// A tensor that is part of the model, parameter `value`; the same for every image of a batch.
public struct Constant: Sendable, Hashable {
  /// Without the batch.
  public var shape: [Int]

  public init(shape: [Int]) {
    self.shape = shape
  }
}
