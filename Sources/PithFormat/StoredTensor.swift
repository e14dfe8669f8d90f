import PithTensor

/// The values of a tensor in the type in which they are stored.
///
/// Two are equal when they are the same bits: a zero and a negative zero differ, and a NaN equals itself.
struct StoredTensor: Hashable, Sendable {
  let type: ElementType
  /// Every value has an exact representation in ``type``; those of `i8` are integers from -127 to 127.
  let values: TensorValues
  /// The factors of `i8` values, one or one for each index of the first dimension; else nil.
  let scales: TensorValues?

  /// - Parameters:
  ///   - storedType: nil chooses the smallest of binary16, bfloat16 and binary32 that keeps every value.
  /// - Throws: ``PithError`` with the code `invalidValue` when a value has no representation in the type.
  init(
    _ tensor: TensorValues, named name: String, logicalType: ElementType, storedType: ElementType?
  ) throws {
    let type = storedType ?? StoredTensor.smallestExactType(of: tensor, logical: logicalType)
    self.type = type
    switch type {
    case .float32:
      (values, scales) = (tensor, nil)
    case .float16, .bfloat16:
      // Values that have the type stay where they are.
      values =
        tensor.withValues(type.isExact)
        ? tensor
        : try StoredTensor.rounded(tensor, to: type, named: name, logicalType: logicalType)
      scales = nil
    case .int8:
      (values, scales) = try StoredTensor.quantized(tensor, named: name)
    }
  }

  /// Calls `body` with the values that a reader gets.
  func withDecoded(_ body: (UnsafeBufferPointer<Float>) -> Void) {
    guard let scales, values.shape.count > 0 else { return values.withValues(body) }
    var product = values.withValues { Array($0) }
    product.withUnsafeMutableBufferPointer { product in
      scales.withValues { Container.multiply(product, by: $0) }
      body(UnsafeBufferPointer(product))
    }
  }

  private static func smallestExactType(
    of tensor: TensorValues, logical: ElementType
  ) -> ElementType {
    guard logical == .float32 else { return logical }
    return [.float16, .bfloat16].first { tensor.withValues($0.isExact) } ?? .float32
  }

  /// Values that are said to have the type must have it; binary32 values may be rounded to a smaller type.
  private static func rounded(
    _ tensor: TensorValues, to type: ElementType, named name: String, logicalType: ElementType
  ) throws -> TensorValues {
    try tensor.withValues { values in
      let rounded = values.map { type.rounded($0) }
      for (old, new) in zip(values, rounded) {
        let isKept = old.bitPattern == new.bitPattern
        guard isKept || (logicalType == .float32 && (new.isFinite || !old.isFinite)) else {
          throw PithError(
            .invalidValue, place: "tensor '\(name)'",
            "the value \(old) cannot be stored as \(type.name)",
            advice: "store the tensor as f32")
        }
      }
      return TensorValues(try Tensor(shape: tensor.shape, values: rounded))
    }
  }

  /// Symmetric linear quantisation: the greatest magnitude of each index of the first dimension becomes 127.
  private static func quantized(
    _ tensor: TensorValues, named name: String
  ) throws -> (values: TensorValues, scales: TensorValues) {
    let groups = tensor.shape.rank > 1 ? max(1, tensor.shape[0]) : 1
    let stride = tensor.shape.count / groups
    var values: [Float] = []
    var scales: [Float] = []
    values.reserveCapacity(tensor.shape.count)
    try tensor.withValues { source in
      for group in 0..<groups {
        let part = source[group * stride..<(group + 1) * stride]
        var magnitude: Float = 0
        for value in part {
          guard value.isFinite else {
            throw PithError(
              .invalidValue, place: "tensor '\(name)'", "the value \(value) cannot be stored as i8",
              advice: "store the tensor as f32")
          }
          magnitude = max(magnitude, value.magnitude)
        }
        let scale = magnitude == 0 ? 1 : max(magnitude / 127, .leastNonzeroMagnitude)
        scales.append(scale)
        for value in part {
          // Adding zero turns a negative zero, which no integer is, into zero.
          values.append(min(127, max(-127, (value / scale).rounded(.toNearestOrEven))) + 0)
        }
      }
    }
    return (
      TensorValues(try Tensor(shape: tensor.shape, values: values)),
      TensorValues(try Tensor(shape: Shape(checking: [groups]), values: scales))
    )
  }

  static func == (left: StoredTensor, right: StoredTensor) -> Bool {
    func same(_ left: TensorValues, _ right: TensorValues) -> Bool {
      left.withValues { left in
        right.withValues { right in
          left.count == right.count
            && UnsafeRawBufferPointer(left).elementsEqual(UnsafeRawBufferPointer(right))
        }
      }
    }
    guard left.type == right.type, same(left.values, right.values) else { return false }
    guard let leftScales = left.scales, let rightScales = right.scales else {
      return left.scales == nil && right.scales == nil
    }
    return same(leftScales, rightScales)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    values.withValues { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    scales?.withValues { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension ElementType {
  /// Whether every value has an exact representation in this floating-point type.
  fileprivate func isExact(_ values: UnsafeBufferPointer<Float>) -> Bool {
    values.allSatisfy { rounded($0).bitPattern == $0.bitPattern }
  }

  /// The value of this floating-point type that is nearest to `value`.
  fileprivate func rounded(_ value: Float) -> Float {
    switch self {
    case .float32, .int8: value
    case .float16: HalfPrecision.float(float16Bits: HalfPrecision.float16Bits(value))
    case .bfloat16: HalfPrecision.float(bfloat16Bits: HalfPrecision.bfloat16Bits(value))
    }
  }

  /// The bits of a value that this type represents exactly.
  func bits(of value: Float) -> UInt32 {
    switch self {
    case .float32: value.bitPattern
    case .float16: UInt32(HalfPrecision.float16Bits(value))
    case .bfloat16: UInt32(HalfPrecision.bfloat16Bits(value))
    case .int8: UInt32(UInt8(bitPattern: Int8(value)))
    }
  }
}
