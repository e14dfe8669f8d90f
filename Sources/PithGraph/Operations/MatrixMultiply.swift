import PithTensor

/// The product of matrices, `[..., m, k] x [..., k, n] -> [..., m, n]`; the dimensions before repeat as in an addition.
enum MatrixMultiply {
  static func outputShape(_ left: Shape, _ right: Shape) throws -> Shape {
    guard left.rank >= 2, right.rank >= 2, left[left.rank - 1] == right[right.rank - 2] else {
      throw PithError(
        .shapeMismatch,
        "needs two inputs of ... x m x k and ... x k x n but gets \(left) and \(right)")
    }
    let outer = try Broadcast.shape(
      Shape(checking: Array(left.dimensions.dropLast(2))),
      Shape(checking: Array(right.dimensions.dropLast(2))))
    return try Shape(
      checking: outer.dimensions + [left[left.rank - 2], right[right.rank - 1]])
  }
}
