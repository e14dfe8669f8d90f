import Foundation
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// The histograms and curves of a report show the numbers that they are of.
@Suite struct RunReportPictureTests {
  let images: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    try images.writeColors()
  }

  /// The page of a run that leaves 576 weights as they are.
  private func page(weights: [Float]) throws -> String {
    var options = TestImages.options
    (options.epochs, options.learningRate, options.l2) = (1, 0, 0)
    let run = try TrainingRun(
      Network(
        graph: Graph(text: "input image: [3, 8, 8]\nflatten\nfc = fully_connected outputs: 3"),
        parameters: [
          "fc.weight": Tensor(shape: [3, 192], values: weights),
          "fc.bias": Tensor(shape: [3], repeating: 0),
        ]), data: images.data(), options: options, folder: images.path("run"), provenance: [])
    _ = try run.run()
    return try images.text("run/report.html")
  }

  /// Bars of 3 pixels, up to 28 high, in the places that are given; between -1 and 1 each is of 0.05.
  private func path(_ bars: [Int: Int]) -> String {
    "M0 28" + (0..<40).map { "V\(28 - (bars[$0] ?? 0))h3" }.joined() + "V28z"
  }

  private func repeated(_ parts: [(weight: Float, count: Int)]) -> [Float] {
    parts.flatMap { [Float](repeating: $0.weight, count: $0.count) }
  }

  @Test func histogramsCountWeights() throws {
    // 401 weights make the highest bar: 28 * 100 / 401 = 6.98, 28 * 50 / 401 = 3.49, 28 * 25 / 401 = 1.7.
    let page = try page(weights: repeated([(0.025, 25), (1, 401), (-0.475, 50), (-1, 100)]))
    let svg = try #require(XMLElements(page)).named("svg").first {
      $0.attributes["aria-label"]?.hasPrefix("histogram") == true
    }
    #expect(svg?.attributes["aria-label"] == "histogram from -1 to 1")
    #expect(page.contains("<path d=\"\(path([0: 6, 10: 3, 20: 1, 39: 28]))\""))
    #expect(page.contains("<span class=\"soft\">-1 to 1</span>"))
    #expect(page.matches(of: /aria-label="histogram/).count == 1, "flatten has no weights")
  }

  @Test func weightsThatAreAllEqualAreOneBar() throws {
    let page = try page(weights: repeated([(0.5, 576)]))
    #expect(page.contains("<path d=\"\(path([20: 28]))\""))
    #expect(page.contains("<span class=\"soft\">0.5 to 0.5</span>"))
  }

  // MARK: curves

  /// The places of the points of each line of each plot, by the plot's title.
  private func lines(_ page: String) throws -> [String: [[(x: Double, y: Double)]]] {
    var (lines, title) = ([String: [[(x: Double, y: Double)]]](), "")
    for element in try #require(XMLElements(page)).elements {
      if element.name == "svg" { title = element.attributes["aria-label"] ?? "" }
      guard element.name == "polyline" else { continue }
      lines[title, default: []].append(
        try #require(element.attributes["points"]).split(separator: " ").map { point in
          let place = point.split(separator: ",").compactMap { Double($0) }
          return (place[0], place[1])
        })
    }
    return lines
  }

  @Test func curvesShowWhatTheLogSays() throws {
    var options = TestImages.options
    options.epochs = 5
    _ = try images.run(options: options).run()
    let log = try images.text("run/log.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    func column(_ name: String) throws -> [Double] {
      let place = try #require(log[0].firstIndex { $0 == name })
      return log.dropFirst().compactMap { Double($0[place]) }
    }
    let lines = try lines(images.text("run/report.html"))
    for (title, columns, isLogarithmic) in [
      ("Loss", ["training_loss", "validation_loss"], false),
      ("Accuracy", ["training_accuracy", "validation_accuracy"], false),
      ("Learning rate", ["learning_rate"], false),
      ("Change of the weights in a step, over their size", ["update_ratio"], true),
    ] {
      let values = try columns.map { try column($0).map { isLogarithmic ? log10($0) : $0 } }
      let found = try #require(lines[title], "\(title) is missing")
      #expect(found.map(\.count) == values.map(\.count) && values[0].count == 5)
      // Epochs are evenly spaced. Heights follow from the values: the least of all and the greatest fix the scale.
      let pairs = zip(values.joined(), found.joined().map(\.y)).sorted { $0.0 < $1.0 }
      let (low, high) = (pairs[0], pairs[pairs.count - 1])
      #expect(low.0 < high.0 && low.1 > high.1 + 50, "\(title)")
      for (value, y) in pairs {
        let share = (value - low.0) / (high.0 - low.0)
        #expect(abs(low.1 + share * (high.1 - low.1) - y) < 0.2, "\(title)")
      }
      for line in found {
        let step = (line[4].x - line[0].x) / 4
        #expect(step > 80)
        for (index, point) in line.enumerated() {
          #expect(abs(line[0].x + Double(index) * step - point.x) < 0.2)
        }
      }
    }
  }
}
