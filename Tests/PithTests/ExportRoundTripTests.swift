import Pith
import PithConversion
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// A model as an ONNX file, and a model of that again.
@Suite struct ExportRoundTripTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Names, inputs, operations and sizes of the layers, and all of an operation but where ONNX or the writer says the same in
  /// another way: pools have their padding spelled out, and one whose outputs divide the image is an average pool.
  private func structure(_ graph: Graph) throws -> [String] {
    try graph.resolved().layers.map { resolved in
      let layer = resolved.layer
      let operation =
        switch layer.operation {
        case .maxPool: "max_pool"
        case .averagePool, .adaptiveAveragePool: "average_pool"
        default: "\(layer.operation)"
        }
      return "\(layer.name) = \(operation)(\(layer.inputs)) \(resolved.outputShape)"
    }
  }

  private func imported(_ network: Network) throws -> Network {
    let result = try ONNXNetwork(importing: ONNXModel(reading: ONNXExport.bytes(of: network)))
    return Network(
      graph: result.graph,
      parameters: Dictionary(
        uniqueKeysWithValues: result.state.entries.map { ($0.name, $0.tensor) }))
  }

  @Test(arguments: Architecture.names)
  func aBuiltInNetworkComesBackWithItsLayersTensorsAndOutput(_ name: String) throws {
    let network = try ExportTests.Example(name: name).network()
    let again = try imported(network)
    #expect(again.graph.inputs == network.graph.inputs)
    #expect(again.graph.outputs == network.graph.outputs)
    #expect(try structure(again.graph) == structure(network.graph))
    #expect(Set(again.parameters.keys) == Set(network.parameters.keys))
    for (name, tensor) in network.parameters {
      #expect(again.parameters[name] == tensor, "\(name)")
    }
    let image = try Tensor(
      shape: Shape(checking: [1] + network.graph.inputs[0].shape.dimensions),
      values: RandomNetwork.values(network.graph.inputs[0].shape.count, seed: 9))
    let results = try [network, again].map {
      try Session(Plan($0), threads: 1).run([$0.graph.inputs[0].name: image])
    }
    #expect(results[0] == results[1])
  }

  @Test func anAdaptivePoolThatDoesNotDivideTheImageComesBack() throws {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: [2, 10, 7])],
      layers: [
        Layer("pool", .adaptiveAveragePool(AdaptiveAveragePool(Extent(4, 3))), inputs: ["image"])
      ], outputs: ["pool"])
    let network = Network(graph: graph, parameters: [:])
    let again = try imported(network)
    #expect(again.graph == graph)
    #expect(again.parameters.isEmpty)
  }

  @Test func goldenSamplesHoldForTheModelThatComesBack() throws {
    let model = try Model(contentsOf: Repository.path("Sources/CPithDefaultModel/default.pith"))
    try expectSame(model)
  }

  @Test(.needsSharedData)
  func squeezeNetComesBack() throws {
    let file = try SharedData.file("models/squeezenet_v1.1.onnx")
    var recipe = Preprocessing()
    recipe.color = .bgr
    recipe.resize = .exact(Preprocessing.Size(height: 227, width: 227))
    recipe.mean = .channel([104, 117, 123])
    var options = Conversion.Options()
    options.preprocessing = recipe
    options.samples = [
      Conversion.Sample(
        name: "cat.png",
        png: try Repository.bytes("Fixtures/images/cat.png"))
    ]
    let model = try Model(bytes: Conversion(path: file.path, options: options).bytes)
    try expectSame(model)
  }

  /// Exports, converts, and compares all that the two models say of the network, and what they answer for the samples.
  private func expectSame(_ model: Model) throws {
    try folder.write(ONNXExport.bytes(of: model), to: "model.onnx")
    var options = Conversion.Options()
    options.preprocessing = model.preprocessing
    let again = try Model(
      bytes: Conversion(path: folder.path("model.onnx"), options: options).bytes)
    #expect(again.output == model.output)
    #expect(again.graph.outputs == model.graph.outputs)
    #expect(try structure(again.graph) == structure(model.graph))
    #expect(again.container.tensors.map(\.name) == model.container.tensors.map(\.name))
    for entry in model.container.tensors {
      #expect(try again.tensor(named: entry.name) == model.tensor(named: entry.name))
    }
    try #require(!model.samples.isEmpty)
    let images = model.samples.map { ImageSource.bytes($0.png) }
    let (before, after) = (try Classifier(model), try Classifier(again))
    let answers = (before.outputs(of: images), after.outputs(of: images))
    for (index, sample) in model.samples.enumerated() {
      let found = try answers.1[index].get()
      #expect(try found == answers.0[index].get())
      let worst = zip(found, sample.expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(worst <= sample.tolerance)
    }
  }
}
