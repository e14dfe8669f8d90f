import PithFormat
import PithGraph
import PithTensor

/// A network as its source gives it: layers, parameters, and where they came from.
struct SourceNetwork {
  var graph: Graph
  var state: StateDictionary
  var provenance: [ProvenanceEntry]
  /// The names of the tensors that were left out because the caller said so, in order.
  var ignoredTensors: [String] = []
  /// What the end of the graph says about the outputs, and why; nil: the source does not say.
  var meaning: (output: OutputMeaning, reason: String)?

  /// - Parameter folder: where the file is; other files beside it may belong to it.
  init(bytes: [UInt8], folder: String, options: Conversion.Options, limits: Limits) throws {
    let checksum = ProvenanceEntry("source sha-256", SHA256.hexadecimal(of: bytes))
    switch try Self.kind(of: bytes, options.source) {
    case .onnx:
      try self.init(
        ONNXModel(reading: bytes, folder: folder, limits: limits), options: options, limits: limits)
    case .safetensors:
      guard options.key == nil else {
        throw PithError(
          .invalidArgument, "a safetensors file has no keys that lead to its tensors",
          advice: "leave out --key")
      }
      try self.init(
        SafetensorsFile.read(bytes: bytes, limits: limits), of: "safetensors file",
        options: options, limits: limits)
    case .pytorch, .auto:
      try self.init(
        PyTorchFile.read(bytes: bytes, limits: limits, key: options.key), of: "PyTorch checkpoint",
        options: options, limits: limits)
    }
    provenance.append(checksum)
  }

  private static func kind(
    of bytes: [UInt8], _ source: Conversion.Source
  ) throws -> Conversion.Source {
    guard source == .auto else { return source }
    if SafetensorsFile.recognizes(bytes[...]) { return .safetensors }
    if PyTorchFile.recognizes(bytes[...]) { return .pytorch }
    if ONNXModel.recognizes(bytes[...]) { return .onnx }
    throw PithError(
      .unsupported, "is not a checkpoint that this version can read",
      advice: "it reads ONNX models, safetensors files, and files of torch.save, zip or older ones")
  }

  private init(_ model: ONNXModel, options: Conversion.Options, limits: Limits) throws {
    guard options.architecture == nil else {
      throw PithError(
        .invalidArgument, "an ONNX model says its own network",
        advice: "leave --architecture out")
    }
    guard options.ignoredPrefixes.isEmpty else {
      throw PithError(
        .invalidArgument, "an ONNX model's own network says which of its tensors it needs",
        advice: "leave --ignore out")
    }
    let network = try ONNXNetwork(
      importing: model, size: options.preprocessing?.fixedSize, hasBatch: options.hasBatch,
      limits: limits)
    graph = network.graph
    state = network.state
    meaning = network.outputReason.map { (network.output, $0) }
    let version = model.operatorSets[""] ?? 0
    provenance = [ProvenanceEntry("source", "ONNX model, version \(version) of the operators")]
    if !model.producer.isEmpty {
      provenance.append(ProvenanceEntry("producer", model.producer))
    }
  }

  private init(
    _ state: StateDictionary, of kind: String, options: Conversion.Options, limits: Limits
  ) throws {
    guard let name = options.architecture else {
      throw PithError(
        .invalidArgument,
        "a \(kind) holds tensors but not the network they belong to",
        advice: "name it with --architecture: "
          + Architecture.names.joined(separator: ", ") + ", or a file of the network language")
    }
    let shapes = Dictionary(
      state.entries.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { first, _ in first })
    let architecture = try Architecture.of(name, values: options.parameters, limits: limits)
    graph = try architecture.graph(for: shapes, size: options.preprocessing?.fixedSize)
    let selection = TensorSelection(
      needed: try graph.resolved(limits: limits), prefixes: options.ignoredPrefixes)
    (self.state, ignoredTensors) = try selection.applied(to: state)
    provenance = architecture.provenance + [ProvenanceEntry("source", kind)]
  }

  /// What the outputs mean, from what the caller says and what the graph says.
  func output(_ given: OutputMeaning?, _ notes: inout [String]) throws -> OutputMeaning {
    guard let meaning else { return given ?? .logits }
    guard given == nil || given == meaning.output else {
      throw PithError(
        .invalidArgument,
        "\(meaning.reason), but --output says \(given?.name ?? "")",
        advice: "leave --output out")
    }
    notes.append(meaning.reason)
    return meaning.output
  }
}
