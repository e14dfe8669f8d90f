import PithTensor

/// Folds a batch norm into the convolution or fully connected layer before it.
///
/// With `s = gamma / sqrt(variance + epsilon)`, the weights of output `n` become `s[n] * w` and its bias
/// `s[n] * (b - mean) + beta`, computed in double precision (Jacob et al. 2018, section 3.2).
package struct FoldBatchNorm: Pass {
  package func run(on network: inout Network) throws {
    let consumers = network.graph.consumers
    var foldedInto: [String: String] = [:]
    var kept: [Layer] = []
    var positions: [String: Int] = [:]
    for var layer in network.graph.layers {
      let sources = layer.inputs
      layer.inputs = sources.map { foldedInto[$0] ?? $0 }
      if case .batchNorm(let norm) = layer.operation, let position = positions[layer.inputs[0]],
        network.graph.soleConsumer(of: sources[0], in: consumers) != nil,
        let operation = kept[position].operation.withBias
      {
        try fold(norm, named: layer.name, into: kept[position], of: &network)
        kept[position].operation = operation
        foldedInto[layer.name] = kept[position].name
      } else {
        positions[layer.name] = kept.count
        kept.append(layer)
      }
    }
    network.graph.layers = kept
    network.graph.outputs = network.graph.outputs.map { foldedInto[$0] ?? $0 }
  }

  private func fold(
    _ norm: BatchNorm, named name: String, into layer: Layer, of network: inout Network
  ) throws {
    let roles = ["weight", "bias", "running_mean", "running_var"]
    let statistics = try roles.map { try network.parameter($0, of: name).values }
    let weight = try network.parameter("weight", of: layer.name)
    let outputs = statistics[0].count
    let scales = (0..<outputs).map { n in
      Double(statistics[0][n]) / (Double(statistics[3][n]) + norm.epsilon).squareRoot()
    }
    let bias = network.parameters["\(layer.name).bias"]?.values
    let shifted = (0..<outputs).map { n -> Float in
      let centred = Double(bias?[n] ?? 0) - Double(statistics[2][n])
      return Float(centred * scales[n] + Double(statistics[1][n]))
    }
    var scaled = weight.values
    let row = scaled.count / outputs
    for n in 0..<outputs {
      for i in n * row..<(n + 1) * row { scaled[i] = Float(Double(scaled[i]) * scales[n]) }
    }
    network.parameters["\(layer.name).weight"] = try Tensor(shape: weight.shape, values: scaled)
    network.parameters["\(layer.name).bias"] = try Tensor(
      shape: Shape(checking: [outputs]), values: shifted)
    for role in roles { network.parameters["\(name).\(role)"] = nil }
  }
}

extension Operation {
  /// The same layer with a bias, if it is one that takes one.
  fileprivate var withBias: Operation? {
    switch self {
    case .convolution(var layer):
      layer.bias = true
      return .convolution(layer)
    case .fullyConnected(var layer):
      layer.bias = true
      return .fullyConnected(layer)
    default:
      return nil
    }
  }
}
