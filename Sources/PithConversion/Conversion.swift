package import Pith
import PithFiles
import PithFormat
import PithGraph
package import PithTensor

/// A model file made of another program's checkpoint: the bytes to write, and what was done on the way.
package struct Conversion: Sendable {
  /// What the source is.
  package enum Source: String, Sendable, CaseIterable {
    /// Whatever the first bytes say.
    case auto
    /// A file of `torch.save`.
    case pytorch
    /// A file of the library safetensors.
    case safetensors
  }

  /// An image that becomes a golden sample.
  package struct Sample: Sendable {
    package var name: String
    /// The bytes of the PNG file.
    package var png: [UInt8]

    package init(name: String, png: [UInt8]) {
      self.name = name
      self.png = png
    }
  }

  /// What a checkpoint does not say by itself.
  package struct Options: Sendable {
    package var source = Source.auto
    /// The name of one of ``Architecture/all``; a checkpoint of tensors needs one.
    package var architecture: String?
    /// The keys that lead to the tensors inside the file, joined by points; nil: the one place that has some.
    package var key: String?
    package var preprocessing: Preprocessing?
    /// Says that there is no recipe and that this is meant.
    package var withoutPreprocessing = false
    package var output = OutputMeaning.logits
    package var labels: [String] = []
    /// The type to which the weights of convolutions and fully connected layers are rounded; nil: none.
    package var weights: ElementType?
    package var samples: [Sample] = []
    /// The source's outputs for the samples, `[samples, outputs]`; nil: the reference operations compute them.
    package var expected: Tensor?
    /// Who computed ``expected``.
    package var expectedOrigin = "the source of the checkpoint"

    package init() {}
  }

  /// The file.
  package let bytes: [UInt8]
  /// What it says.
  package let contents: ModelContents
  /// What was rounded, dropped or measured, a sentence each.
  package let notes: [String]

  /// Reads a checkpoint, names what does not fit, and makes a file that has been read back and verified.
  ///
  /// - Throws: ``PithError`` with the path; everything missing, misshapen or unexpected is listed at once.
  package init(path: String, options: Options, limits: Limits = Limits()) throws {
    guard options.preprocessing != nil || options.withoutPreprocessing else {
      throw PithError(
        .missingPreprocessing,
        "no preprocessing recipe was given, and without one the answers would be wrong silently",
        advice: "give the recipe, or say that there is none with --no-preprocessing")
    }
    let bytes = try FileBytes.read(path, limit: limits.fileBytes)
    do {
      try self.init(bytes: bytes, options: options, limits: limits)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  private init(bytes: [UInt8], options: Options, limits: Limits) throws {
    let source = try Self.source(of: bytes[...], options.source)
    let state: StateDictionary
    switch source {
    case .pytorch:
      state = try PyTorchFile.read(bytes: bytes, limits: limits, key: options.key)
    case .safetensors:
      guard options.key == nil else {
        throw PithError(
          .invalidArgument, "a safetensors file has no keys that lead to its tensors",
          advice: "leave out --key")
      }
      state = try SafetensorsFile.read(bytes: bytes, limits: limits)
    }
    guard let name = options.architecture else {
      throw PithError(
        .invalidArgument,
        "a \(source.rawValue) holds tensors but not the network they belong to",
        advice: "name it with --architecture: "
          + Architecture.all.map(\.name).joined(separator: ", "))
    }
    try state.checkValues()
    let shapes = Dictionary(
      state.entries.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { first, _ in first })
    let graph = try Architecture.named(name).graph(
      for: shapes, size: options.preprocessing?.fixedSize)
    let resolved = try graph.resolved(limits: limits)
    try resolved.checkParameters(shapes)
    let outputs = resolved.outputCount
    guard options.labels.isEmpty || options.labels.count == outputs else {
      throw PithError(
        .invalidArgument,
        "\(options.labels.count) labels were given but the network has \(outputs) outputs",
        advice: "give a label for each output, in the order of their indices")
    }
    var contents = ModelContents(
      graph: graph, parameters: Self.parameters(of: state), preprocessing: options.preprocessing,
      output: options.output)
    contents.labels = options.labels
    contents.provenance = [
      ProvenanceEntry("architecture", name), ProvenanceEntry("source", source.rawValue),
      ProvenanceEntry("source sha-256", SHA256.hexadecimal(of: bytes)),
      ProvenanceEntry("converter", "pith \(PithVersion.current)"),
    ]
    var notes = state.notes
    contents.samples = try GoldenSampleMaker(contents: contents, options: options, limits: limits)
      .samples(&notes)
    self.contents = contents
    self.notes = notes
    self.bytes = try contents.encoded(weights: options.weights, limits: limits)
  }

  /// What a file of tensors is, in words.
  private enum TensorSource: String {
    case pytorch = "PyTorch checkpoint"
    case safetensors = "safetensors file"
  }

  /// What the caller says, or what the first bytes say.
  private static func source(
    of bytes: ArraySlice<UInt8>, _ source: Source
  ) throws -> TensorSource {
    switch source {
    case .pytorch: return .pytorch
    case .safetensors: return .safetensors
    case .auto:
      if SafetensorsFile.recognizes(bytes) { return .safetensors }
      if PyTorchFile.recognizes(bytes) { return .pytorch }
      throw PithError(
        .unsupported, "is not a checkpoint that this version can read",
        advice: "it reads files of torch.save, zip or older ones, and safetensors files")
    }
  }

  private static func parameters(
    of state: StateDictionary
  ) -> [String: ModelContents.SourceTensor] {
    var parameters: [String: ModelContents.SourceTensor] = [:]
    for entry in state.entries {
      let type: ElementType =
        switch entry.type {
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float32, .float64, .int64, .int32, .int16, .int8, .uint8, .bool: .float32
        }
      parameters[entry.name] = ModelContents.SourceTensor(entry.tensor, type: type)
    }
    return parameters
  }
}
