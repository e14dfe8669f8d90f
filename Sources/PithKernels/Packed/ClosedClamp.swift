/// The closed interval to which an operation's results are held; NaN stays NaN.
package struct ClosedClamp: Sendable, Hashable {
  package let low: Float
  package let high: Float

  package init(low: Float, high: Float) {
    self.low = low
    self.high = high
  }

  /// Every result stays as it is.
  package static let none = ClosedClamp(low: -.infinity, high: .infinity)
  /// `max(0, x)` (Nair and Hinton 2010).
  package static let relu = ClosedClamp(low: 0, high: .infinity)
  /// `min(max(0, x), 6)` (Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10").
  package static let relu6 = ClosedClamp(low: 0, high: 6)
}
