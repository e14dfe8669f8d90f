/// How the work of a layer is cut into tasks: of each image some parts of the rows, and some shares of the panels of
/// channels.
package struct WorkDivision {
  private let rows: Int
  private let panels: Int
  private let parts: Int
  private let panelsPerTask: Int
  private let shares: Int
  private let isByRows: Bool
  package let count: Int

  /// - Parameters:
  ///   - images: or groups of the channels of images.
  ///   - parts: of the rows, held to their number.
  ///   - isByRows: whether the shares of one part of the rows follow one another, or the parts of one share, so that its
  ///     weights are read again while they are in a core's cache.
  package init(
    images: Int, rows: Int, parts: Int, panels: Int, panelsPerTask: Int, isByRows: Bool
  ) {
    self.rows = rows
    self.panels = panels
    self.parts = max(1, min(parts, rows))
    self.panelsPerTask = panelsPerTask
    self.isByRows = isByRows
    shares = (panels + panelsPerTask - 1) / panelsPerTask
    count = images * self.parts * shares
  }

  /// What a task computes.
  package func part(_ task: Int) -> (image: Int, rows: Range<Int>, panels: Range<Int>) {
    let (image, rest) = task.quotientAndRemainder(dividingBy: parts * shares)
    let part = isByRows ? rest / shares : rest % parts
    let share = isByRows ? rest % shares : rest / parts
    return (
      image, rows * part / parts..<rows * (part + 1) / parts,
      share * panelsPerTask..<min(panels, (share + 1) * panelsPerTask)
    )
  }

  /// Whether each thread gets nearly as many as the others.
  package static func isEven(_ count: Int, threads: Int) -> Bool {
    15 * ((count + threads - 1) / threads * threads) <= 16 * count
  }
}
