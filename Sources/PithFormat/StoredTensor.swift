import PithTensor

/// The values of a tensor in the type in which they are stored.
///
/// Two are equal when they are the same bits: a zero and a negative zero differ, and a NaN equals itself.
struct StoredTensor: Hashable, Sendable {
  let type: ElementType
  /// Every value has an exact representation in ``type``; those of `i8` are integers from -127 to 127.
  let values: [Float]
  /// The factors of `i8` values, one or one for each index of the first dimension; else empty.
  let scales: [Float]

  /// - Parameters:
  ///   - storedType: nil chooses the smallest of binary16, bfloat16 and binary32 that keeps every value.
  /// - Throws: ``PithError`` with the code `invalidValue` when a value has no representation in the type.
  init(
    _ tensor: Tensor, named name: String, logicalType: ElementType, storedType: ElementType?
  ) throws {
    type = storedType ?? StoredTensor.smallestExactType(of: tensor.values, logical: logicalType)
    switch type {
    case .float32:
      values = tensor.values
      scales = []
    case .float16, .bfloat16:
      let type = type
      let rounded = tensor.values.map { type.rounded($0) }
      // Values that are said to have the type must have it; binary32 values may be rounded to a smaller type.
      for (old, new) in zip(tensor.values, rounded) {
        let isKept = old.bitPattern == new.bitPattern
        guard isKept || (logicalType == .float32 && (new.isFinite || !old.isFinite)) else {
          throw PithError(
            .invalidValue, place: "tensor '\(name)'",
            "the value \(old) cannot be stored as \(type.name)",
            advice: "store the tensor as f32")
        }
      }
      values = rounded
      scales = []
    case .int8:
      (values, scales) = try StoredTensor.quantized(tensor, named: name)
    }
  }

  /// The values that a reader gets.
  var decoded: [Float] {
    guard !scales.isEmpty, !values.isEmpty else { return values }
    var product = values
    product.withUnsafeMutableBufferPointer { product in
      scales.withUnsafeBufferPointer { Container.multiply(product, by: $0) }
    }
    return product
  }

  private static func smallestExactType(
    of values: [Float], logical: ElementType
  ) -> ElementType {
    guard logical == .float32 else { return logical }
    return [.float16, .bfloat16].first { type in
      values.allSatisfy { type.rounded($0).bitPattern == $0.bitPattern }
    } ?? .float32
  }

  /// Symmetric linear quantisation: the greatest magnitude of each index of the first dimension becomes 127.
  private static func quantized(
    _ tensor: Tensor, named name: String
  ) throws -> (values: [Float], scales: [Float]) {
    let groups = tensor.shape.rank > 1 ? max(1, tensor.shape[0]) : 1
    let stride = tensor.values.count / groups
    var values: [Float] = []
    var scales: [Float] = []
    values.reserveCapacity(tensor.values.count)
    for group in 0..<groups {
      let part = tensor.values[group * stride..<(group + 1) * stride]
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
    return (values, scales)
  }

  static func == (left: StoredTensor, right: StoredTensor) -> Bool {
    func same(_ left: [Float], _ right: [Float]) -> Bool {
      left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
    }
    return left.type == right.type && same(left.values, right.values)
      && same(left.scales, right.scales)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    values.withUnsafeBytes { hasher.combine(bytes: $0) }
    scales.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension ElementType {
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
