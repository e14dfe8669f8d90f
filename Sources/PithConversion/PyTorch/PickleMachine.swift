import PithTensor

/// Reads one pickle without executing anything: classes and functions are looked up in the list of
/// ``PickleGlobal``, calls of the known ones are imitated, and all others are collected and refused by name.
///
/// The number of operations is bounded, an operation makes at most one value, what it copies of older values is
/// bounded too, and no step is recursive, so neither memory nor the stack can be exhausted.
struct PickleMachine {
  var reader: ByteReader
  var stack: [PickleValue] = []
  var object = PickleObject(root: .none, containers: [], storages: [], tensors: [])
  let limits: Limits
  private var copiedBytes = 0
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var refused: [String] = []

  /// - Parameter reader: at the first byte of the pickle.
  init(_ reader: ByteReader, limits: Limits) {
    self.reader = reader
    self.limits = limits
  }

  /// Runs the pickle up to its end, where ``reader`` then stands.
  ///
  /// - Throws: ``PithError`` with the code `unsafeCheckpoint` that lists every class and function that is not
  ///   known; `malformedCheckpoint`, `unsupported` or `limitExceeded` when there is none.
  mutating func run() throws -> PickleObject {
    do {
      try runOperations()
    } catch  where !refused.isEmpty {
      // What follows an unknown call is of no interest, and often cannot be read for that reason.
      throw refusal()
    }
    guard refused.isEmpty else { throw refusal() }
    return object
  }

  private mutating func runOperations() throws {
    for _ in 0..<limits.pickleOperations {
      let code = try reader.integer(UInt8.self, "the next operation")
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw reader.error("\(code) is not an operation of a pickle")
      }
      if opcode == .stop {
        object.root = try pop()
        return
      }
      try perform(opcode)
    }
    throw PithError(
      .limitExceeded, place: reader.what,
      "the pickle has more than \(limits.pickleOperations) operations")
  }

  private mutating func perform(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: break
    case .protocolVersion:
      let version = try reader.integer(UInt8.self, "the protocol")
      guard version <= 5 else {
        throw PithError(
          .unsupportedVersion, place: reader.what,
          "the pickle has protocol \(version); protocols up to 5 are read")
      }
    case .frame: _ = try reader.count(upTo: reader.remaining, "the length of a frame")
    case .mark: marks.append(stack.count)
    case .pop: try popOrMark()
    case .popMark: _ = try popMark()
    case .duplicate: stack.append(try top())
    case .none: stack.append(.none)
    case .newTrue: stack.append(.boolean(true))
    case .newFalse: stack.append(.boolean(false))
    case .integer, .long: stack.append(try textInteger())
    case .binInt: stack.append(.integer(Int(try reader.integer(Int32.self, "an integer"))))
    case .binInt1: stack.append(.integer(Int(try reader.integer(UInt8.self, "an integer"))))
    case .binInt2: stack.append(.integer(Int(try reader.integer(UInt16.self, "an integer"))))
    case .long1: stack.append(try longInteger(bytes: short()))
    case .long4: stack.append(try longInteger(bytes: medium()))
    case .binFloat:
      let bits = try reader.integer(UInt64.self, "a number").byteSwapped
      stack.append(.float(Double(bitPattern: bits)))
    case .shortBinUnicode: stack.append(.string(try text(short())))
    case .binUnicode: stack.append(.string(try text(medium())))
    case .binUnicode8: stack.append(.string(try text(long())))
    case .shortBinString: stack.append(try oldString(short()))
    case .binString: stack.append(try oldString(medium()))
    case .shortBinBytes: stack.append(.bytes(Array(try reader.read(short(), "bytes"))))
    case .binBytes: stack.append(.bytes(Array(try reader.read(medium(), "bytes"))))
    case .binBytes8, .byteArray8: stack.append(.bytes(Array(try reader.read(long(), "bytes"))))
    case .emptyTuple: stack.append(.tuple(add([])))
    case .tuple1: stack.append(.tuple(add(try pop(count: 1))))
    case .tuple2: stack.append(.tuple(add(try pop(count: 2))))
    case .tuple3: stack.append(.tuple(add(try pop(count: 3))))
    case .tuple: stack.append(.tuple(add(try popMark())))
    case .emptyList: stack.append(.list(add([])))
    case .list: stack.append(.list(add(try popMark())))
    case .append: try extend(by: try pop(count: 1))
    case .appends: try extend(by: try popMark())
    case .emptyDictionary: stack.append(.dictionary(add([])))
    case .dictionary:
      let items = try popMark()
      stack.append(.dictionary(add([])))
      try assign(items)
    case .setItem: try assign(try pop(count: 2))
    case .setItems: try assign(try popMark())
    case .emptySet: stack.append(.opaque("builtins.set"))
    case .addItems:
      _ = try popMark()
      _ = try top()
    case .frozenSet:
      _ = try popMark()
      stack.append(.opaque("builtins.frozenset"))
    case .binPut: memo[Int(try reader.integer(UInt8.self, "a memo index"))] = try top()
    case .longBinPut: memo[Int(try reader.integer(UInt32.self, "a memo index"))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .binGet: try recall(Int(try reader.integer(UInt8.self, "a memo index")))
    case .longBinGet: try recall(Int(try reader.integer(UInt32.self, "a memo index")))
    case .global: stack.append(.global(try global(module: try line(), name: try line())))
    case .stackGlobal:
      let names = try pop(count: 2)
      guard case .string(let module) = names[0], case .string(let name) = names[1] else {
        throw reader.error("the name of a global is not a string")
      }
      stack.append(.global(try global(module: module, name: name)))
    case .reduce, .newObject:
      let parts = try pop(count: 2)
      stack.append(try call(parts[0], parts[1]))
    case .newObjectWithKeywords:
      let parts = try pop(count: 3)
      stack.append(try call(parts[0], parts[1]))
    case .instance:
      let callee = PickleValue.global(try global(module: try line(), name: try line()))
      stack.append(try call(callee, .tuple(add(try popMark()))))
    case .object:
      let parts = try popMark()
      guard let callee = parts.first else { throw reader.error("an object has no class") }
      stack.append(try call(callee, .tuple(add(Array(parts.dropFirst())))))
    case .build:
      let state = try pop()
      try build(state)
    case .binPersistentID: stack.append(try storage(try pop()))
    case .float, .string, .unicode, .persistentID, .get, .put:
      throw PithError(
        .unsupported, place: "\(reader.what), byte \(reader.offset)",
        "the operation '\(Character(Unicode.Scalar(opcode.rawValue)))' of pickle protocol 0 is not read",
        advice: "save the checkpoint again with torch.save and its default protocol")
    case .extension1, .extension2, .extension4, .nextBuffer, .readOnlyBuffer:
      throw PithError(
        .unsupported, place: "\(reader.what), byte \(reader.offset)",
        "the pickle refers to something outside the file",
        advice: "save the checkpoint again with torch.save and its default protocol")
    }
  }

  private mutating func global(module: String, name: String) throws -> PickleGlobal {
    let names = [module, name]
    guard
      names.allSatisfy({
        $0.utf8.count <= limits.nameBytes && $0.utf8.allSatisfy { 0x21...0x7E ~= $0 }
      })
    else { throw reader.error("the name of a global is too long or has odd characters") }
    let global = PickleGlobal(module: module, name: name)
    if case .refused(let path) = global, !refused.contains(path), refused.count < 64 {
      refused.append(path)
    }
    return global
  }

  private func refusal() -> PithError {
    let names = listing(refused, atMost: 8)
    guard !refused.contains(where: { $0.hasPrefix("torch.nn.modules.") }) else {
      return PithError(
        .unsafeCheckpoint, place: reader.what,
        "a whole module was saved, which only its own Python code can rebuild (\(names)); "
          + "the state_dict alone is read",
        advice: "save it with: torch.save(model.state_dict(), 'weights.pt')")
    }
    return PithError(
      .unsafeCheckpoint, place: reader.what,
      "the pickle asks for Python classes or functions that no weights need; nothing was run: "
        + names,
      advice: "if you trust the file, load it with PyTorch and save its weights alone: "
        + "torch.save(model.state_dict(), 'weights.pt')")
  }
}

/// The stack and the memo.
extension PickleMachine {
  func top() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw underflow() }
    return value
  }

  private mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw underflow() }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw reader.error("there is no mark on the stack") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func popOrMark() throws {
    if marks.last == stack.count {
      marks.removeLast()
    } else {
      _ = try pop()
    }
  }

  private mutating func recall(_ index: Int) throws {
    guard let value = memo[index] else { throw reader.error("the memo has no entry \(index)") }
    stack.append(value)
  }

  private func underflow() -> PithError { reader.error("the stack holds too few values") }

  /// Keeps the items of a new container and returns their position.
  mutating func add(_ items: [PickleValue]) -> Int {
    object.containers.append(items)
    return object.containers.count - 1
  }

  /// Counts bytes of older values that an operation copies, which the memo could have repeated without end.
  mutating func willCopy(_ count: Int) throws {
    copiedBytes = try copiedBytes.checkedAdding(count, "the copied bytes")
    guard copiedBytes <= limits.sectionBytes else {
      throw PithError(
        .limitExceeded, place: reader.what,
        "the pickle copies more than \(limits.sectionBytes) bytes of its own values")
    }
  }

  private mutating func extend(by items: [PickleValue]) throws {
    switch try top() {
    case .list(let position): object.containers[position].append(contentsOf: items)
    case .opaque: break
    case let other: throw reader.error("items are appended to \(other.kind)")
    }
  }

  private mutating func assign(_ items: [PickleValue]) throws {
    guard items.count.isMultiple(of: 2) else { throw reader.error("a key has no value") }
    switch try top() {
    case .dictionary(let position): object.containers[position].append(contentsOf: items)
    case .opaque: break
    case let other: throw reader.error("keys are set in \(other.kind)")
    }
  }
}

/// Lengths, numbers and strings.
extension PickleMachine {
  private mutating func short() throws -> Int { Int(try reader.integer(UInt8.self, "a length")) }

  private mutating func medium() throws -> Int {
    try reader.count32(upTo: reader.remaining, "a length")
  }

  private mutating func long() throws -> Int {
    try reader.count(upTo: reader.remaining, "a length")
  }

  private mutating func text(_ length: Int) throws -> String {
    let start = reader.offset
    guard let text = String(validating: try reader.read(length, "a string"), as: UTF8.self) else {
      throw reader.error("the string at byte \(start) is not valid UTF-8")
    }
    return text
  }

  /// A string of Python 2, which may also be bytes.
  private mutating func oldString(_ length: Int) throws -> PickleValue {
    let bytes = try reader.read(length, "a string")
    return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(Array(bytes))
  }

  private mutating func longInteger(bytes count: Int) throws -> PickleValue {
    let bytes = try reader.read(count, "an integer")
    guard count <= 8 else { return .largeInteger(Array(bytes)) }
    var value = bytes.last.map { $0 >= 0x80 ? -1 : 0 } ?? 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }

  /// An integer or, as protocol 1 writes them, a boolean in digits.
  private mutating func textInteger() throws -> PickleValue {
    let text = try line()
    if text == "00" { return .boolean(false) }
    if text == "01" { return .boolean(true) }
    guard let value = Int(text.hasSuffix("L") ? String(text.dropLast()) : text) else {
      throw reader.error("an integer in digits was expected")
    }
    return .integer(value)
  }

  /// The text up to the next end of line.
  private mutating func line() throws -> String {
    let rest = reader.bytes[(reader.bytes.startIndex + reader.offset)...]
    guard let end = rest.prefix(limits.nameBytes + 1).firstIndex(of: 0x0A) else {
      throw reader.error("the end of a line was expected")
    }
    let line = try text(end - rest.startIndex)
    _ = try reader.read(1, "the end of a line")
    return line
  }
}
