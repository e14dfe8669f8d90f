/// What an ONNX file says, as far as a network needs it (onnx.proto of ONNX 1.22, IR version 13).
///
/// ``init(reading:folder:limits:)`` makes it of the bytes of a file. Values of tensors that are raw bytes stay there until
/// ``ONNXTensor/floats()`` or ``ONNXTensor/integers()`` asks for them.
package struct ONNXModel: Sendable {
  package var irVersion: Int
  /// The program that wrote the file, with its version, or empty.
  package var producer: String
  /// The version of each set of operators by its domain; the standard one is "".
  package var operatorSets: [String: Int]
  package var graph: ONNXGraph
  /// The names of the functions that the model defines for itself, `domain.name`.
  package var functions: [String]
}

/// The nodes of a network and what goes in and out.
package struct ONNXGraph: Sendable {
  package var name: String
  package var nodes: [ONNXNode]
  /// In the order of the file; names are unique.
  package var initializers: [ONNXTensor]
  /// The names of initializers in sparse form, which are not read.
  package var sparseInitializers: [String]
  /// What the caller provides; older files list the initializers here as well.
  package var inputs: [ONNXValueInfo]
  package var outputs: [ONNXValueInfo]
}

/// One operation.
package struct ONNXNode: Sendable {
  /// May be empty, and need not be unique.
  package var name: String
  /// `Conv`, `Relu`, ...
  package var operation: String
  /// Empty for the standard one.
  package var domain: String
  /// Names of values; empty: an optional input that is left out.
  package var inputs: [String]
  package var outputs: [String]
  /// Names are unique.
  package var attributes: [String: ONNXAttribute]
}

/// The value of an attribute.
package enum ONNXAttribute: Sendable {
  case integer(Int64)
  case real(Float)
  case text(String)
  case tensor(ONNXTensor)
  case integers([Int64])
  case reals([Float])
  case texts([String])
  /// A kind of value that no network for images has, by its name: `graph`, `sparse tensor`, ...
  case other(String)
}

/// The type and sizes that a file declares for a value.
package struct ONNXValueInfo: Sendable {
  package enum Dimension: Sendable, Hashable {
    case fixed(Int)
    case named(String)
    case unknown
  }

  package var name: String
  /// Nil when it is not a tensor.
  package var type: ONNXElementType?
  /// Nil when even the rank is not declared.
  package var dimensions: [Dimension]?
}

/// The type of a tensor's elements, with the number that the file has for it (TensorProto.DataType).
package enum ONNXElementType: Int, Sendable, CaseIterable {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case string = 8
  case bool = 9
  case float16 = 10
  case float64 = 11
  case uint32 = 12
  case uint64 = 13
  case complex64 = 14
  case complex128 = 15
  case bfloat16 = 16
  case float8E4M3FN = 17
  case float8E4M3FNUZ = 18
  case float8E5M2 = 19
  case float8E5M2FNUZ = 20
  case uint4 = 21
  case int4 = 22
  case float4E2M1 = 23
  case float8E8M0 = 24
  case uint2 = 25
  case int2 = 26

  /// Whether values are numbers that a network computes with: `floats()` gives them.
  package var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: true
    default: false
    }
  }
}

/// A tensor whose values stay where they are until they are read.
package struct ONNXTensor: Sendable {
  package var name: String
  package var type: ONNXElementType
  /// Not negative; the product fits.
  package var shape: [Int]
  package var storage: Storage

  /// Where the values are.
  package enum Storage: Sendable {
    /// Little-endian bytes of the file.
    case raw(ArraySlice<UInt8>)
    /// Of float_data.
    case floats([Float])
    /// Of double_data.
    case doubles([Double])
    /// Of int32_data, int64_data or uint64_data, in the order of the file: values, or the bit patterns of float16,
    /// bfloat16 and, where they are above the greatest `Int64`, of uint64.
    case integers([Int64])
    /// A range of a file in the model's folder.
    case external(ONNXExternalData)
  }
}

/// A range of another file.
package struct ONNXExternalData: Sendable, Hashable {
  /// The folder of the model; nil when the model is not a file.
  package var folder: String?
  /// Relative to the folder.
  package var location: String
  package var offset: Int
  /// Nil: to the end of the file.
  package var length: Int?
}
