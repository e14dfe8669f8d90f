import PithTensor

/// What a call of a known class or function makes.
extension PickleMachine {
  /// The result of calling a global with a tuple of arguments.
  mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .global(let global) = callee else {
      throw reader.error("\(callee.kind) is called; a class or function was expected")
    }
    let values = try items(ofTuple: arguments, "the arguments of \(global.name) are")
    switch global {
    case .dictionary: return .dictionary(add(try pairs(values.first)))
    case .defaultDictionary: return .dictionary(add(try pairs(values.dropFirst().first)))
    case .rebuildTensor(let version): return try tensor(values, version)
    case .rebuildParameter: return try parameter(values)
    case .rebuildFromType:
      guard values.count >= 3, case .global(.rebuildTensor(let version)) = values[0] else {
        throw reader.error("a tensor's class is rebuilt from unknown arguments")
      }
      return try tensor(items(ofTuple: values[2], "the arguments of a tensor are"), version)
    case .encode: return try encode(values)
    case .size:
      guard let first = values.first, case .tuple = first else {
        throw reader.error("torch.Size has no tuple")
      }
      return first
    case .numPyType:
      guard let first = values.first, case .string = first else {
        throw reader.error("numpy.dtype has no code")
      }
      return .numPyType(add([first, .string("|")]))
    case .numPyScalar: return numPyScalar(values)
    case .inert(let name), .refused(let name): return .opaque(name)
    case .storage: throw reader.error("\(callee.kind) is called")
    }
  }

  /// Applies a state to the object on top of the stack. Only the byte order of a NumPy type matters.
  mutating func build(_ state: PickleValue) throws {
    switch try top() {
    case .numPyType(let position):
      let parts = try items(ofTuple: state, "the state of a NumPy type is")
      guard parts.count >= 2, case .string = parts[1] else {
        throw reader.error("the state of a NumPy type has no byte order")
      }
      object.containers[position][1] = parts[1]
    case .dictionary, .tensor, .opaque: break
    case let other: throw reader.error("a state is set on \(other.kind)")
    }
  }

  /// The storage that a persistent identifier stands for: ("storage", class, key, device, count).
  mutating func storage(_ identifier: PickleValue) throws -> PickleValue {
    let parts = try items(ofTuple: identifier, "a persistent identifier is")
    // Legacy files of whole modules name their classes so: ("module", class, file, source).
    if parts.count == 4, case .string("module") = parts[0] { return parts[1] }
    guard parts.count >= 5, case .string("storage") = parts[0] else {
      throw reader.error("a persistent identifier is not that of a storage")
    }
    // A class that is not known was noted when it was named.
    if case .global(.refused(let name)) = parts[1] { return .opaque(name) }
    guard case .global(.storage(let type)) = parts[1], case .string(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0, key.utf8.count <= limits.nameBytes,
      !key.hasControlCharacters
    else { throw reader.error("the class, key or count of a storage makes no sense") }
    if parts.count > 5 {
      guard case .none = parts[5] else {
        throw PithError(
          .unsupported, place: reader.what, "storage '\(key)' is a view of another one",
          advice: "load and save the checkpoint once with a present PyTorch")
      }
    }
    object.storages.append(StorageReference(key: key, type: type, count: count))
    return .storage(object.storages.count - 1)
  }

  private mutating func tensor(_ values: [PickleValue], _ version: Int) throws -> PickleValue {
    if case .opaque(let name)? = values.first { return .opaque(name) }
    guard values.count >= (version == 1 ? 4 : 6),
      case .storage(let position) = values[0], case .integer(let offset) = values[1]
    else { throw reader.error("a tensor is rebuilt from unknown arguments") }
    let storage = object.storages[position]
    let metadata = version == 1 ? nil : values.dropFirst(6).first
    if case .dictionary(let flags)? = metadata, !object.containers[flags].isEmpty {
      throw PithError(
        .unsupported, place: "\(reader.what), byte \(reader.offset)",
        "a tensor is a conjugated or negated view",
        advice: "call resolve_neg() and resolve_conj() on it before saving")
    }
    object.tensors.append(
      TensorReference(
        storage: storage,
        layout: StridedLayout(
          type: storage.type, offset: offset, sizes: try integers(values[2]),
          strides: try integers(values[3]))))
    return .tensor(object.tensors.count - 1)
  }

  private func parameter(_ values: [PickleValue]) throws -> PickleValue {
    switch values.first {
    case .tensor(let position): return .tensor(position)
    case .opaque(let name): return .opaque(name)
    case let other: throw reader.error("a parameter is made of \(other?.kind ?? "nothing")")
    }
  }

  private func integers(_ value: PickleValue) throws -> [Int] {
    let values = try items(ofTuple: value, "sizes or strides are")
    guard values.count <= limits.rank else {
      throw PithError(
        .limitExceeded, place: "\(reader.what), byte \(reader.offset)",
        "a tensor has \(values.count) dimensions but may have at most \(limits.rank)")
    }
    return try values.map {
      guard case .integer(let integer) = $0 else {
        throw reader.error("a size or stride is \($0.kind)")
      }
      return integer
    }
  }

  private func items(
    ofTuple value: PickleValue, _ what: @autoclosure () -> String
  ) throws -> [PickleValue] {
    guard case .tuple(let position) = value else {
      throw reader.error("\(what()) \(value.kind); a tuple was expected")
    }
    return object.containers[position]
  }

  /// The keys and values, in turn, of a dictionary or, as Python 2 gives them, of a list of pairs.
  private mutating func pairs(_ value: PickleValue?) throws -> [PickleValue] {
    switch value {
    case nil, .some(.none): return []
    case .dictionary(let position):
      try willCopy(object.containers[position].count * MemoryLayout<PickleValue>.stride)
      return object.containers[position]
    case .list(let position):
      try willCopy(object.containers[position].count * 2 * MemoryLayout<PickleValue>.stride)
      return try object.containers[position].flatMap {
        switch $0 {
        case .list(let pair) where object.containers[pair].count == 2,
          .tuple(let pair) where object.containers[pair].count == 2:
          return object.containers[pair]
        default: throw reader.error("a dictionary is made of a list that has \($0.kind)")
        }
      }
    case let other?: throw reader.error("a dictionary is made of \(other.kind)")
    }
  }

  private mutating func encode(_ values: [PickleValue]) throws -> PickleValue {
    guard values.count == 2, case .string(let text) = values[0],
      case .string("latin1") = values[1]
    else { throw reader.error("_codecs.encode has other arguments than a string and 'latin1'") }
    try willCopy(text.utf8.count)
    return .bytes(
      try text.unicodeScalars.map {
        guard let byte = UInt8(exactly: $0.value) else {
          throw reader.error("a string of bytes has the character \($0.value)")
        }
        return byte
      })
  }

  /// The number, or an opaque value when its type is none that a plain value needs.
  private func numPyScalar(_ values: [PickleValue]) -> PickleValue {
    guard values.count == 2, case .numPyType(let position) = values[0],
      case .bytes(let bytes) = values[1],
      case .string(let code) = object.containers[position][0],
      case .string(let order) = object.containers[position][1]
    else { return .opaque("numpy.core.multiarray.scalar") }
    var bits: UInt64 = 0
    for byte in order == ">" ? bytes : bytes.reversed() { bits = bits << 8 | UInt64(byte) }
    switch (code, bytes.count) {
    case ("f8", 8): return .float(Double(bitPattern: bits))
    case ("f4", 4): return .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case ("i8", 8): return .integer(Int(Int64(bitPattern: bits)))
    case ("i4", 4): return .integer(Int(Int32(truncatingIfNeeded: bits)))
    case ("b1", 1): return .boolean(bits != 0)
    default: return .opaque("numpy.core.multiarray.scalar")
    }
  }
}
