import Pith
import PithFormat
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// What is not a whole model is not written, and what is not a model is not opened.
struct ModelContentsTests {
  private func expect(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout ModelContents) throws -> Void
  ) throws {
    var contents = try GoldenModels.cnn()
    try change(&contents)
    let error = pithError { try contents.encoded() }
    #expect(error?.description == text, sourceLocation: sourceLocation)
  }

  @Test func tensorsFitTheGraph() throws {
    try expect(
      """
      the tensors do not fit the graph:
        misshapen: 'fc.weight' has shape 4x3 but its layer needs 3x4
        missing: 'fc.bias' of shape 3
        unexpected: 'fc.scale', which no layer needs [F-71]
      """
    ) {
      $0.parameters["fc.bias"] = nil
      $0.parameters["fc.scale"] = .init(Tensor(shape: [1], repeating: 1))
      $0.parameters["fc.weight"] = .init(Tensor(shape: [4, 3], repeating: 1))
    }
  }

  @Test func labelsFitTheOutputs() throws {
    try expect("there are 2 labels but the network has 3 outputs [F-75]") {
      $0.labels = ["cat", "dog"]
    }
    try expect("section 'labels', byte 15: label 1 has control characters [F-61]") {
      $0.labels = ["cat", "dog\r", "bird"]
    }
    try expect(
      "section 'labels', byte 11: the length of label 1 is 1025 but may be at most 1024 [F-60]"
    ) {
      $0.labels = ["cat", String(repeating: "d", count: 1025), "bird"]
    }
  }

  @Test func recipesFitTheGraph() throws {
    try expect(
      "preprocessing: makes images of 9x8 pixels but the network takes 8x8 [F-73]",
    ) { $0.preprocessing?.crop = .init(height: 9, width: 8) }
    try expect(
      "preprocessing: makes 1 channel (gray) but the network takes 3 (3x8x8) [F-73]"
    ) {
      $0.preprocessing?.color = .gray
      $0.preprocessing?.mean = .none
      $0.preprocessing?.standardDeviation = nil
    }
    try expect(
      "preprocessing: standard deviation 3 is -1.0; it must be greater than 0 [F-72]"
    ) { $0.preprocessing?.standardDeviation = [1, 1, -1] }
    try expect("preprocessing: the resize is -1x2 pixels; both sides must be 1 or more [F-72]") {
      $0.preprocessing?.resize = .exact(.init(height: -1, width: 2))
    }
    try expect(
      "preprocessing: mean has 300 values but the image has 3 channels (rgb) [F-72]"
    ) { $0.preprocessing?.mean = .channel([Float](repeating: 0, count: 300)) }
  }

  @Test func samplesFitTheOutputs() throws {
    try expect("sample 'photo': expects 2 outputs but the network has 3 [F-76]") {
      $0.samples[0].expected = [1, 2]
    }
    try expect("the file has samples but no recipe to make inputs of them [F-76]") {
      $0.preprocessing = nil
    }
    try expect("the file has samples, so its graph must have one output, not 2 [F-76]") {
      $0.graph.outputs.append("flatten")
    }
    try expect(
      "sample 'photo': the tolerance is nan; it must be a finite number of at least 0 [F-76]"
    ) { $0.samples[0].tolerance = .nan }
    try expect("sample 'photo': output 1 is expected to be inf, which cannot be compared [F-76]") {
      $0.samples[0].expected[1] = .infinity
    }
    try expect("section 'samples', byte 8: the name of sample 0 has control characters [F-61]") {
      $0.samples[0].name = "\u{1B}[2J"
    }
  }

  @Test func entriesOfTheProvenanceHaveNamesOfTheirOwn() throws {
    try expect(
      "section 'provenance': the name 'source' of entry 2 is empty or given twice [F-77]"
    ) { $0.provenance.append(ProvenanceEntry("source", "elsewhere")) }
  }

  @Test func valuesAreNumbers() throws {
    try expect(
      "tensor 'fc.bias': has the value nan at [2]; "
        + "the training diverged or the file is damaged; convert an earlier checkpoint"
    ) {
      $0.parameters["fc.bias"] = .init(try Tensor(shape: [3], values: [0, 1, .nan]))
    }
  }

  @Test func graphsResolve() throws {
    try expect("graph: the output 'fc' is given twice [F-69]") { $0.graph.outputs = ["fc", "fc"] }
    try expect(
      "layer 'fc' (fully_connected): uses 'flattened', which is neither an input of the graph nor a layer "
        + "before it [F-65]; the graph has a cycle, is out of order, or misses a layer"
    ) { $0.graph.layers[7].inputs = ["flattened"] }
  }

  /// A recipe without resize has no use for an interpolation, so the file does not keep it.
  @Test func whatHasNoUseIsNotWritten() throws {
    var contents = try GoldenModels.cnn()
    contents.samples = []
    contents.preprocessing?.resize = nil
    let bytes = try contents.encoded()
    contents.preprocessing?.interpolation = .nearest
    #expect(try contents.encoded() == bytes)
    #expect(try Model(bytes: bytes).preprocessing?.interpolation == .bilinear)
  }

  @Test func emptySectionsAreLeftOut() throws {
    var contents = try GoldenModels.cnn()
    (contents.labels, contents.samples, contents.provenance) = ([], [], [])
    contents.preprocessing = nil
    let model = try Model(bytes: contents.encoded())
    #expect(
      model.container.sections.map(\.name) == [
        .graph, .output, .tensors, .chunks, .identity, .data,
      ])
    let error = pithError { try Classifier(model, threads: 1) }
    #expect(error?.code == .missingPreprocessing)
    #expect(
      error?.description
        == "the model has no preprocessing recipe, so it cannot take images; "
        + "give it tensors with 'pith run', or convert it again with a recipe")
  }

  @Test func trainingCheckpointsAreNotModels() throws {
    let bytes = try FormatFixtures.bytes("training")
    let error = pithError { try Model(bytes: bytes) }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description
        == "is a training checkpoint, not a model; 'pith convert' makes a model of it")
  }

  /// The chunk is damaged, so decoding it would fail with another rule: 8 MB of file could claim 8 GB of image.
  @Test func aMeanImageIsNotDecodedBeforeItsShapeIsKnown() throws {
    var bytes = try FormatFixtures.bytes("malformed/F-73-mean-image-of-another-size")
    let data = try #require(Container(bytes: bytes).sections.first { $0.name == .data })
    for position in data.offset..<data.offset + data.length { bytes[position] ^= 0xFF }
    let error = pithError { try Model(bytes: bytes) }
    #expect(error?.rule == "F-73")
    #expect(error?.problem == "the mean image is 1x4 but the network takes 1x2x2")
  }

  @Test func whatIsNoTensorTakesLittleRoom() throws {
    let network = try RandomNetwork.architecture("resnet32-cifar", side: 32, seed: 1)
    var contents = ModelContents(
      graph: network.graph, parameters: network.parameters.mapValues { .init($0) },
      preprocessing: try GoldenModels.cnn().preprocessing, output: .logits)
    contents.preprocessing?.crop = .init(height: 32, width: 32)
    contents.labels = (0..<10).map { "a label of some length \($0)" }
    let container = try Model(bytes: contents.encoded()).container
    let graph = try #require(container.section(.graph)).count
    let others = container.byteCount - container.tensorByteCount
    #expect(graph <= 12 << 10, "\(graph) bytes")
    #expect(others <= 32 << 10, "\(others) bytes")
    print("resnet32-cifar: graph \(graph) bytes, all but data and chunk table \(others)")
  }
}
