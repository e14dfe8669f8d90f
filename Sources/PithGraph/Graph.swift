public import PithTensor

/// A network as a list of layers in the order in which they are computed.
///
/// Every layer has one output, known by the layer's name. Shapes leave out the batch: an image is
/// `[channels, height, width]`, and any number of them can be computed at once. The values of the
/// parameters are kept apart, by the name `LAYER.ROLE` (`conv1.weight`, `bn1.running_mean`), so that a
/// PyTorch `state_dict` fits by name.
public struct Graph: Sendable, Hashable {
  /// Something that the caller provides.
  public struct Input: Sendable, Hashable {
    public var name: String
    /// Without the batch.
    public var shape: Shape

    public init(_ name: String, shape: Shape) {
      self.name = name
      self.shape = shape
    }
  }

  /// What the caller provides, in order.
  public var inputs: [Input]
  /// The layers; each uses inputs of the graph and layers before it only, so there are no cycles.
  public var layers: [Layer]
  /// The names of the layers (or inputs) that are results.
  public var outputs: [String]

  public init(inputs: [Input], layers: [Layer] = [], outputs: [String] = []) {
    self.inputs = inputs
    self.layers = layers
    self.outputs = outputs
  }
}

/// One operation with its name and where its inputs come from.
public struct Layer: Sendable, Hashable {
  /// Unique in its graph; also the name of its output and the prefix of its parameters.
  public var name: String
  public var operation: Operation
  /// Names of graph inputs or of layers before this one.
  public var inputs: [String]

  public init(_ name: String, _ operation: Operation, inputs: [String]) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
  }
}

/// A tensor that a layer needs.
public struct Parameter: Sendable, Hashable {
  /// What it is to the layer: `weight`, `bias`, `running_mean`, `running_var` or `value`.
  public var role: String
  public var shape: Shape

  package init(_ role: String, _ shape: Shape) {
    self.role = role
    self.shape = shape
  }
}
