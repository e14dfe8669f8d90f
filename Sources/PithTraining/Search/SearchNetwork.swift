public import PithGraph
package import PithTensor

/// A network that a search trains.
public struct SearchNetwork: Sendable {
  package let network: Network
  /// Where the network came from.
  package let provenance: [ProvenanceEntry]
  /// What its images must be made with; nil: computed from the training images.
  package let preprocessing: Preprocessing?
  /// The values of the parameters that it was made with, when several networks are compared.
  public let values: [String]
  /// The numbers that it learns.
  public let parameters: Int
  /// The multiplications with an addition for one image.
  public let multiplyAdds: Int

  /// - Throws: ``PithError`` when the graph does not resolve.
  public init(_ graph: Graph, values: [String] = []) throws {
    try self.init(Network(graph: graph, parameters: [:]), values: values)
  }

  /// The same, beginning with the weights that a network has.
  package init(
    _ network: Network, values: [String] = [], preprocessing: Preprocessing? = nil,
    provenance: [ProvenanceEntry] = []
  ) throws {
    self.network = network
    self.provenance = provenance
    self.preprocessing = preprocessing
    self.values = values
    parameters = try LayerSize.all(of: network.graph).reduce(0) { $0 + $1.parameters }
    multiplyAdds = try network.graph.resolved().layers.reduce(0) { $0 + $1.multiplyAdds }
  }

  /// A number that networks share only when they are the same.
  var fingerprint: UInt64 {
    let sources = provenance.map { "\($0.name): \($0.value)" }
    return RandomStream.number(([network.graph.text] + sources).joined(separator: "\n"))
  }
}
