package import Pith
import PithFiles
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
    /// An ONNX model.
    case onnx
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
    /// One of ``Architecture/names``, or the path of a file of the network language; a checkpoint of tensors needs one,
    /// an ONNX model says its own network.
    package var architecture: String?
    /// Values of the parameters of the architecture's text.
    package var parameters: [String: Double] = [:]
    /// Beginnings of the names of tensors that are left out, which the network must not need.
    package var ignoredPrefixes: [String] = []
    /// The keys that lead to the tensors inside the file, joined by points; nil: the one place that has some.
    package var key: String?
    package var preprocessing: Preprocessing?
    /// Says that there is no recipe and that this is meant.
    package var withoutPreprocessing = false
    /// What the outputs mean; nil: what the end of the graph says, and else logits.
    package var output: OutputMeaning?
    /// Whether the first dimension of an ONNX model's inputs is the batch.
    package var hasBatch = true
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
  /// The names of the tensors that were left out because of ``Options/ignoredPrefixes``, in order.
  package let ignoredTensors: [String]

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
      let source = try SourceNetwork(
        bytes: bytes, folder: Self.folder(of: path), options: options, limits: limits)
      try self.init(source, options: options, limits: limits)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  private init(_ source: SourceNetwork, options: Options, limits: Limits) throws {
    try source.state.checkValues()
    let resolved = try source.graph.resolved(limits: limits)
    let outputs = resolved.outputCount
    guard options.labels.isEmpty || options.labels.count == outputs else {
      throw PithError(
        .invalidArgument,
        "\(options.labels.count) labels were given but the network has \(outputs) outputs",
        advice: "give a label for each output, in the order of their indices")
    }
    var notes = source.state.notes
    var contents = ModelContents(
      graph: source.graph, parameters: Self.parameters(of: source.state),
      preprocessing: options.preprocessing,
      output: try source.output(options.output, &notes))
    contents.labels = options.labels
    contents.provenance =
      source.provenance + [ProvenanceEntry("converter", "pith \(PithVersion.current)")]
    contents.samples = try GoldenSampleMaker(contents: contents, options: options, limits: limits)
      .samples(&notes)
    self.contents = contents
    self.notes = notes
    ignoredTensors = source.ignoredTensors
    self.bytes = try contents.encoded(weights: options.weights, limits: limits)
  }

  /// The folder that a path leads into.
  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
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
