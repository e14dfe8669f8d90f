extension Plot {
  /// The picture as an SVG element, complete in itself: it follows the light or dark scheme of its viewer, and fits the width of
  /// the page.
  package var svg: String { PlotDrawing(self).svg }

  /// The picture of several plots, one below the other.
  package static func column(_ plots: [Plot]) -> String {
    let height = PlotDrawing.height * Double(plots.count)
    let drawings = plots.enumerated().map { index, plot in
      "<g transform=\"translate(0 \(Int(PlotDrawing.height * Double(index))))\">\n\(plot.svg)</g>\n"
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(PlotDrawing.width))" \
      height="\(Int(height))" viewBox="0 0 \(Int(PlotDrawing.width)) \(Int(height))">
      \(drawings.joined())</svg>

      """
  }
}

/// A plot on its way to SVG, in pixels from the upper left corner.
private struct PlotDrawing {
  private let plot: Plot
  private let horizontal: PlotScale
  private let vertical: PlotScale
  private let frame: (left: Double, right: Double, top: Double, bottom: Double)

  static let (width, height) = (480.0, 300.0)
  /// Of a character of the labels, on average.
  private static let characterWidth = 6.5

  /// Okabe and Ito's colours for all kinds of colour vision (2008, "Color Universal Design"), the lighter ones of each hue on
  /// dark pages.
  private static let colors: [(light: String, dark: String)] = [
    ("#0072b2", "#56b4e9"), ("#d55e00", "#e69f00"), ("#007a5a", "#2fc79b"),
    ("#a8497d", "#e29bc3"), ("#8a7500", "#f0e442"), ("#555555", "#bbbbbb"),
  ]

  private static let style: String = {
    func rules(_ colors: [String]) -> String {
      colors.enumerated().map { ".plot-\($0){color:\($1)}" }.joined()
    }
    return ".plot{color:#222;background:#fff;max-width:100%;height:auto;"
      + "font:11px system-ui,sans-serif}" + rules(colors.map(\.light))
      + "@media(prefers-color-scheme:dark){.plot{color:#ddd;background:#181a1b}"
      + rules(colors.map(\.dark)) + "}"
  }()

  init(_ plot: Plot) {
    self.plot = plot
    let (x, y) = (plot.horizontal, plot.vertical)
    let points = plot.series.flatMap(\.points).filter {
      PlotScale.hasPlace($0.x, isLogarithmic: x.isLogarithmic)
        && PlotScale.hasPlace($0.y, isLogarithmic: y.isLogarithmic)
    }
    let hasBars = plot.series.contains { $0.style == .bars }
    let zero: [Double] = hasBars && !y.isLogarithmic ? [0] : []
    let ends = hasBars && !x.isLogarithmic ? Self.ends(ofBars: points.map(\.x)) : []
    horizontal = PlotScale(points.map(\.x) + ends, isLogarithmic: x.isLogarithmic)
    vertical = PlotScale(
      points.map(\.y) + zero, isLogarithmic: y.isLogarithmic, endsAtTicks: !y.isLogarithmic)
    let labels = vertical.ticks.map(\.label.count).max() ?? 0
    let legend = plot.series.contains { !$0.name.isEmpty }
    frame = (
      34 + Self.characterWidth * Double(labels), Self.width - 16, legend ? 46 : 28,
      Self.height - 40
    )
  }

  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" \
    aria-label="\(Markup.escaped(plot.title))" width="\(Int(Self.width))" \
    height="\(Int(Self.height))" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))">
    <style>\(Self.style)</style>
    \(text(plot.title, Self.width / 2, 16, "middle", size: 13))
    \(legend)\(axes)\(plot.series.indices.map(drawing).joined())</svg>

    """
  }

  // MARK: around

  private var legend: String {
    var (lines, x) = ("", frame.left)
    for (index, series) in plot.series.enumerated() where !series.name.isEmpty {
      lines +=
        "<rect class=\"plot-\(Self.color(index))\" x=\"\(number(x))\" y=\"27\" width=\"10\" "
        + "height=\"10\" fill=\"currentColor\"/>\n" + text(series.name, x + 14, 36, "start") + "\n"
      x += 30 + Self.characterWidth * Double(series.name.count)
    }
    return lines
  }

  private var axes: String {
    var lines = ""
    for tick in vertical.ticks {
      guard let y = y(tick.value) else { continue }
      lines += grid(frame.left, y, frame.right, y)
      lines += text(tick.label, frame.left - 6, y + 4, "end") + "\n"
    }
    for tick in horizontal.ticks {
      guard let x = x(tick.value) else { continue }
      lines += grid(x, frame.top, x, frame.bottom)
      lines += text(tick.label, x, frame.bottom + 15, "middle") + "\n"
    }
    let (middle, center) = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    return lines
      + "<path d=\"M\(number(frame.left)) \(number(frame.top))V\(number(frame.bottom))"
      + "H\(number(frame.right))\" fill=\"none\" stroke=\"currentColor\"/>\n"
      + text(plot.horizontal.title, middle, Self.height - 8, "middle") + "\n"
      + "<g transform=\"rotate(-90 14 \(number(center)))\">"
      + text(plot.vertical.title, 14, center, "middle") + "</g>\n"
  }

  private func grid(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<path d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\" stroke=\"currentColor\" "
      + "stroke-opacity=\"0.15\"/>\n"
  }

  private func text(
    _ content: String, _ x: Double, _ y: Double, _ anchor: String, size: Int? = nil
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" fill=\"currentColor\""
      + (size.map { " font-size=\"\($0)\"" } ?? "") + ">\(Markup.escaped(content))</text>"
  }

  // MARK: inside

  private func drawing(of index: Int) -> String {
    let series = plot.series[index]
    // A point without a place ends a part of a line.
    let parts = series.points.map(place).split { $0 == nil }.map { $0.compactMap { $0 } }
    let shapes =
      switch series.style {
      case .line: parts.map { $0.count == 1 ? circles($0) : line($0) }.joined()
      case .points: parts.map(circles).joined()
      case .bars: bars(parts.flatMap { $0 })
      }
    return "<g class=\"plot-\(Self.color(index))\">\n\(shapes)</g>\n"
  }

  private func line(_ points: [(x: Double, y: Double)]) -> String {
    let path = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"currentColor\" "
      + "stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n"
  }

  private func circles(_ points: [(x: Double, y: Double)]) -> String {
    points.map {
      "<circle cx=\"\(number($0.x))\" cy=\"\(number($0.y))\" r=\"3\" fill=\"currentColor\" "
        + "fill-opacity=\"0.8\"/>\n"
    }.joined()
  }

  /// Where the first bar begins and the last one ends.
  private static func ends(ofBars places: [Double]) -> [Double] {
    guard let first = places.min(), let last = places.max(), let width = leastDistance(places)
    else { return [] }
    return [first - width / 2, last + width / 2]
  }

  private static func leastDistance(_ places: [Double]) -> Double? {
    let ordered = places.sorted()
    return zip(ordered.dropFirst(), ordered).map { $0 - $1 }.filter { $0 > 0 }.min()
  }

  private func bars(_ points: [(x: Double, y: Double)]) -> String {
    let width = Self.leastDistance(points.map(\.x)) ?? 20
    let base = y(0) ?? frame.bottom
    return points.map { point in
      let left = max(frame.left, point.x - width / 2)
      let right = min(frame.right, point.x + width / 2)
      return "<rect x=\"\(number(left))\" y=\"\(number(min(point.y, base)))\" "
        + "width=\"\(number(right - left))\" height=\"\(number(abs(base - point.y)))\" "
        + "fill=\"currentColor\" fill-opacity=\"0.7\"/>\n"
    }.joined()
  }

  // MARK: places

  private func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double)? {
    guard let x = x(point.x), let y = y(point.y) else { return nil }
    return (x, y)
  }

  private func x(_ value: Double) -> Double? {
    horizontal.position(value).map { frame.left + $0 * (frame.right - frame.left) }
  }

  private func y(_ value: Double) -> Double? {
    vertical.position(value).map { frame.bottom + $0 * (frame.top - frame.bottom) }
  }

  private func number(_ value: Double) -> String { PlotScale.fixed(value, 1) }

  private static func color(_ index: Int) -> Int { index % colors.count }
}
