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

  private func numbers(_ circle: XMLElements.Element) -> [Double] {
    ["cx", "cy"].compactMap { circle.attributes[$0].flatMap { Double($0) } }
  }

  /// With labels of two digits and a legend, an axis reaches from 47 to 464 pixels and the other from 260 up to 46.
  @Test func pointsLieWhereTheirNumbersSay() throws {
    let found = try plot([
      Plot.Series(name: "a", style: .points, points: [(0, 0), (10, 10), (5, 2.5)])
    ])
    #expect(
      found.named("circle").map(numbers) == [
        [47, 260], [464, 46], [255.5, 206.5],
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
        47, 255.5, 464,
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
    #expect(
      bars == [[47, 139, 174.4, 85.6], [186, 139, 46, 214], [325, 139, 260, 0]])
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

  private static let extremes: [[(Double, Double)]] = [
    [], [(.nan, 1)], [(3, 3)], [(0, 0)], [(1e300, 1), (2, 1)], [(-1e150, 1e150), (1e150, -1e150)],
    [(4e-308, 4e-308), (5e-308, 6e-308)], [(1, 1 + 1e-15), (1 + 1e-15, 1)],
  ]

  @Test(arguments: extremes)
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
