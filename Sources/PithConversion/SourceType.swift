/// The type that a tensor's values have in the file of another program.
package enum SourceType: String, Sendable, CaseIterable {
  case float32
  case float64
  case float16
  case bfloat16
  case int64
  case int32
  case int16
  case int8
  case uint8
  case bool

  /// The bytes of one value.
  package var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether the values are floating-point numbers, which a network computes with.
  package var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: true
    case .int64, .int32, .int16, .int8, .uint8, .bool: false
    }
  }
}
