import PithGraph
import PithTensor

/// The tensors of a checkpoint that a network needs, without those that the caller leaves out: torchvision's GoogLeNet has
/// two auxiliary classifiers, `aux1.` and `aux2.`, that only training runs.
struct TensorSelection {
  private let resolved: ResolvedGraph
  private let needed: Set<String>
  private let prefixes: [String]

  /// - Parameter prefixes: beginnings of names; characters have no other meaning than themselves.
  init(needed resolved: ResolvedGraph, prefixes: [String]) {
    self.resolved = resolved
    needed = Set(resolved.parameters.map(\.name))
    self.prefixes = prefixes
  }

  /// The tensors that stay, all of which the network needs, and the names of the others.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument` for a prefix that no tensor has or that one has which the
  ///   network needs, with `tensorMismatch` when the rest is not what the network needs.
  func applied(
    to state: StateDictionary
  ) throws -> (state: StateDictionary, ignored: [String]) {
    for prefix in prefixes {
      let names = state.entries.map(\.name).filter { $0.utf8.starts(with: prefix.utf8) }
      guard !names.isEmpty else {
        throw PithError(
          .invalidArgument,
          "--ignore \(prefix): no tensor of the checkpoint has a name that begins so",
          advice: "leave it out, or look for a slip in it")
      }
      let missed = names.filter(needed.contains).sorted()
      guard missed.isEmpty else {
        throw PithError(
          .invalidArgument,
          "--ignore \(prefix): the network needs "
            + listing(missed.map { "'\($0)'" }, atMost: 4),
          advice: "give more of the names that it does not need")
      }
    }
    var rest = state
    rest.entries.removeAll { isIgnored($0.name) }
    try check(rest)
    let ignored = state.entries.map(\.name).filter(isIgnored)
    if !ignored.isEmpty {
      rest.notes.append("ignored: \(ignored.joined(separator: ", "))")
    }
    return (rest, ignored)
  }

  private func isIgnored(_ name: String) -> Bool {
    prefixes.contains { name.utf8.starts(with: $0.utf8) }
  }

  private func check(_ state: StateDictionary) throws {
    let shapes = Dictionary(
      state.entries.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { first, _ in first })
    do {
      try resolved.checkParameters(shapes)
    } catch var error as PithError {
      // Where all that is needed is there, what is left over may be parts that only training runs.
      if resolved.parameters.allSatisfy({ shapes[$0.name] == $0.shape }) {
        error.advice = advice(for: shapes.keys.filter { !needed.contains($0) })
      }
      throw error
    }
  }

  /// How to leave these names out; nil where one of them is in a part that the network has: then the checkpoint is of
  /// another network, a deeper one perhaps, and to cut it off would give wrong answers.
  private func advice(for unexpected: [String]) -> String? {
    var options: Set<String> = []
    for name in unexpected {
      let part = name.firstIndex(of: ".").map { String(name[...$0]) } ?? name
      guard !needed.contains(where: { $0.utf8.starts(with: part.utf8) }) else { return nil }
      options.insert("--ignore \(part)")
    }
    return "if only training runs them, leave them out with "
      + listing(options.sorted(), atMost: 4, separator: " ")
  }
}
