package import PithGraph
package import PithTensor

/// The network of an ONNX model: layers, parameters, and what its end says about the outputs.
package struct ONNXNetwork: Sendable {
  package var graph: Graph
  package var state: StateDictionary
  /// What the last layers say that the numbers mean.
  package var output: OutputMeaning
  /// Why, for people; nil: nothing but the absence of a softmax.
  package var outputReason: String?

  /// Converts a model.
  ///
  /// - Parameters:
  ///   - size: the height and width of images, where the file leaves them open.
  ///   - hasBatch: whether the first dimension of every input is the batch.
  /// - Throws: ``PithError`` that lists every node that cannot be converted.
  package init(
    importing model: ONNXModel, size: Preprocessing.Size? = nil, hasBatch: Bool = true,
    limits: Limits = Limits()
  ) throws {
    var conversion = try ONNXImport(model, hasBatch: hasBatch, limits: limits)
    try conversion.addInputs(size: size)
    conversion.addNodes()
    try conversion.addOutputs()
    let network = try ONNXSimplification(
      conversion.layers.graph, conversion.layers.entries, shapes: conversion.layers.shapes
    ).network()
    let resolved = try network.graph.resolved(limits: limits)
    let end = Self.meaning(of: network.graph)
    graph = network.graph
    state = StateDictionary(
      entries: resolved.parameters.compactMap { network.entries[$0.name] })
    (output, outputReason) = (end.meaning, end.reason)
  }

  /// What the last layers of the first output say.
  private static func meaning(
    of graph: Graph
  ) -> (meaning: OutputMeaning, reason: String?) {
    var layers: [String: Layer] = [:]
    for layer in graph.layers { layers[layer.name] = layer }
    var name = graph.outputs.first
    while let layer = name.flatMap({ layers[$0] }) {
      switch layer.operation {
      case .softmax:
        return (.probabilities, "the graph ends in a softmax: the outputs are probabilities")
      case .sigmoid:
        return (
          .probabilities, "the graph ends in a sigmoid: each output is a probability of its own"
        )
      case .identity, .flatten, .reshape, .dropout: name = layer.inputs.first
      default: return (.logits, nil)
      }
    }
    return (.logits, nil)
  }
}
