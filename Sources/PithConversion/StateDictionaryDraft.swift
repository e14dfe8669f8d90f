import PithTensor

/// A state dictionary in the making: what every kind of checkpoint has in common.
///
/// Counters of batches are dropped, integers as the caller wishes, the prefixes of wrappers are taken off the names, and
/// every change is noted.
struct StateDictionaryDraft {
  private let limits: Limits
  private let integers: StateDictionary.Integers
  private var notes = Notes()
  private var entries: [StateDictionary.Entry] = []
  private var tensors = 0
  /// The number of values of all tensors that were admitted.
  private(set) var values = 0

  init(limits: Limits, integers: StateDictionary.Integers) {
    self.limits = limits
    self.integers = integers
  }

  /// Whether a tensor is to be read; if not, it is noted.
  ///
  /// - Parameter count: the number of its values, checked; asked for only when the tensor is to be read.
  /// - Throws: ``PithError`` with the code `limitExceeded` when the tensors are too many or too large together.
  mutating func admit(
    _ name: String, _ type: SourceType, count: () throws -> Int
  ) throws -> Bool {
    guard !name.hasSuffix("num_batches_tracked") else {
      notes.counters.append(name)
      return false
    }
    guard type.isFloatingPoint || integers == .keep else {
      notes.integers.append("\(name) (\(type.rawValue))")
      return false
    }
    values = try values.checkedAdding(try count(), "the number of values of all tensors")
    guard values <= limits.tensorValues, tensors < limits.tensors else {
      throw PithError(
        .limitExceeded, place: "tensor '\(name)'",
        "the checkpoint has more than \(limits.tensorValues) values or \(limits.tensors) tensors")
    }
    tensors += 1
    return true
  }

  /// Notes a value that is no tensor.
  mutating func drop(_ name: String) { notes.others.append(name) }

  /// Adds a tensor that was admitted.
  ///
  /// - Throws: ``PithError`` with the code `invalidValue` when an integer is not exact.
  mutating func append(_ name: String, _ tensor: Tensor, _ type: SourceType) throws {
    if type == .float64 { notes.rounded.append(name) }
    try checkExact(tensor, type, place: "tensor '\(name)'")
    entries.append(StateDictionary.Entry(name: name, tensor: tensor, type: type))
  }

  /// The tensors in the order in which they were added.
  func finished(extras: [StateDictionary.Extra], key: String? = nil) -> StateDictionary {
    let prefix = wrapperPrefix
    return StateDictionary(
      entries: entries.map {
        StateDictionary.Entry(
          name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor, type: $0.type)
      },
      notes: notes.sentences(prefix: prefix), extras: extras, key: key)
  }

  /// The prefixes of wrappers (`DataParallel`, `torch.compile`) that all names have.
  private var wrapperPrefix: String {
    var prefix = ""
    while let next = ["module.", "_orig_mod."].first(where: { next in
      !entries.isEmpty
        && entries.allSatisfy {
          $0.name.hasPrefix(prefix + next) && $0.name.utf8.count > (prefix + next).utf8.count
        }
    }) {
      prefix += next
    }
    return prefix
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
