import Pith
import PithGraph
import PithKernels
import PithTensor
import Testing

@Suite struct ReferenceOperationTests {
  @Test(arguments: ReferenceCase.all)
  func doublePrecisionEqualsPyTorch(_ expected: ReferenceCase) throws {
    let output = try computed(expected, as: Double.self)
    #expect(try difference(output, expected.output.values) <= 1e-12)
  }

  @Test(arguments: ReferenceCase.all)
  func singlePrecisionIsNearPyTorch(_ expected: ReferenceCase) throws {
    let output = try computed(expected, as: Float.self).map { Double($0) }
    #expect(try difference(output, expected.output.values) <= 1e-5)
  }

  @Test(arguments: ReferenceCase.all)
  func shapeRuleEqualsPyTorch(_ expected: ReferenceCase) throws {
    #expect(try expected.network().graph.resolved().layers[0].outputShape == expected.output.shape)
  }

  @Test func everyOperationHasACase() {
    let covered = Set(ReferenceCase.all.map(\.operation))
    #expect(covered == Set(Operation.examples.map(\.name)))
  }

  @Test func aMissingInputIsRefused() throws {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: [1, 2, 2])],
      layers: [Layer("relu", .relu, inputs: ["image"])], outputs: ["relu"])
    let network = try ReferenceNetwork<Float>(Network(graph: graph, parameters: [:]))
    let error = #expect(throws: PithError.self) { try network.run(["image": [1, 2, 3]]) }
    #expect(error?.code == .shapeMismatch)
    #expect(
      error?.description == "input 'image': 3 values were given but shape 1x2x2 has 4")
  }

  @Test func missingAndMisshapenAndUnexpectedParametersAreListedAtOnce() throws {
    let graph = Graph(
      inputs: [Graph.Input("x", shape: [3])],
      layers: [Layer("fc", .fullyConnected(FullyConnected(outputs: 2)), inputs: ["x"])],
      outputs: ["fc"])
    let network = Network(
      graph: graph,
      parameters: [
        "fc.weight": Tensor(shape: [3, 2], repeating: 0), "old": Tensor(shape: [1], repeating: 0),
      ])
    let error = #expect(throws: PithError.self) { try ReferenceNetwork<Float>(network) }
    #expect(error?.code == .tensorMismatch)
    #expect(
      error?.description == """
        the tensors do not fit the graph:
          misshapen: 'fc.weight' has shape 3x2 but its layer needs 2x3
          missing: 'fc.bias' of shape 2
          unexpected: 'old', which no layer needs
        """)
  }

  private func computed<Scalar: ReferenceScalar>(
    _ expected: ReferenceCase, as type: Scalar.Type
  ) throws -> [Scalar] {
    let network = try ReferenceNetwork<Scalar>(expected.network())
    return try #require(network.run(expected.values(as: Scalar.self))["layer"])
  }

  /// The greatest difference over the greatest finite value (at least 1); infinite where one is NaN or
  /// infinite and the other is not the same.
  private func difference(_ found: [Double], _ expected: [Double]) throws -> Double {
    try #require(found.count == expected.count)
    let scale = expected.filter(\.isFinite).map(abs).reduce(1, max)
    return zip(found, expected).map { found, expected in
      if found.isNaN && expected.isNaN || found == expected { return 0 }
      return found.isFinite && expected.isFinite ? abs(found - expected) / scale : .infinity
    }.reduce(0, max)
  }
}
