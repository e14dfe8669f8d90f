import Glibc
import PithFiles
import PithFormat
package import PithGraph
package import PithTensor

/// A network that a checkpoint of tensors may belong to.
package struct Architecture: Sendable {
  /// What a checkpoint and a recipe leave open; nil: what is usual for the network.
  package struct Settings: Sendable {
    /// The channels of the input.
    package var channels: Int?
    /// The height and width of the input.
    package var size: Preprocessing.Size?
    /// The number of outputs.
    package var classes: Int?

    package init(channels: Int? = nil, size: Preprocessing.Size? = nil, classes: Int? = nil) {
      self.channels = channels
      self.size = size
      self.classes = classes
    }
  }

  /// The name on the command line: that of a built-in network, or the path of a file of the network language.
  package let name: String
  /// The text in the network language.
  package let text: String
  /// How errors of the text call it.
  private let file: String
  /// Whether it is part of Pith.
  package let isBuiltIn: Bool
  /// What the name says about the parameters of the text.
  private let ownValues: [String: Double]
  /// What the caller says about them.
  private let givenValues: [String: Double]

  /// The names of the built-in networks, in the order in which they are listed.
  package static let names = BuiltInNetwork.all.map(\.name)

  /// The one of a name.
  ///
  /// - Parameter values: parameters of the text, by name.
  /// - Throws: ``PithError`` with the code `unsupported`, listing all names.
  package static func named(
    _ name: String, values: [String: Double] = [:]
  ) throws -> Architecture {
    let network = try BuiltInNetwork.named(name)
    return Architecture(
      name: name, text: try network.text(), file: "\(network.file).network", isBuiltIn: true,
      ownValues: network.values, givenValues: values)
  }

  /// Whether what the command line says is the path of a file: it has a slash or ends in `.network`, or such a file is
  /// there.
  package static func isPath(_ nameOrPath: String) -> Bool {
    nameOrPath.contains("/") || nameOrPath.hasSuffix(".network")
      || !names.contains(nameOrPath) && access(nameOrPath, R_OK) == 0
  }

  /// The one of a name, or that of a file of the network language.
  ///
  /// - Throws: ``PithError`` as ``named(_:values:)``, or because the file cannot be read.
  package static func of(
    _ nameOrPath: String, values: [String: Double] = [:], limits: Limits = Limits()
  ) throws -> Architecture {
    guard isPath(nameOrPath) else { return try named(nameOrPath, values: values) }
    let bytes = try FileBytes.read(nameOrPath, limit: limits.networkBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PithError(
        .malformedNetwork, file: nameOrPath,
        "is not valid UTF-8; a text of the network language was expected")
    }
    return Architecture(
      name: nameOrPath, text: text, file: nameOrPath, isBuiltIn: false, ownValues: [:],
      givenValues: values)
  }

  /// Where a network comes from: the name, or the SHA-256 of a file's text, and the parameters that were given.
  package var provenance: [ProvenanceEntry] {
    let values = givenValues.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return [
      ProvenanceEntry(
        "architecture",
        isBuiltIn ? name : "network file, SHA-256 \(SHA256.hexadecimal(of: Array(text.utf8)))")
    ]
      + (values.isEmpty
        ? [] : [ProvenanceEntry("architecture parameters", values.joined(separator: " "))])
  }

  /// The graph for given settings; parameters that the caller gave come first.
  package func graph(_ settings: Settings = Settings()) throws -> Graph {
    try reading { try graph(of: NetworkText(parsing: text), settings) }
  }

  private var values: [String: Double] { ownValues.merging(givenValues) { $1 } }

  /// Names the text in its errors.
  private func reading<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as PithError {
      throw error.inFile(file)
    }
  }

  private func graph(of text: NetworkText, _ settings: Settings) throws -> Graph {
    var values = values
    // A network may have its outputs without a parameter for them.
    if let classes = settings.classes, text.parameters.contains(where: { $0.name == Self.classes })
    {
      values[Self.classes] = Double(classes)
    }
    let usual = try text.graph(values)
    guard settings.channels != nil || settings.size != nil, let input = usual.inputs.first,
      input.shape.rank == 3
    else { return usual }
    let shape = try Shape(checking: [
      settings.channels ?? input.shape[0], settings.size?.height ?? input.shape[1],
      settings.size?.width ?? input.shape[2],
    ])
    return try text.graph(values, inputShape: shape)
  }

  /// The graph for a checkpoint: its tensors tell the number of classes and of input channels.
  ///
  /// - Parameters:
  ///   - shapes: the shape of every tensor of the checkpoint by name.
  ///   - size: the input size, that of the recipe; nil: the usual one.
  /// - Throws: ``PithError`` with the code `tensorMismatch` when a tensor that tells is missing.
  package func graph(for shapes: [String: Shape], size: Preprocessing.Size?) throws -> Graph {
    func shape(of tensor: String, rank: Int) throws -> Shape {
      guard let shape = shapes[tensor], shape.rank >= rank else {
        throw PithError(
          .tensorMismatch,
          "\(name) needs a tensor '\(tensor)' of \(rank) dimensions or more, but the checkpoint has "
            + (shapes[tensor].map { "one of shape \($0)" } ?? "none"),
          advice: "is it a checkpoint of another architecture? It has \(examples(shapes))")
      }
      return shape
    }
    let telling = try tellingTensors()
    let settings = Settings(
      channels: try telling.channels.map { try shape(of: $0, rank: 4)[1] }, size: size,
      classes: try telling.classes.map { try shape(of: $0, rank: 1)[0] })
    return try graph(settings)
  }

  /// The parameter of a text that is the number of outputs.
  private static let classes = "classes"

  /// The names of the tensors `[n, channels, kh, kw]` and `[classes, ...]`; nil: none tells.
  ///
  /// The first is the weight of the first layer, if that is a convolution of the input; the other is the last weight
  /// whose first size is the number of classes whatever that is.
  package func tellingTensors() throws -> (channels: String?, classes: String?) {
    try reading { try tellingTensors(of: NetworkText(parsing: text)) }
  }

  private func tellingTensors(
    of text: NetworkText
  ) throws -> (channels: String?, classes: String?) {
    let usual = try text.graph(values).resolved()
    let first = usual.graph.layers.first { layer in
      guard case .convolution(let convolution) = layer.operation else { return false }
      return convolution.groups == 1 && layer.inputs == usual.graph.inputs.map(\.name)
    }
    let channels = first.map { "\($0.name).weight" }
    guard let parameter = text.parameters.first(where: { $0.name == Self.classes }),
      givenValues[Self.classes] == nil
    else { return (channels, nil) }
    let count = parameter.defaultValue
    let other = Dictionary(
      try text.graph(values.merging([Self.classes: count + 1]) { $1 }).resolved().parameters
        .map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let last = usual.parameters.last { name, shape in
      name.hasSuffix(".weight") && Double(shape[0]) == count
        && other[name].map { Double($0[0]) } == count + 1
    }
    return (channels, last?.name)
  }

  private func examples(_ shapes: [String: Shape]) -> String {
    let names = shapes.keys.sorted()
    let shown = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
    return names.isEmpty
      ? "no tensors" : "\(names.count) tensors: \(shown)\(names.count > 4 ? ", ..." : "")"
  }
}
