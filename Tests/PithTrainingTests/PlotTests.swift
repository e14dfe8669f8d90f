import PithTraining
import Testing

@Suite struct PlotTests {
  private func plot(
    _ series: [Plot.Series], logarithmic: Bool = false
  ) throws -> XMLElements {
    let plot = Plot(
      title: "title", horizontal: Plot.Axis(title: "x", isLogarithmic: logarithmic),
      vertical: Plot.Axis(title: "y"), series: series)
    return try #require(XMLElements(plot.svg), "the picture is not well-formed")
  }

  /// The frame of a plot whose vertical labels have two digits at most and that has a legend.
  private static let (left, right, top, bottom) = (47.0, 464.0, 46.0, 260.0)

  private func numbers(_ circle: XMLElements.Element) -> [Double] {
    ["cx", "cy"].compactMap { circle.attributes[$0].flatMap { Double($0) } }
  }

  @Test func pointsLieWhereTheirNumbersSay() throws {
    let found = try plot([
      Plot.Series(name: "a", style: .points, points: [(0, 0), (10, 10), (5, 2.5)])
    ])
    #expect(
      found.named("circle").map(numbers) == [
        [Self.left, Self.bottom], [Self.right, Self.top],
        [(Self.left + Self.right) / 2, Self.bottom - 0.25 * (Self.bottom - Self.top)],
      ])
    let labels = found.named("text").map(\.text)
    #expect(
      labels == [
        "title", "a", "0", "2", "4", "6", "8", "10", "0", "2", "4", "6", "8", "10", "x", "y",
      ])
  }

  @Test func powersOfTenAreEvenlySpaced() throws {
    let found = try plot(
      [
        Plot.Series(
          name: "a", style: .points, points: [(1e-3, 0), (1e-1, 10), (10, 5), (0, 5), (-1, 5)])
      ],
      logarithmic: true)
    #expect(
      found.named("circle").map(numbers).map { $0[0] } == [
        Self.left, (Self.left + Self.right) / 2, Self.right,
      ])
    #expect(
      Array(found.named("text").map(\.text).suffix(7))
        == ["0.001", "0.01", "0.1", "1", "10", "x", "y"])
  }

  @Test func barsStandOnZero() throws {
    let found = try plot([
      Plot.Series(name: "a", style: .bars, points: [(1, 4), (2, 10), (3, 0)])
    ])
    let bars = found.named("rect").dropFirst().map { bar in
      ["x", "width", "y", "height"].compactMap { bar.attributes[$0].flatMap { Double($0) } }
    }
    let unit = (Self.bottom - Self.top) / 10
    #expect(
      bars == [
        [Self.left, 139, Self.bottom - 4 * unit, 4 * unit].map { ($0 * 10).rounded() / 10 },
        [Self.left + 139, 139, Self.top, 10 * unit], [Self.left + 278, 139, Self.bottom, 0],
      ])
  }

  @Test func aLineHasGapsWhereNumbersAreNotFinite() throws {
    let found = try plot([
      Plot.Series(
        name: "a", style: .line,
        points: [(0, 0), (1, 1), (2, .nan), (3, 3), (4, .infinity), (5, 5), (6, 6), (.nan, 7)])
    ])
    #expect(found.named("polyline").count == 2)
    // A part of one point is still seen.
    #expect(found.named("circle").count == 1)
  }

  @Test(arguments: [
    [], [(Double.nan, 1.0)], [(3, 3)], [(0, 0)], [(1e300, 1), (2, 1)],
    [(-1e150, 1e150), (1e150, -1e150)],
    [(1e-320, 1e-320), (2e-320, 3e-320)], [(1, 1 + 1e-15), (1 + 1e-15, 1)],
  ])
  func numbersOfAnySizeMakeAPicture(points: [(Double, Double)]) throws {
    for style in [Plot.Style.line, .points, .bars] {
      for logarithmic in [false, true] {
        let series = Plot.Series(
          name: "a", style: style, points: points.map { (x: $0.0, y: $0.1) })
        let found = try plot([series], logarithmic: logarithmic)
        #expect(!found.elements.contains { $0.attributes.values.contains { $0.contains("nan") } })
      }
    }
    #expect(try plot([]).named("text").first?.text == "title")
  }

  @Test func namesAreEscaped() throws {
    let name = "<b> & \"c\" 'd' ]]>"
    let plot = Plot(
      title: name, horizontal: Plot.Axis(title: name), vertical: Plot.Axis(title: name),
      series: [Plot.Series(name: name + "\u{1B}", style: .line, points: [(1, 1)])])
    let found = try #require(XMLElements(plot.svg))
    #expect(found.elements[0].attributes["aria-label"] == name)
    #expect(found.named("text").map(\.text).filter { $0 == name }.count == 3)
    #expect(found.named("text").contains { $0.text == name + "\u{FFFD}" })
    #expect(!plot.svg.contains("<script"))
  }
}
