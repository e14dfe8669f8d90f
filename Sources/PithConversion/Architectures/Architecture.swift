package import PithGraph
package import PithTensor

/// A family of networks that is known by name, with the tensor names of its usual checkpoints.
package struct Architecture: Sendable {
  /// What a checkpoint and a recipe leave open.
  package struct Settings: Sendable {
    /// The channels of the input.
    package var channels: Int
    /// The height and width of the input.
    package var size: Preprocessing.Size
    /// The number of outputs.
    package var classes: Int

    package init(channels: Int, size: Preprocessing.Size, classes: Int) {
      self.channels = channels
      self.size = size
      self.classes = classes
    }
  }

  /// The name on the command line.
  package let name: String
  /// The input size when nothing else says.
  package let size: Preprocessing.Size
  /// The tensor `[n, channels, kh, kw]` that tells the channels of the input.
  package let first: String
  /// The tensor `[classes, ...]` that tells the number of classes.
  package let last: String
  package let build: @Sendable (Settings) throws -> Graph

  init(
    _ name: String, side: Int, first: String, last: String,
    build: @escaping @Sendable (Settings) throws -> Graph
  ) {
    self.name = name
    self.size = Preprocessing.Size(height: side, width: side)
    self.first = first
    self.last = last
    self.build = build
  }

  /// All of them, in the order in which they are listed.
  package static let all: [Architecture] =
    cifarResNets + torchvisionResNets + [vgg16, mobileNetV2, squeezeNet11]

  /// The one of a name.
  ///
  /// - Throws: ``PithError`` with the code `unsupported`, listing all names.
  package static func named(_ name: String) throws -> Architecture {
    guard let architecture = all.first(where: { $0.name == name }) else {
      throw PithError(
        .unsupported, "the architecture '\(name)' is not known",
        advice: "known are \(all.map(\.name).joined(separator: ", "))")
    }
    return architecture
  }

  /// The graph for a checkpoint: its tensors tell the number of classes and of input channels.
  ///
  /// - Parameters:
  ///   - shapes: the shape of every tensor of the checkpoint by name.
  ///   - size: the input size, that of the recipe; nil: the usual one.
  /// - Throws: ``PithError`` with the code `tensorMismatch` when the two tensors that tell are missing.
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
    return try build(
      Settings(
        channels: shape(of: first, rank: 4)[1], size: size ?? self.size,
        classes: shape(of: last, rank: 1)[0]))
  }

  private func examples(_ shapes: [String: Shape]) -> String {
    let names = shapes.keys.sorted()
    let shown = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
    return names.isEmpty
      ? "no tensors" : "\(names.count) tensors: \(shown)\(names.count > 4 ? ", ..." : "")"
  }
}
