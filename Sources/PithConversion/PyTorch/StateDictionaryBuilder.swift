import PithTensor

/// Turns the chosen dictionary of a checkpoint into tensors of `Float`.
struct StateDictionaryBuilder {
  private let checkpoint: PyTorchCheckpoint
  private let limits: Limits
  private let integers: PyTorchFile.Integers

  init(_ checkpoint: PyTorchCheckpoint, limits: Limits, integers: PyTorchFile.Integers) {
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
    var notes = Notes()
    let pending = try check(selection.candidate.position, &notes)
    let storages = try storages(of: pending)
    var entries: [StateDictionary.Entry] = []
    entries.reserveCapacity(pending.count)
    for tensor in pending {
      let bytes = storages[tensor.reference.storage.key] ?? []
      let type = tensor.reference.layout.type
      let values = try tensor.reference.layout.read(
        tensor.shape, from: bytes, isBigEndian: checkpoint.isBigEndian)
      if type == .float64 { notes.rounded.append(tensor.name) }
      try checkExact(values, type, place: "tensor '\(tensor.name)'")
      entries.append(StateDictionary.Entry(name: tensor.name, tensor: values, type: type))
    }
    let prefix = Self.stripPrefixes(&entries)
    return StateDictionary(
      entries: entries, notes: notes.sentences(prefix: prefix),
      extras: extras(selection),
      key: selection.candidate.path.isEmpty ? nil : selection.candidate.key)
  }

  private func check(_ position: Int, _ notes: inout Notes) throws -> [Pending] {
    var pending: [Pending] = []
    var names: Set<String> = []
    var total = 0
    for (key, value) in checkpoint.object.items(ofDictionary: position) {
      guard case .string(let name) = key else { continue }
      guard names.insert(name).inserted else {
        throw PithError(
          .malformedCheckpoint, place: "tensor '\(name)'", "the name appears twice")
      }
      guard case .tensor(let index) = value else {
        notes.others.append(name)
        continue
      }
      let reference = checkpoint.object.tensors[index]
      guard !name.hasSuffix("num_batches_tracked") else {
        notes.counters.append(name)
        continue
      }
      guard reference.layout.type.isFloatingPoint || integers == .keep else {
        notes.integers.append("\(name) (\(reference.layout.type.rawValue))")
        continue
      }
      let shape = try checkedShape(name, reference)
      total = try total.checkedAdding(shape.count, "the number of values of all tensors")
      guard total <= limits.tensorValues, pending.count < limits.tensors else {
        throw PithError(
          .limitExceeded, place: "tensor '\(name)'",
          "the checkpoint has more than \(limits.tensorValues) values or \(limits.tensors) tensors")
      }
      pending.append(Pending(name: name, reference: reference, shape: shape))
    }
    try checkRepetition(pending, total)
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

  /// Takes the prefixes of wrappers (`DataParallel`, `torch.compile`) off the names when all of them have it.
  private static func stripPrefixes(_ entries: inout [StateDictionary.Entry]) -> String {
    var stripped = ""
    while let prefix = ["module.", "_orig_mod."].first(where: { prefix in
      !entries.isEmpty
        && entries.allSatisfy {
          $0.name.hasPrefix(prefix) && $0.name.utf8.count > prefix.utf8.count
        }
    }) {
      for index in entries.indices { entries[index].name.removeFirst(prefix.count) }
      stripped += prefix
    }
    return stripped
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

  /// What happened to which names.
  private struct Notes {
    var rounded: [String] = []
    var counters: [String] = []
    var integers: [String] = []
    var others: [String] = []

    func sentences(prefix: String) -> [String] {
      var sentences: [String] = []
      func add(_ what: String, _ names: [String]) {
        if !names.isEmpty { sentences.append("\(what): \(names.joined(separator: ", "))") }
      }
      if !prefix.isEmpty { sentences.append("removed the prefix '\(prefix)' from every name") }
      add("rounded from float64 to float32", rounded)
      add("dropped counters of batches", counters)
      add("dropped tensors that are not floating-point", integers)
      add("dropped values that are no tensors", others)
      return sentences
    }
  }
}
