import PithTensor

/// Where the values of a tensor lie in a run of elements of one type.
struct StridedLayout {
  var type: SourceType
  /// The first element.
  var offset: Int
  var sizes: [Int]
  /// For each dimension the distance of neighbours, in elements.
  var strides: [Int]

  /// The shape, when every element that the sizes, strides and offset reach exists.
  ///
  /// - Parameter available: the number of elements.
  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, `shapeMismatch` or `limitExceeded`.
  func checkedShape(available: Int) throws -> Shape {
    guard sizes.count == strides.count, offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
      throw PithError(
        .malformedCheckpoint,
        "the sizes \(sizes), strides \(strides) and offset \(offset) make no sense together")
    }
    let shape = try Shape(checking: sizes)
    guard shape.count > 0 else { return shape }
    var last = offset
    for (size, stride) in zip(sizes, strides) {
      let extent = try (size - 1).checkedMultiplying(stride, "the extent of a dimension")
      last = try last.checkedAdding(extent, "the last element")
    }
    guard last < available else {
      throw PithError(
        .malformedCheckpoint,
        "the sizes \(sizes), strides \(strides) and offset \(offset) reach element \(last) "
          + "but there are \(available)")
    }
    return shape
  }

  /// The values in row-major order; `float64` is rounded to the nearest, ties to even.
  ///
  /// - Parameters:
  ///   - shape: the result of ``checkedShape(available:)``.
  ///   - bytes: all elements; a load outside of them traps, which the check has ruled out.
  ///   - isBigEndian: the order of the bytes of each element.
  func read(_ shape: Shape, from bytes: ArraySlice<UInt8>, isBigEndian: Bool) throws -> Tensor {
    let span = bytes.span.bytes
    let values: [Float] =
      switch type {
      case .float32:
        gather(shape, span, isBigEndian) { (bits: UInt32) in Float(bitPattern: bits) }
      case .float64:
        gather(shape, span, isBigEndian) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
      case .float16:
        gather(shape, span, isBigEndian) { HalfPrecision.float(float16Bits: $0) }
      case .bfloat16:
        gather(shape, span, isBigEndian) { HalfPrecision.float(bfloat16Bits: $0) }
      case .int64: gather(shape, span, isBigEndian) { (value: Int64) in Float(value) }
      case .int32: gather(shape, span, isBigEndian) { (value: Int32) in Float(value) }
      case .int16: gather(shape, span, isBigEndian) { (value: Int16) in Float(value) }
      case .int8: gather(shape, span, isBigEndian) { (value: Int8) in Float(value) }
      case .uint8: gather(shape, span, isBigEndian) { (value: UInt8) in Float(value) }
      case .bool: gather(shape, span, isBigEndian) { (value: UInt8) in value == 0 ? 0 : 1 }
      }
    return try Tensor(shape: shape, values: values)
  }

  private func gather<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ shape: Shape, _ bytes: RawSpan, _ isBigEndian: Bool, _ convert: (Bits) -> Float
  ) -> [Float] {
    guard shape.count > 0 else { return [] }
    var values: [Float] = []
    values.reserveCapacity(shape.count)
    let rowCount = sizes.last ?? 1
    let rowStride = strides.last ?? 0
    var index = [Int](repeating: 0, count: max(0, sizes.count - 1))
    var rowStart = offset
    while true {
      for column in 0..<rowCount {
        let element = rowStart &+ column &* rowStride
        let bits = bytes.unsafeLoadUnaligned(
          fromByteOffset: element &* MemoryLayout<Bits>.size, as: Bits.self)
        values.append(convert(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits)))
      }
      var axis = index.count - 1
      while axis >= 0 {
        // The stride of a dimension of size 1 may be anything, so these sums may wrap on their way back.
        index[axis] += 1
        rowStart &+= strides[axis]
        if index[axis] < sizes[axis] { break }
        rowStart &-= strides[axis] &* sizes[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return values }
    }
  }
}
