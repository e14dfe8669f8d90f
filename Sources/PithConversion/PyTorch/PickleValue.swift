/// A value that a pickle made.
///
/// Containers, storages and tensors are positions in the tables of the ``PickleObject``, so that nesting costs no
/// stack, a value that the memo repeats costs no memory, and a container may hold itself.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer of more than 64 bits: two's complement, least byte first.
  case largeInteger([UInt8])
  case float(Double)
  case string(String)
  case bytes([UInt8])
  /// The position of its items.
  case tuple(Int)
  /// The position of its items.
  case list(Int)
  /// The position of its keys and values, in turn.
  case dictionary(Int)
  /// The position of a type code of NumPy (`f8`) and a byte order (`<`).
  case numPyType(Int)
  /// A class or function on the list of those that are known.
  case global(PickleGlobal)
  /// The position in ``PickleObject/storages``.
  case storage(Int)
  /// The position in ``PickleObject/tensors``.
  case tensor(Int)
  /// An object of this class, of which nothing is kept.
  case opaque(String)

  /// What this is, for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean: "a boolean"
    case .integer, .largeInteger: "an integer"
    case .float: "a number"
    case .string: "a string"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .numPyType: "a NumPy type"
    case .global(let global): "the global '\(global.name)'"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .opaque(let name): "an object of '\(name)'"
    }
  }
}

/// What a pickle says of the memory that one or more tensors share.
struct StorageReference {
  /// The name under which the file keeps the bytes.
  var key: String
  /// The type of the elements.
  var type: SourceType
  /// The number of elements.
  var count: Int

  /// The bytes that the storage has to have.
  ///
  /// - Throws: ``PithError`` with the code `limitExceeded`.
  func byteCount() throws -> Int {
    try count.checkedMultiplying(type.byteCount, "the size of storage '\(key)'")
  }
}

/// What a pickle says of a tensor; nothing of it has been checked against the storage.
struct TensorReference {
  var storage: StorageReference
  var layout: StridedLayout
}

/// Everything that one pickle made.
struct PickleObject {
  var root: PickleValue
  var containers: [[PickleValue]]
  var storages: [StorageReference]
  var tensors: [TensorReference]

  /// The keys and values of the dictionary at a position.
  func items(ofDictionary position: Int) -> [(key: PickleValue, value: PickleValue)] {
    let flat = containers[position]
    return stride(from: 0, to: flat.count, by: 2).map { (flat[$0], flat[$0 + 1]) }
  }
}
