import Foundation
import Pith
import PithConversion
import PithFormat
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// Files of others that are made of a model: read back by the converter, and by the libraries that they are for.
@Suite struct ExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What is exported: each built-in architecture, narrow and on a small image, and random graphs with all operations.
  struct Example: CustomTestStringConvertible, Sendable {
    let name: String
    var seed: UInt64?

    var testDescription: String { name }

    static let all =
      Architecture.names.map { Example(name: $0) }
      + ([1, 2, 3, 4] as [UInt64]).map { (seed: UInt64) in
        Example(name: "random graph \(seed)", seed: seed)
      }

    func network() throws -> Network {
      if let seed {
        return try RandomNetwork.network(RandomNetwork.graph(layers: 90, seed: seed), seed: seed)
      }
      let facts = try JSONSerialization.jsonObject(
        with: Data(Repository.text("Fixtures/architectures.json").utf8))
      let architectures = try #require(facts as? [String: [String: Any]])
      let small = try #require(architectures[name]?["small"] as? [String: Any])
      let builtIn = try BuiltInNetwork.named(name)
      let width = try #require(small["width"] as? Double)
      let graph = try NetworkText(parsing: builtIn.text()).graph(
        builtIn.values.merging(["width": width]) { $1 },
        inputShape: Shape(checking: try #require(small["input"] as? [Int])))
      return try RandomNetwork.network(graph, seed: 7)
    }
  }

  /// Every output of a network for two images, one after the other.
  private func outputs(of network: Network, _ images: [Float]) throws -> [[Float]] {
    let shape = network.graph.inputs[0].shape
    let batch = try Tensor(
      shape: Shape(checking: [2] + shape.dimensions), values: images)
    let results = try Session(Plan(network), threads: 1)
      .run([network.graph.inputs[0].name: batch])
    return try network.graph.outputs.map { try #require(results[$0]).values }
  }

  private func expectNear(
    _ found: [Float], _ expected: [Float], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == expected.count, "\(what)", sourceLocation: sourceLocation)
    let scale = expected.reduce(1) { max($0, abs($1)) }
    let worst = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(worst <= 1e-4 * scale, "\(what)", sourceLocation: sourceLocation)
  }

  @Test(arguments: Example.all) func theExportOfANetworkReadsBackAsTheSame(
    _ example: Example
  ) throws {
    let network = try example.network()
    let imported = try ONNXNetwork(importing: ONNXModel(reading: ONNXExport.bytes(of: network)))
    let parameters = Dictionary(
      uniqueKeysWithValues: imported.state.entries.map { ($0.name, $0.tensor) })
    let again = Network(graph: imported.graph, parameters: parameters)
    let images = RandomNetwork.values(2 * network.graph.inputs[0].shape.count, seed: 8)
    for (found, expected) in zip(
      try outputs(of: again, images), try outputs(of: network, images))
    {
      expectNear(found, expected, example.name)
    }
    #expect(imported.graph.outputs.count == network.graph.outputs.count)
  }

  @Test(.needsPython("numpy", "onnx", "onnxruntime", "safetensors", "torch"))
  func otherLibrariesReadWhatIsExportedAndAgree() throws {
    for (index, example) in Example.all.enumerated() {
      let network = try example.network()
      let images = RandomNetwork.values(2 * network.graph.inputs[0].shape.count, seed: 8)
      try folder.write(ONNXExport.bytes(of: network), to: "\(index).onnx")
      try folder.write(images.withUnsafeBytes { [UInt8]($0) }, to: "\(index).in")
    }
    let model = try Self.defaultModel()
    try folder.write(SafetensorsExport.bytes(of: model), to: "model.safetensors")
    let stored = try Self.ofEveryType()
    try folder.write(SafetensorsExport.bytes(of: stored), to: "stored.safetensors")
    let result = try Python.run(tool: "onnx/exported.py", [folder.url.path])
    try #require(result.status == 0, "\(result.errors)")
    for (index, example) in Example.all.enumerated() {
      let network = try example.network()
      let images = RandomNetwork.values(2 * network.graph.inputs[0].shape.count, seed: 8)
      var rest = try floats("\(index).out")[...]
      for expected in try outputs(of: network, images) {
        expectNear(Array(rest.prefix(expected.count)), expected, example.name)
        rest = rest.dropFirst(expected.count)
      }
      #expect(rest.isEmpty)
    }
    let values = try model.container.tensors.map(\.name).sorted()
      .flatMap { try model.tensor(named: $0).values }
    #expect(try floats("model.values") == values)
    #expect(try folder.text("model.network") == model.graph.text)
    #expect(
      try folder.text("stored.types")
        == "f16.bias F32\nf16.weight F16\ni8.bias F16\ni8.weight F32\nrest.weight BF16\n")
    let storedValues = try stored.container.tensors.map(\.name).sorted()
      .flatMap { try stored.tensor(named: $0).values }
    #expect(try floats("stored.values") == storedValues)
  }

  /// Tensors that were f32 in their source, stored in all types: rounded to f16 and i8, and where that is exact.
  private static func ofEveryType() throws -> Model {
    let names = ["f16", "i8", "rest"]
    let graph = Graph(
      inputs: [Graph.Input("x", shape: [3])],
      layers: names.enumerated().map { index, name in
        Layer(
          name, .fullyConnected(FullyConnected(outputs: 3, bias: name != "rest")),
          inputs: [index == 0 ? "x" : names[index - 1]])
      }, outputs: ["rest"])
    let tensors: [(name: String, type: ElementType?, tensor: Tensor)] = [
      ("f16.weight", .float16, try Tensor(shape: [3, 3], values: (1...9).map { Float($0) / 7 })),
      ("f16.bias", nil, try Tensor(shape: [3], values: [0.1, 0.2, 1e-9])),
      ("i8.weight", .int8, try Tensor(shape: [3, 3], values: (1...9).map { Float($0) / 7 - 1 })),
      ("i8.bias", nil, try Tensor(shape: [3], values: [0, 65504, 0.000_000_059_604_645])),
      ("rest.weight", nil, Tensor(shape: [3, 3], repeating: 1.5 * 0x1p100)),
    ]
    var writer = ContainerWriter(kind: .model, minorVersion: graph.minorVersion)
    try writer.add(section: .graph, isRequired: true, bytes: graph.section)
    try writer.add(
      section: .output, isRequired: true, bytes: [OutputMeaning.logits.rawValue])
    for (name, type, tensor) in tensors {
      try writer.add(tensor: name, tensor, storedType: type)
    }
    let model = try Model(bytes: writer.encoded())
    try #require(
      model.container.tensors.map { "\($0.name) \($0.storedType.name)" }.sorted() == [
        "f16.bias f32", "f16.weight f16", "i8.bias f16", "i8.weight i8", "rest.weight bf16",
      ])
    return model
  }

  @Test func safetensorsKeepNamesShapesTypesAndValues() throws {
    let graph = Graph(
      inputs: [Graph.Input("x", shape: [3])],
      layers: [
        Layer("a", .fullyConnected(FullyConnected(outputs: 2)), inputs: ["x"]),
        Layer("b", .fullyConnected(FullyConnected(outputs: 1, bias: false)), inputs: ["a"]),
      ], outputs: ["b"])
    var contents = ModelContents(
      graph: graph,
      parameters: [
        "a.weight": .init(
          try Tensor(shape: [2, 3], values: [1, -2, 0.5, 3, 4, 5]), type: .float16),
        "a.bias": .init(try Tensor(shape: [2], values: [0.1, -0.2])),
        "b.weight": .init(try Tensor(shape: [1, 2], values: [1.5, 2]), type: .bfloat16),
      ], preprocessing: nil, output: .sigmoid)
    contents.labels = ["only \"one\""]
    contents.provenance = [ProvenanceEntry("source", "a test")]
    let model = try Model(bytes: contents.encoded())
    let bytes = try SafetensorsExport.bytes(of: model)
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect((8 + length) % 8 == 0)
    let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    #expect(
      header.contains(
        #""a.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a.weight":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},"b.weight":{"dtype":"BF16","shape":[1,2],"data_offsets":[20,24]}}"#
      ))
    #expect(header.contains(#""pith.output":"sigmoid","pith.labels":"only \"one\"""#))
    let state = try SafetensorsFile.read(bytes: bytes)
    #expect(state.entries.map(\.name) == ["a.bias", "a.weight", "b.weight"])
    for entry in state.entries {
      #expect(entry.tensor == contents.parameters[entry.name]?.tensor)
    }
    #expect(state.extras.contains { $0.name == "pith.network" && $0.value == .string(graph.text) })
  }

  /// The recipe as the options that make it.
  @Test func metadataHaveTheRecipe() throws {
    let bytes = try SafetensorsExport.bytes(of: Self.defaultModel())
    let extras = try SafetensorsFile.read(bytes: bytes).extras
    let recipe = try #require(extras.first { $0.name == "pith.recipe" }?.value)
    #expect(
      recipe
        == .string(
          "--color rgb --resize 32 --interpolation bilinear --crop 32x32 --range 1 "
            + "--mean 0.49133772,0.48205414,0.4464168 --std 0.24527247,0.24283828,0.2606016"))
  }

  @Test func whatONNXCannotExpressIsListedAtOnce() throws {
    let window = Window(
      kernel: Extent(2), stride: Extent(1), padding: Padding(2), dilation: Extent(3))
    let graph = Graph(
      inputs: [Graph.Input("x", shape: [2, 8, 8])],
      layers: [
        Layer("far", .maxPool(MaxPool(window)), inputs: ["x"]),
        Layer("constant", .constant(Constant(shape: [2, 8, 8])), inputs: []),
        Layer("curved", .relu, inputs: ["constant"]),
        Layer("sum", .add, inputs: ["curved", "x"]),
      ], outputs: ["far", "sum"])
    let error = pithError {
      try ONNXExport.bytes(of: RandomNetwork.network(graph, seed: 1))
    }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description == """
        ONNX cannot express this network:
          'far': a pool whose padding 2,2,2,2 is not smaller than its kernel
          'curved': relu of a constant, which has no batch
        """)
  }

  private static func defaultModel() throws -> Model {
    try Model(
      contentsOf: Repository.path("Sources/CPithDefaultModel/default.pith"))
  }

  private func floats(_ name: String) throws -> [Float] {
    try folder.bytes(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
