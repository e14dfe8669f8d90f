package import PithTensor

extension ResolvedGraph {
  /// Checks that the tensors of a model are those that the graph needs, and lists all that are not.
  ///
  /// - Parameter shapes: the shape of every tensor by name.
  /// - Throws: ``PithError`` with the code `tensorMismatch`: everything missing, misshapen or unexpected at once.
  package func checkParameters(_ shapes: [String: Shape]) throws {
    var problems: [String] = []
    var needed: Set<String> = []
    for layer in layers {
      for (name, shape) in layer.parameters {
        needed.insert(name)
        switch shapes[name] {
        case nil: problems.append("missing: '\(name)' of shape \(shape)")
        case shape?: break
        case let other?:
          problems.append("misshapen: '\(name)' has shape \(other) but its layer needs \(shape)")
        }
      }
    }
    let unexpected = shapes.keys.filter { !needed.contains($0) }.sorted()
    problems += unexpected.map { "unexpected: '\($0)', which no layer needs" }
    guard problems.isEmpty else {
      throw PithError(
        .tensorMismatch,
        "the tensors do not fit the graph:\n  " + problems.joined(separator: "\n  "))
    }
  }
}
