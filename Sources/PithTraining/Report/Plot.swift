/// A picture of numbers: lines, points or bars between two axes.
///
/// ```swift
/// let plot = Plot(
///   title: "Loss", horizontal: Plot.Axis(title: "epoch"),
///   vertical: Plot.Axis(title: "loss", isLogarithmic: true),
///   series: [Plot.Series(name: "training", style: .line, points: [(1, 2.3), (2, 1.7)])])
/// let picture = plot.svg
/// ```
package struct Plot: Sendable {
  package struct Axis: Sendable {
    package let title: String
    /// Whether each power of ten takes the same room; numbers that are not positive have no place then.
    package let isLogarithmic: Bool

    package init(title: String, isLogarithmic: Bool = false) {
      self.title = title
      self.isLogarithmic = isLogarithmic
    }
  }

  package enum Style: Sendable, Hashable {
    /// From point to point, in their order.
    case line
    case points
    /// From zero up; as wide as the least distance between two.
    case bars
  }

  package struct Series: Sendable {
    /// What the legend says; an empty name is not in it.
    package let name: String
    package let style: Style
    /// A point that an axis has no place for is left out: one that is not finite, or not positive on a logarithmic axis. A line
    /// has a gap there.
    package let points: [(x: Double, y: Double)]

    package init(name: String, style: Style, points: [(x: Double, y: Double)]) {
      self.name = name
      self.style = style
      self.points = points
    }
  }

  package let title: String
  package let horizontal: Axis
  package let vertical: Axis
  package let series: [Series]

  package init(title: String, horizontal: Axis, vertical: Axis, series: [Series]) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
  }
}
