/// Removes identity layers and dropout, which does nothing when inferring.
package struct RemoveIdentities: Pass {
  package func run(on network: inout Network) {
    var sources: [String: String] = [:]
    func source(_ name: String) -> String { sources[name] ?? name }
    var kept: [Layer] = []
    for var layer in network.graph.layers {
      layer.inputs = layer.inputs.map(source)
      switch layer.operation {
      case .identity, .dropout: sources[layer.name] = layer.inputs[0]
      default: kept.append(layer)
      }
    }
    network.graph.layers = kept
    network.graph.outputs = network.graph.outputs.map(source)
  }
}
