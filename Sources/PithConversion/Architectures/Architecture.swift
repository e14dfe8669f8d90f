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

  private let network: BuiltInNetwork

  /// The name on the command line.
  package var name: String { network.name }

  /// All of them, in the order in which they are listed.
  package static let all: [Architecture] = BuiltInNetwork.all.map { Architecture(network: $0) }

  /// The one of a name.
  ///
  /// - Throws: ``PithError`` with the code `unsupported`, listing all names.
  package static func named(_ name: String) throws -> Architecture {
    Architecture(network: try BuiltInNetwork.named(name))
  }

  /// The graph for given settings.
  package func graph(_ settings: Settings = Settings()) throws -> Graph {
    try graph(of: NetworkText(parsing: network.text()), settings)
  }

  private func graph(of text: NetworkText, _ settings: Settings) throws -> Graph {
    var values = network.values
    values[Self.classes] = settings.classes.map(Double.init)
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
    let text = try NetworkText(parsing: network.text())
    let telling = try tellingTensors(of: text)
    let settings = Settings(
      channels: try telling.channels.map { try shape(of: $0, rank: 4)[1] }, size: size,
      classes: try telling.classes.map { try shape(of: $0, rank: 1)[0] })
    return try graph(of: text, settings)
  }

  /// The parameter of a text that is the number of outputs.
  private static let classes = "classes"

  /// The names of the tensors `[n, channels, kh, kw]` and `[classes, ...]`; nil: none tells.
  ///
  /// The first is the weight of the first layer, if that is a convolution of the input; the other is the last weight
  /// whose first size is the number of classes whatever that is.
  package func tellingTensors() throws -> (channels: String?, classes: String?) {
    try tellingTensors(of: NetworkText(parsing: network.text()))
  }

  private func tellingTensors(
    of text: NetworkText
  ) throws -> (channels: String?, classes: String?) {
    let usual = try text.graph(network.values).resolved()
    let first = usual.graph.layers.first { layer in
      guard case .convolution(let convolution) = layer.operation else { return false }
      return convolution.groups == 1 && layer.inputs == usual.graph.inputs.map(\.name)
    }
    let channels = first.map { "\($0.name).weight" }
    guard let parameter = text.parameters.first(where: { $0.name == Self.classes }) else {
      return (channels, nil)
    }
    let count = parameter.defaultValue
    let other = Dictionary(
      try text.graph(network.values.merging([Self.classes: count + 1]) { $1 }).resolved().parameters
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
