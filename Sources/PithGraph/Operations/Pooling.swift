/// The greatest value of each window, `[c, h, w] -> [c, p, q]`; padding never wins.
///
/// `p = (h + top + bottom - kh) / s + 1`, floored or, with `ceil`, rounded up (see ``Window``).
public struct MaxPool: Sendable, Hashable {
  public var window: Window

  public init(_ window: Window) {
    self.window = window
  }
}

/// The mean of each window, `[c, h, w] -> [c, p, q]`, sized as ``MaxPool``.
public struct AveragePool: Sendable, Hashable {
  public var window: Window
  /// Whether padding counts as zeros in the divisor; what lies beyond the padding, in a partial window of
  /// `ceil`, never does.
  public var includePadding: Bool

  public init(_ window: Window, includePadding: Bool = true) {
    self.window = window
    self.includePadding = includePadding
  }
}
