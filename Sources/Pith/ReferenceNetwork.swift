package import PithGraph
package import PithKernels
package import PithTensor

/// A network computed layer by layer with the reference operations, nothing folded and nothing fused.
///
/// In double precision it is the measure of a plan; its memory and time are no concern.
package struct ReferenceNetwork<Scalar: ReferenceScalar>: Sendable {
  private let graph: ResolvedGraph
  private let parameters: [String: [Scalar]]

  /// - Throws: ``PithError`` when the graph does not resolve or a parameter is missing or misshapen.
  package init(_ network: Network, limits: Limits = Limits()) throws {
    graph = try network.graph.resolved(limits: limits)
    try graph.checkParameters(network.parameters.mapValues(\.shape))
    parameters = network.parameters.mapValues { $0.values.map { Scalar($0) } }
  }

  /// The outputs for one image.
  ///
  /// - Parameter inputs: the values of every input of the graph by name, without the batch.
  package func run(_ inputs: [String: [Scalar]]) throws -> [String: [Scalar]] {
    var values: [String: [Scalar]] = [:]
    for input in graph.graph.inputs {
      guard let given = inputs[input.name], given.count == input.shape.count else {
        throw PithError(
          .shapeMismatch, place: "input '\(input.name)'",
          "\(inputs[input.name]?.count ?? 0) values were given but shape \(input.shape) has \(input.shape.count)"
        )
      }
      values[input.name] = given
    }
    for layer in graph.layers {
      values[layer.layer.name] = compute(layer, layer.layer.inputs.map { values[$0] ?? [] })
    }
    return values.filter { graph.graph.outputs.contains($0.key) }
  }

  private func compute(_ layer: ResolvedGraph.ResolvedLayer, _ inputs: [[Scalar]]) -> [Scalar] {
    let parameters = layer.parameters.map { self.parameters[$0.name] ?? [] }
    if layer.layer.operation.isConstant { return parameters[0] }
    return [Scalar](unsafeUninitializedCapacity: layer.outputShape.count) { output, count in
      withPointers(inputs) { inputs in
        withPointers(parameters) { parameters in
          Scalar.run(
            layer.kernelOperation, inputs: inputs, parameters: parameters,
            output: output.baseAddress!)
        }
      }
      count = layer.outputShape.count
    }
  }

  /// The addresses of several arrays at once.
  private func withPointers(
    _ arrays: [[Scalar]], _ found: [UnsafePointer<Scalar>] = [],
    _ body: ([UnsafePointer<Scalar>]) -> Void
  ) {
    guard found.count < arrays.count else { return body(found) }
    arrays[found.count].withUnsafeBufferPointer {
      withPointers(arrays, found + [$0.baseAddress!], body)
    }
  }
}

extension Operation {
  /// Whether the output is the parameter `value` itself.
  var isConstant: Bool {
    if case .constant = self { true } else { false }
  }
}
