package import PithTensor

/// The named tensors of a trained network as another program saved them, and what was changed on the way.
package struct StateDictionary: Sendable {
  /// One named tensor.
  package struct Entry: Sendable, Hashable {
    /// The name, without the prefixes that wrappers of a module add.
    package var name: String
    /// The values as `Float`.
    package var tensor: Tensor
    /// What the values were in the file; `float16` and `bfloat16` values are exact in ``tensor``.
    package var type: SourceType

    package init(name: String, tensor: Tensor, type: SourceType) {
      self.name = name
      self.tensor = tensor
      self.type = type
    }
  }

  /// A plain value that stands beside the tensors, such as an epoch.
  package enum Scalar: Sendable, Hashable {
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
  }

  /// A named plain value.
  package struct Extra: Sendable, Hashable {
    /// The keys that lead to it, joined by points.
    package var name: String
    package var value: Scalar

    package init(name: String, value: Scalar) {
      self.name = name
      self.value = value
    }
  }

  /// What becomes of tensors of integers and booleans; `num_batches_tracked` is dropped in any case.
  package enum Integers: Sendable {
    /// They are dropped, and listed in the notes.
    case drop
    /// They become `Float` values, which must be exact.
    case keep
  }

  /// The tensors in the order of the file; names are unique.
  package var entries: [Entry]
  /// What was rounded, dropped or renamed: one sentence for each kind of change, with every name.
  package var notes: [String]
  /// The plain values in the dictionaries that lead to the tensors, or the file's metadata, in the order of the file.
  package var extras: [Extra]
  /// The keys that lead to the tensors, joined by points; nil when they are at the top level.
  package var key: String?

  package init(
    entries: [Entry], notes: [String] = [], extras: [Extra] = [], key: String? = nil
  ) {
    self.entries = entries
    self.notes = notes
    self.extras = extras
    self.key = key
  }

  /// The tensor of this name, or nil.
  package subscript(name: String) -> Tensor? {
    entries.first { $0.name == name }?.tensor
  }
}
