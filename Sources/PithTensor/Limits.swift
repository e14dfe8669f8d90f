/// The most that a file may declare. Every size read from outside is held to these before memory is spent.
public struct Limits: Sendable, Hashable {
  /// The largest file that is read, in bytes.
  public var fileBytes = 4 << 30
  /// The most values that all tensors of a file may have together.
  public var tensorValues = 2 << 30
  /// The most tensors in a file.
  public var tensors = 1 << 16
  /// The most sections in a file.
  public var sections = 1 << 10
  /// The largest section that is not tensor data, in bytes.
  public var sectionBytes = 256 << 20
  /// The most operations in the pickle of a PyTorch checkpoint; each makes at most one value.
  public var pickleOperations = 1 << 22
  /// The most values that are computed from constants of an ONNX model while it is converted.
  public var foldedValues = 1 << 28
  /// The most fields in the messages of an ONNX file, and numbers in lists of attributes; each makes at most one value.
  public var protocolBufferFields = 1 << 22
  /// The longest name of a tensor, layer or sample, or label, in bytes of UTF-8.
  public var nameBytes = 1 << 10
  /// The most dimensions of a tensor.
  public var rank = 8
  /// The longest text of a network, in bytes of UTF-8.
  public var networkBytes = 1 << 20
  /// The most layers in a graph.
  public var layers = 1 << 16
  /// The most labels.
  public var labels = 1 << 20
  /// The most golden samples.
  public var samples = 1 << 10
  /// The most entries about where a model came from.
  public var provenanceEntries = 1 << 10
  /// The longest value of such an entry, in bytes of UTF-8.
  public var provenanceBytes = 1 << 16
  /// The most bytes that the activations of one image may take while a graph runs.
  public var activationBytes = 4 << 30
  /// The greatest width or height of an image, in pixels.
  public var imageSide = 1 << 15
  /// The most pixels of an image.
  public var imagePixels = 1 << 27
  /// The largest image file, in bytes.
  public var imageBytes = 512 << 20

  public init() {}
}
