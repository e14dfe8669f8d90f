import PithGraph

extension Graph {
  /// The same network with each max pool before the clip, such as ReLU, that only it reads: a clip never changes the order
  /// of values, so the results are the same, of fewer values.
  ///
  /// So are the gradients: where several values of a window are cut off to the same number, the clip has none. The values of
  /// such a clip are those of the pool now, and have its size.
  func withClipsBehindPools() -> Graph {
    var readers: [String: Int] = [:]
    for name in outputs + layers.flatMap(\.inputs) { readers[name, default: 0] += 1 }
    var graph = self
    for (index, layer) in layers.enumerated() {
      guard case .maxPool = layer.operation, let name = layer.inputs.first, readers[name] == 1,
        let clip = graph.layers.firstIndex(where: { $0.name == name }),
        graph.layers[clip].operation.isClip
      else { continue }
      // Each takes the other's place, and its name: that of what follows stays.
      graph.layers[index].operation = graph.layers[clip].operation
      graph.layers[clip].operation = layer.operation
    }
    return graph
  }
}

extension Operation {
  fileprivate var isClip: Bool {
    switch self {
    case .relu, .clip: true
    default: false
    }
  }
}
