/// Where a statement stands: what names and variables mean there.
struct Scope {
  /// What the names of layers begin with, from the outermost, which is empty, to that of this scope.
  private(set) var prefixes = [""]
  /// Counters of repeats and parameters of the block.
  var variables: [String: NetworkValue] = [:]
  /// The values that the body of a block does not see: those before this one.
  var firstVisible = 0
  /// The blocks that can be called: those before this one.
  var blockCount = Int.max

  /// What the names of layers begin with here.
  var prefix: String { prefixes[prefixes.count - 1] }

  /// The scope in which names begin with this one and a point as well.
  func inside(_ name: String) -> Scope {
    var scope = self
    scope.prefixes.append("\(prefix)\(name).")
    return scope
  }
}

/// The names that have been given in a graph, with the values that they stand for.
struct Definitions {
  struct Definition {
    /// The name of an input or layer; nil: the scope is still open.
    var value: String?
    let position: TextPosition
    /// How many stand before it.
    let index: Int
  }

  private var definitions: [String: Definition] = [:]
  /// In the order in which they were given.
  private(set) var names: [String] = []

  subscript(name: String) -> Definition? { definitions[name] }

  var count: Int { names.count }

  /// Gives a name a meaning; the caller has looked whether it has one.
  mutating func define(_ name: String, value: String?, at position: TextPosition) {
    definitions[name] = Definition(value: value, position: position, index: names.count)
    names.append(name)
  }

  /// Says what a name stands for, now that its scope is closed.
  mutating func close(_ name: String, value: String?) {
    definitions[name]?.value = value
  }
}
