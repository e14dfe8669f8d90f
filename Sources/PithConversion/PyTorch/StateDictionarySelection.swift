import PithTensor

/// Finds the one dictionary of named tensors in a checkpoint.
///
/// A dictionary qualifies when all its keys are strings that can be shown and all its values tensors; when there is none, one that has a
/// tensor among other values does. The state of an optimiser (`state` beside `param_groups`) is passed over.
struct StateDictionarySelection {
  /// A dictionary and the keys that lead to it.
  struct Candidate {
    var path: [String]
    var position: Int
    var tensors: Int
    var others: Int

    /// The keys joined by points.
    var key: String { path.joined(separator: ".") }
  }

  let candidate: Candidate
  /// The dictionaries that lead to it, outermost first.
  let parents: [Candidate]

  /// How many dictionaries are looked into, one in another.
  private static let depth = 8

  /// - Throws: ``PithError`` with the code `malformedCheckpoint` when there is none, `invalidArgument` when there
  ///   are several and no key, or none of that key.
  init(_ object: PickleObject, limits: Limits, key: String?) throws {
    guard case .dictionary(let root) = object.root else {
      throw PithError(
        .malformedCheckpoint,
        "the checkpoint is \(object.root.kind); a dictionary of tensors was expected",
        advice: "save the weights with: torch.save(model.state_dict(), 'weights.pt')")
    }
    let all = Self.dictionaries(object, root, limits)
    let candidate = try Self.choose(all, key)
    self.candidate = candidate
    self.parents = all.filter {
      $0.path.count < candidate.path.count && candidate.path.starts(with: $0.path)
    }
  }

  private static func choose(_ all: [Candidate], _ key: String?) throws -> Candidate {
    let withTensors = all.filter { $0.tensors > 0 }
    let pure = withTensors.filter { $0.others == 0 }
    let candidates = pure.isEmpty ? withTensors : pure
    let names = candidates.map { "'\($0.key)' (\($0.tensors) tensors)" }
    if let key {
      if let chosen = withTensors.first(where: { $0.key == key }) { return chosen }
      throw PithError(
        .invalidArgument, "the checkpoint has no dictionary of tensors under the key '\(key)'",
        advice: names.isEmpty ? nil : "it has: \(listing(names, atMost: 8))")
    }
    guard let first = candidates.first else {
      throw PithError(
        .malformedCheckpoint, "the checkpoint holds no dictionary of named tensors",
        advice: "save the weights with: torch.save(model.state_dict(), 'weights.pt')")
    }
    guard candidates.count == 1 else {
      throw PithError(
        .invalidArgument,
        "the checkpoint holds \(candidates.count) dictionaries of tensors: "
          + listing(names, atMost: 8),
        advice: "choose one with --key, for example --key \(candidates[1].key)")
    }
    return first
  }

  /// Every dictionary with string keys, outer ones first. One that is reached twice counts once, so a dictionary in
  /// itself ends the search.
  private static func dictionaries(
    _ object: PickleObject, _ root: Int, _ limits: Limits
  ) -> [Candidate] {
    var found: [Candidate] = []
    var seen: Set<Int> = [root]
    var level: [(path: [String], position: Int)] = [([], root)]
    while !level.isEmpty, level[0].path.count <= depth {
      var below: [(path: [String], position: Int)] = []
      for (path, position) in level {
        let items = object.items(ofDictionary: position)
        guard !isOptimizer(items) else { continue }
        var candidate = Candidate(path: path, position: position, tensors: 0, others: 0)
        var hasOtherKeys = false
        for (key, value) in items {
          guard case .string(let name) = key, name.utf8.count <= limits.nameBytes,
            !name.hasControlCharacters
          else {
            hasOtherKeys = true
            continue
          }
          switch value {
          case .tensor: candidate.tensors += 1
          case .dictionary(let inner):
            candidate.others += 1
            if seen.insert(inner).inserted { below.append((path + [name], inner)) }
          default: candidate.others += name.hasSuffix("_extra_state") ? 0 : 1
          }
        }
        if hasOtherKeys { candidate.tensors = 0 }
        found.append(candidate)
      }
      level = below
    }
    return found
  }

  private static func isOptimizer(_ items: [(key: PickleValue, value: PickleValue)]) -> Bool {
    func has(_ name: String) -> Bool {
      items.contains { if case .string(name) = $0.key { true } else { false } }
    }
    return has("param_groups") && has("state")
  }
}
