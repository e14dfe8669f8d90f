import PithTensor

/// An image with the output that the source of the model gave for it.
public struct GoldenSample: Sendable, Hashable {
  /// What to call it, the name of the image's file for example.
  public var name: String
  /// The bytes of the PNG file itself, so that decoding and resizing are proved too.
  public var png: [UInt8]
  /// The output of the network, before any conversion to probabilities; each is finite.
  public var expected: [Float]
  /// Who computed ``expected``: `pytorch 2.13`, or `pith reference`.
  public var origin: String
  /// The largest absolute difference of an output from ``expected`` that passes; finite and not negative.
  public var tolerance: Float

  public init(
    name: String, png: [UInt8], expected: [Float], origin: String, tolerance: Float
  ) {
    self.name = name
    self.png = png
    self.expected = expected
    self.origin = origin
    self.tolerance = tolerance
  }
}
