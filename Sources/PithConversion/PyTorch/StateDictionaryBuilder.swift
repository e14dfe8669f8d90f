import PithTensor

/// Turns the chosen dictionary of a checkpoint into tensors of `Float`.
struct StateDictionaryBuilder {
  private let checkpoint: PyTorchCheckpoint
  private let limits: Limits
  private let integers: StateDictionary.Integers

  init(_ checkpoint: PyTorchCheckpoint, limits: Limits, integers: StateDictionary.Integers) {
    self.checkpoint = checkpoint
    self.limits = limits
    self.integers = integers
  }

  /// A tensor that will be read, after all of its checks.
  private struct Pending {
    var name: String
    var reference: TensorReference
    var shape: Shape
  }

  /// Checks every tensor, then reads them.
  func build(_ selection: StateDictionarySelection) throws -> StateDictionary {
    var draft = StateDictionaryDraft(limits: limits, integers: integers)
    let pending = try check(selection.candidate.position, &draft)
    let storages = try storages(of: pending)
    for tensor in pending {
      let bytes = storages[tensor.reference.storage.key] ?? []
      let values = try tensor.reference.layout.read(
        tensor.shape, from: bytes, isBigEndian: checkpoint.isBigEndian)
      try draft.append(tensor.name, values, tensor.reference.layout.type)
    }
    return draft.finished(
      extras: extras(selection),
      key: selection.candidate.path.isEmpty ? nil : selection.candidate.key)
  }

  private func check(_ position: Int, _ draft: inout StateDictionaryDraft) throws -> [Pending] {
    var pending: [Pending] = []
    var names: Set<String> = []
    for (key, value) in checkpoint.object.items(ofDictionary: position) {
      guard case .string(let name) = key else { continue }
      guard names.insert(name).inserted else {
        throw PithError(
          .malformedCheckpoint, place: "tensor '\(name)'", "the name appears twice")
      }
      guard case .tensor(let index) = value else {
        draft.drop(name)
        continue
      }
      let reference = checkpoint.object.tensors[index]
      var shape: Shape = []
      let isAdmitted = try draft.admit(name, reference.layout.type) {
        shape = try checkedShape(name, reference)
        return shape.count
      }
      guard isAdmitted else { continue }
      pending.append(Pending(name: name, reference: reference, shape: shape))
    }
    try checkRepetition(pending, draft.values)
    return pending
  }

  private func checkedShape(_ name: String, _ reference: TensorReference) throws -> Shape {
    do {
      return try reference.layout.checkedShape(available: reference.storage.count)
    } catch let error as PithError {
      throw error.at("tensor '\(name)'")
    }
  }

  /// A stride of zero repeats a value as often as the sizes say, so that a few bytes could ask for all memory.
  private func checkRepetition(_ pending: [Pending], _ total: Int) throws {
    var stored = 0
    var keys: Set<String> = []
    for tensor in pending where keys.insert(tensor.reference.storage.key).inserted {
      stored = try stored.checkedAdding(
        try tensor.reference.storage.byteCount(), "the size of all storages")
    }
    guard total / 16 <= stored / 4 + (1 << 16) else {
      throw PithError(
        .limitExceeded, "the tensors repeat \(stored) stored bytes to \(total) values",
        advice: "call contiguous() on expanded tensors before saving them")
    }
  }

  /// The bytes of each storage, read once however many tensors share it.
  private func storages(of pending: [Pending]) throws -> [String: ArraySlice<UInt8>] {
    var storages: [String: ArraySlice<UInt8>] = [:]
    for tensor in pending {
      let storage = tensor.reference.storage
      do {
        let count = try storage.byteCount()
        if let known = storages[storage.key] {
          guard known.count != count else { continue }
        }
        storages[storage.key] = try checkpoint.bytes(storage)
      } catch let error as PithError {
        throw error.at("tensor '\(tensor.name)'")
      }
    }
    return storages
  }

  private func extras(_ selection: StateDictionarySelection) -> [StateDictionary.Extra] {
    selection.parents.flatMap { parent in
      checkpoint.object.items(ofDictionary: parent.position).compactMap { key, value in
        guard case .string(let name) = key, let scalar = Self.scalar(value) else { return nil }
        let path = (parent.path + [name]).joined(separator: ".")
        return StateDictionary.Extra(name: path, value: scalar)
      }
    }
  }

  private static func scalar(_ value: PickleValue) -> StateDictionary.Scalar? {
    switch value {
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(value)
    case .float(let value): .float(value)
    case .string(let value): .string(value)
    case .none, .largeInteger, .bytes, .tuple, .list, .dictionary, .numPyType, .global, .storage,
      .tensor, .opaque:
      nil
    }
  }
}
