/// How large the signals through one layer are, forwards and backwards: where they vanish or explode, or where units say
/// nothing, a network does not learn (Glorot and Bengio 2010, section 4).
public struct LayerStatistics: Sendable, Hashable {
  /// Of all values of a layer, or of the loss's gradient by them.
  public struct Moments: Sendable, Hashable {
    public let mean: Double
    public let standardDeviation: Double
  }

  public let layer: String
  /// `relu`, `convolution` and so on.
  public let operation: String
  public let values: Moments
  /// By the layer's output, of the mean loss.
  public let gradient: Moments
  /// The share of channels (or of values, where there are none) that are 0 for every image; only of ReLUs and clips at 0.
  public let dead: Double?
  /// The share of values within 0.01 of the ends of a sigmoid or tanh, where their slope is next to none.
  public let saturated: Double?
}
