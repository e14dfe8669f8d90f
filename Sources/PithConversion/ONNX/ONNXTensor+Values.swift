import PithTensor

extension ONNXTensor {
  /// The values of a tensor of floating-point numbers, in row-major order; `float64` is rounded to the nearest.
  ///
  /// - Throws: ``PithError`` with the code `unsupported` when the type is another one, `malformedCheckpoint` when
  ///   the values are not as many as the shape says, `fileAccess` when a file with them cannot be read.
  package func floats() throws -> [Float] {
    guard type.isFloatingPoint, let source = type.sourceType else {
      throw typeError("a floating-point type")
    }
    switch storage {
    case .raw, .external:
      let bytes = try littleEndianBytes()
      let count = bytes.count / source.byteCount
      let layout = StridedLayout(type: source, offset: 0, sizes: [count], strides: [1])
      return try layout.read(Shape(checking: [count]), from: bytes, isBigEndian: false).values
    case .floats(let values):
      try checkStorage()
      return values
    case .doubles(let values):
      try checkStorage()
      return values.map { Float($0) }
    case .integers(let patterns):
      try checkStorage()
      return patterns.map {
        let bits = UInt16(truncatingIfNeeded: $0)
        return type == .float16
          ? HalfPrecision.float(float16Bits: bits) : HalfPrecision.float(bfloat16Bits: bits)
      }
    }
  }

  /// The values of a tensor of integers or booleans (0 and 1), in row-major order.
  ///
  /// - Throws: ``PithError`` as ``floats()``, and with the code `invalidValue` when a `uint64` is above the
  ///   greatest `Int64`.
  package func integers() throws -> [Int64] {
    guard type.isInteger else { throw typeError("an integer type or bool") }
    switch storage {
    case .raw, .external: return try integers(of: try littleEndianBytes())
    case .floats, .doubles:
      throw PithError(
        .malformedCheckpoint, place: place, "the tensor of type \(type) has floating-point values")
    case .integers(let values):
      try checkStorage()
      if type == .uint64, values.contains(where: { $0 < 0 }) { throw largeIntegerError }
      return type == .bool ? values.map { $0 == 0 ? 0 : 1 } : values
    }
  }

  /// `tensor 'conv.weight'`.
  var place: String { "tensor '\(name)'" }

  /// Whether ``floats()`` or ``integers()`` reads the type.
  var isReadable: Bool { type.isFloatingPoint || type.isInteger }

  /// Checks that the values here are as many as the shape says and fit the type; those in another file are checked
  /// when they are read.
  func checkStorage() throws {
    let count = try Shape(checking: shape).count
    switch storage {
    case .raw(let bytes):
      let expected = try byteCount()
      guard bytes.count == expected else {
        throw countError("\(expected) bytes", "\(bytes.count)")
      }
    case .external: break
    case .floats(let values):
      guard values.count == count else { throw countError("\(count) values", "\(values.count)") }
    case .doubles(let values):
      guard values.count == count else { throw countError("\(count) values", "\(values.count)") }
    case .integers(let values):
      guard values.count == count else { throw countError("\(count) values", "\(values.count)") }
      if let range = type.storedRange, let value = values.first(where: { !range.contains($0) }) {
        throw PithError(
          .malformedCheckpoint, place: place, "the value \(value) does not fit the type \(type)")
      }
    }
  }

  func countError(_ expected: String, _ found: String) -> PithError {
    let size = shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "x")
    return PithError(
      .malformedCheckpoint, place: place,
      "the shape \(size) and the type \(type) need \(expected) but there are \(found)")
  }

  private func byteCount() throws -> Int {
    try Shape(checking: shape).count.checkedMultiplying(
      type.sourceByteCount ?? 0, "the size of the tensor '\(name)'")
  }

  private func littleEndianBytes() throws -> ArraySlice<UInt8> {
    if case .external(let data) = storage {
      do {
        return try data.read(byteCount())[...]
      } catch let error as PithError {
        throw error.within(place)
      }
    }
    try checkStorage()
    guard case .raw(let bytes) = storage else { return [] }
    return bytes
  }

  private func integers(of bytes: ArraySlice<UInt8>) throws -> [Int64] {
    switch type {
    case .int64: return load(bytes) { (value: Int64) in value }
    case .int32: return load(bytes) { (value: Int32) in Int64(value) }
    case .int16: return load(bytes) { (value: Int16) in Int64(value) }
    case .int8: return load(bytes) { (value: Int8) in Int64(value) }
    case .uint32: return load(bytes) { (value: UInt32) in Int64(value) }
    case .uint16: return load(bytes) { (value: UInt16) in Int64(value) }
    case .uint8: return load(bytes) { (value: UInt8) in Int64(value) }
    case .bool: return load(bytes) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .uint64:
      let values = load(bytes) { (value: UInt64) in Int64(bitPattern: value) }
      guard !values.contains(where: { $0 < 0 }) else { throw largeIntegerError }
      return values
    case .float32, .string, .float16, .float64, .complex64, .complex128, .bfloat16, .float8E4M3FN,
      .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .uint4, .int4, .float4E2M1, .float8E8M0,
      .uint2, .int2:
      throw typeError("an integer type or bool")
    }
  }

  /// Whole elements only: the caller has checked the number of bytes.
  private func load<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ convert: (Bits) -> Int64
  ) -> [Int64] {
    let span = bytes.span.bytes
    return (0..<bytes.count / MemoryLayout<Bits>.size).map { index in
      let bits = span.unsafeLoadUnaligned(
        fromByteOffset: index &* MemoryLayout<Bits>.size, as: Bits.self)
      return convert(Bits(littleEndian: bits))
    }
  }

  private func typeError(_ expected: String) -> PithError {
    PithError(
      .unsupported, place: place, "the values are of type \(type); \(expected) was expected")
  }

  private var largeIntegerError: PithError {
    PithError(
      .invalidValue, place: place, "a value of type uint64 is above \(Int64.max), the greatest read"
    )
  }
}

extension ONNXElementType {
  /// Whether values are integers or booleans of whole bytes: `integers()` gives them.
  package var isInteger: Bool {
    switch self {
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool: true
    case .float32, .string, .float16, .float64, .complex64, .complex128, .bfloat16, .float8E4M3FN,
      .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .uint4, .int4, .float4E2M1, .float8E8M0,
      .uint2, .int2:
      false
    }
  }

  /// The floating-point type of other checkpoints that is the same.
  fileprivate var sourceType: SourceType? {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }

  /// The bytes of one value of a type that is read.
  fileprivate var sourceByteCount: Int? {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    default: nil
    }
  }

  /// What an integer that stands for a value may be; nil: any.
  fileprivate var storedRange: ClosedRange<Int64>? {
    switch self {
    case .int16: Int64(Int16.min)...Int64(Int16.max)
    case .int8: Int64(Int8.min)...Int64(Int8.max)
    case .uint32: 0...Int64(UInt32.max)
    case .uint16, .float16, .bfloat16: 0...Int64(UInt16.max)
    case .uint8: 0...Int64(UInt8.max)
    default: nil
    }
  }
}
