/// How the values of a tensor are stored. Raw values are those of the file format.
public enum ElementType: UInt8, Sendable, CaseIterable {
  /// IEEE 754 binary32.
  case float32 = 1
  /// IEEE 754 binary16.
  case float16 = 2
  /// The upper half of a binary32.
  case bfloat16 = 3
  /// Signed integer, times a scale.
  case int8 = 4

  /// The bytes of one value.
  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .float16, .bfloat16: 2
    case .int8: 1
    }
  }

  /// `f32`, `f16`, `bf16` or `i8`: the names on the command line.
  public var name: String {
    switch self {
    case .float32: "f32"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .int8: "i8"
    }
  }

  public init?(name: String) {
    guard let type = ElementType.allCases.first(where: { $0.name == name }) else { return nil }
    self = type
  }
}

/// Conversions between 16-bit patterns and `Float`, alike on every architecture.
package enum HalfPrecision {
  /// The binary16 pattern nearest to `value`, ties to even.
  @inlinable package static func float16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      return sign | 0x7E00 | UInt16(truncatingIfNeeded: (magnitude >> 13) & 0x3FF)
    }
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Subnormal: the value counted in units of 2^-24, rounded to even by the addition of 2^23 * 2^-24.
      let units = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
      return sign | UInt16(truncatingIfNeeded: units)
    }
    let rounded = magnitude &+ 0xFFF &+ ((magnitude >> 13) & 1)
    return sign | UInt16(truncatingIfNeeded: (rounded &- 0x3800_0000) >> 13)
  }

  /// The value of a binary16 pattern.
  @inlinable package static func float(float16Bits bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    if magnitude >= 0x7C00 {
      return Float(bitPattern: sign | 0x7F80_0000 | ((magnitude & 0x3FF) << 13))
    }
    if magnitude < 0x400 {
      let value = Float(magnitude) * 0x1p-24
      return Float(bitPattern: sign | value.bitPattern)
    }
    return Float(bitPattern: sign | ((magnitude << 13) &+ 0x3800_0000))
  }

  /// The bfloat16 pattern nearest to `value`, ties to even.
  @inlinable package static func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  /// The value of a bfloat16 pattern.
  @inlinable package static func float(bfloat16Bits bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }
}
