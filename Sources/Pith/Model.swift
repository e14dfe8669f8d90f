package import PithFormat
@_exported public import PithGraph
import PithImage
@_exported public import PithTensor

/// The checked bytes of a Pith file: graph, recipe, labels, the meaning of the output, and tensors that are
/// decoded when asked for.
///
/// Opening checks everything but the content of the tensors' chunks, which carry checksums of their own and
/// are checked when decoded, at the latest when a ``Plan`` is made. Immutable; safe on any thread.
public struct Model: Sendable {
  /// The layers and how they are connected.
  public let graph: Graph
  /// How an image becomes the network's input; nil when the file was made without a recipe.
  public let preprocessing: Preprocessing?
  /// What the numbers that the network puts out mean.
  public let output: OutputMeaning
  /// The name of each output, or none at all.
  public let labels: [String]
  /// Images with the outputs that the source of the model gave for them.
  public let samples: [GoldenSample]
  /// Where the model came from.
  public let provenance: [ProvenanceEntry]

  package let resolved: ResolvedGraph
  package let container: Container
  package let limits: Limits

  /// Opens a file.
  ///
  /// - Throws: ``PithError`` with the path, the place and the rule of the format that is broken.
  public init(contentsOf path: String, limits: Limits = Limits()) throws {
    do {
      try self.init(opening: Container(contentsOf: path, limits: limits), limits: limits)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Opens the bytes of a file.
  ///
  /// - Throws: ``PithError`` with the place and the rule of the format that is broken.
  public init(bytes: [UInt8], limits: Limits = Limits()) throws {
    try self.init(opening: Container(bytes: bytes, limits: limits), limits: limits)
  }

  /// Opens a file from outside: an error without advice says what to do about the file.
  private init(opening container: Container, limits: Limits) throws {
    do {
      try self.init(container, limits: limits)
    } catch let error as PithError {
      guard let rule = error.rule else { throw error }
      throw error.breaking(rule)
    }
  }

  init(_ container: Container, limits: Limits) throws {
    guard container.kind == .model else {
      throw PithError(
        .unsupported, "is a training checkpoint, not a model",
        advice: "'pith convert' makes a model of it")
    }
    try self.init(container, except: { _ in false }, limits: limits)
  }

  /// The model that a training checkpoint holds.
  ///
  /// - Parameter isState: tells tensors that do not belong to the network by their names.
  /// - Throws: ``PithError`` with the place and the rule of the format that is broken.
  package init(
    inTraining container: Container, except isState: (String) -> Bool, limits: Limits
  ) throws {
    guard container.kind == .training else {
      throw PithError(
        .unsupported, "is a model, not a training checkpoint",
        advice: "train it further with 'pith train --from'")
    }
    try self.init(container, except: isState, limits: limits)
  }

  private init(
    _ container: Container, except isState: (String) -> Bool, limits: Limits
  ) throws {
    self.container = container
    self.limits = limits
    graph = try Graph(section: Self.required(.graph, of: container), limits: limits)
    resolved = try graph.resolved(limits: limits)
    preprocessing = try Self.recipe(of: container, for: graph, limits: limits)
    output = try Self.outputMeaning(of: container)
    labels =
      try container.section(.labels).map {
        try DescriptionSections.labels($0, limits: limits)
      } ?? []
    samples =
      try container.section(.samples).map {
        try DescriptionSections.samples($0, limits: limits)
      } ?? []
    provenance =
      try container.section(.provenance).map {
        try DescriptionSections.provenance($0, limits: limits)
      } ?? []
    try ModelRules(
      graph: resolved, preprocessing: preprocessing, labels: labels, samples: samples,
      provenance: provenance,
      shapes: Dictionary(
        container.tensors.filter { !isState($0.name) }.map { ($0.name, $0.shape) },
        uniquingKeysWith: { first, _ in first }),
      limits: limits
    ).check()
  }

  /// The values of a tensor, decoded from the chunks that it touches.
  ///
  /// - Throws: ``PithError`` with the code `tensorMismatch` when there is none of this name, or
  ///   `checksumMismatch` when a chunk is damaged.
  public func tensor(named name: String) throws -> Tensor {
    try container.tensor(named: name)
  }

  /// The graph with the values of its parameters.
  ///
  /// - Throws: ``PithError`` with the code `checksumMismatch` when a chunk is damaged.
  package func network() throws -> Network {
    let names = Set(resolved.parameters.map(\.name))
    let tensors = try container.decodeAll().byName()
    return Network(graph: graph, parameters: tensors.filter { names.contains($0.key) })
  }

  /// The SHA-256 of the decoded content as the file records it; ``Verification`` computes it anew.
  public var identity: String { container.storedIdentity }

  private static func required(
    _ name: SectionName, of container: Container
  ) throws -> ArraySlice<UInt8> {
    // F-70: what every model has.
    guard let section = container.section(name) else {
      throw PithError(.malformedFile, "a model needs a section '\(name)'", rule: "F-70")
    }
    return section
  }

  private static func recipe(
    of container: Container, for graph: Graph, limits: Limits
  ) throws -> Preprocessing? {
    guard let section = container.section(.recipe) else { return nil }
    return try Preprocessing(section: section, limits: limits) {
      let name = Preprocessing.meanImageName
      // F-73: a mean image is there and has the shape of the input, before it is decoded.
      guard let entry = container.entry(named: name) else {
        throw PithError(
          .tensorMismatch, place: "section 'recipe'",
          "there is a mean image but no tensor '\(name)'", rule: "F-73")
      }
      guard let input = graph.inputs.first, entry.shape == input.shape else {
        throw PithError(
          .shapeMismatch, place: "section 'recipe'",
          "the mean image is \(entry.shape) but the network takes "
            + graph.inputs.map { "\($0.shape)" }.joined(separator: ", "),
          rule: "F-73")
      }
      return try container.tensor(named: name)
    }
  }

  private static func outputMeaning(of container: Container) throws -> OutputMeaning {
    let section = try required(.output, of: container)
    var reader = ByteReader(section, what: "section 'output'")
    do {
      let number = try reader.integer(UInt8.self, "meaning")
      // F-74: scores of an unknown meaning are worse than none.
      guard let meaning = OutputMeaning(rawValue: number) else {
        throw PithError(
          .unsupported, place: "section 'output', byte 0",
          "meaning is \(number), which is not known",
          advice: "a later version of Pith may know it", rule: "F-74")
      }
      // F-60: a section holds its fields and nothing else.
      guard reader.isAtEnd else {
        throw reader.error("\(reader.remaining) bytes are left over after the last field")
      }
      return meaning
    } catch let error as PithError {
      throw error.underRule("F-60")
    }
  }
}
