/// Removes identity layers and dropout, which does nothing when inferring.
package struct RemoveIdentities: Pass {
  package func run(on prepared: inout PreparedGraph) {
    var sources: [String: String] = [:]
    func source(_ name: String) -> String { sources[name] ?? name }
    var kept: [Layer] = []
    for var layer in prepared.graph.layers {
      layer.inputs = layer.inputs.map(source)
      switch layer.operation {
      case .identity, .dropout: sources[layer.name] = layer.inputs[0]
      default: kept.append(layer)
      }
    }
    prepared.graph.layers = kept
    prepared.graph.outputs = prepared.graph.outputs.map(source)
  }
}
