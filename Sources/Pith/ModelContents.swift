package import PithFormat
package import PithGraph
package import PithTensor
import PithThreads

/// Everything that a model file will say: what converters and trainers fill in.
package struct ModelContents: Sendable {
  /// A tensor with the type that its source had it in.
  package struct SourceTensor: Sendable {
    package var values: TensorValues
    package var type: ElementType

    package init(_ tensor: Tensor, type: ElementType = .float32) {
      self.init(TensorValues(tensor), type: type)
    }

    package init(_ values: TensorValues, type: ElementType = .float32) {
      self.values = values
      self.type = type
    }

    package var tensor: Tensor { values.tensor }
  }

  package var graph: Graph
  /// By the name `LAYER.ROLE`.
  package var parameters: [String: SourceTensor]
  package var preprocessing: Preprocessing?
  package var output: OutputMeaning
  package var labels: [String] = []
  package var samples: [GoldenSample] = []
  package var provenance: [ProvenanceEntry] = []

  package init(
    graph: Graph, parameters: [String: SourceTensor], preprocessing: Preprocessing?,
    output: OutputMeaning
  ) {
    self.graph = graph
    self.parameters = parameters
    self.preprocessing = preprocessing
    self.output = output
  }

  /// The graph with the values of its parameters.
  package var network: Network {
    Network(graph: graph, parameters: parameters.mapValues(\.tensor))
  }

  /// The bytes of the file: the same contents and the same zlib give the same bytes.
  ///
  /// - Parameter weights: the type to which convolutions' and fully connected layers' weights are rounded; nil,
  ///   and everything else, is stored without loss.
  /// - Returns: bytes that ``Model`` has opened.
  /// - Throws: ``PithError`` when the parts do not fit each other, or a value is not finite.
  package func encoded(weights: ElementType? = nil, limits: Limits = Limits()) throws -> [UInt8] {
    let writer = try writer(.model, weights: weights, limits: limits)
    let pool = ThreadPool(threads: ThreadCount.available)
    let bytes = try writer.encoded { count, body in pool.forEach(count, body) }
    // Lengths and characters of texts are checked where they are read.
    _ = try Model(Container(bytes: bytes, limits: limits), limits: limits)
    return bytes
  }

  /// A writer with all that the contents say, to which more may be added.
  ///
  /// - Throws: as ``encoded(weights:limits:)``.
  package func writer(
    _ kind: Container.Kind, weights: ElementType? = nil, limits: Limits = Limits()
  ) throws -> ContainerWriter {
    let resolved = try graph.resolved(limits: limits)
    var tensors = parameters
    if case .image(let mean)? = preprocessing?.mean {
      tensors[Preprocessing.meanImageName] = SourceTensor(mean)
    }
    try ModelRules(
      graph: resolved, preprocessing: preprocessing, labels: labels, samples: samples,
      provenance: provenance, shapes: tensors.mapValues(\.values.shape), limits: limits
    ).check()
    var writer = ContainerWriter(kind: kind, minorVersion: graph.minorVersion)
    try writer.add(section: .graph, isRequired: true, bytes: graph.section)
    if let preprocessing {
      try writer.add(section: .recipe, isRequired: true, bytes: preprocessing.section)
    }
    try writer.add(section: .output, isRequired: true, bytes: [output.rawValue])
    if !labels.isEmpty {
      try writer.add(
        section: .labels, isRequired: false, bytes: DescriptionSections.bytes(labels: labels))
    }
    if !samples.isEmpty {
      try writer.add(
        section: .samples, isRequired: false, bytes: DescriptionSections.bytes(samples: samples))
    }
    if !provenance.isEmpty {
      try writer.add(
        section: .provenance, isRequired: false,
        bytes: DescriptionSections.bytes(provenance: provenance))
    }
    let names = resolved.parameters.map(\.name)
    let matrices = resolved.matrices
    for name in names + tensors.keys.filter({ $0 == Preprocessing.meanImageName }) {
      guard let source = tensors[name] else { continue }
      // Weights that are not numbers give answers that are none: no file is written.
      if let problem = source.values.withValues({
        ValueCheck.error($0, shape: source.values.shape, of: name)
      }) {
        throw problem
      }
      let storedType = matrices.contains(name) && source.type == .float32 ? weights : nil
      try writer.add(
        tensor: name, source.values, logicalType: source.type, storedType: storedType)
    }
    return writer
  }
}

extension ResolvedGraph {
  /// The names of the weights that make up the size of a file: those of convolutions and fully connected layers.
  fileprivate var matrices: Set<String> {
    var names: Set<String> = []
    for layer in layers {
      switch layer.layer.operation {
      case .convolution, .fullyConnected: names.insert("\(layer.layer.name).weight")
      default: break
      }
    }
    return names
  }
}
