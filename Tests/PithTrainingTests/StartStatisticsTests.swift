import Foundation
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// The signals before the first step, of weights whose signals can be worked out by hand.
@Suite struct StartStatisticsTests {
  let images: TemporaryFolder

  /// Four red images and four blue ones, of one pixel.
  init() throws {
    images = try TemporaryFolder()
    for (name, pixel) in [("blue", [0, 0, 255]), ("red", [255, 0, 0])] as [(String, [UInt8])] {
      for index in 0..<4 {
        try images.write(
          PNGFile.bytes(rgb: pixel, height: 1, width: 1), to: "data/\(name)/\(index).png")
      }
    }
  }

  /// What the layer `units` gets of a red image; of a blue one the same in the other order.
  private static let values: [Float] = [6, -7, 4.7, -4.5, 2.8, 0, -9, 5]

  /// A run whose last layer is of zeros.
  private func run(_ operation: String, _ folder: String = "run") throws -> TrainingRun {
    let graph = try Graph(
      text: """
        input image: [3, 1, 1]
        flatten
        fc = fully_connected outputs: 8 bias: false
        units = \(operation)
        last = fully_connected outputs: 2
        """)
    let weights: [Float] = zip(Self.values, Self.values.reversed()).flatMap { [$0.0, 0, $0.1] }
    var options = RunOptions()
    (options.epochs, options.validation, options.augmentation) = (1, 0, .none)
    (options.centering, options.dividesByDeviation) = (.none, false)
    (options.labelSmoothing, options.learningRate) = (0, 0.05)
    return try TrainingRun(
      Network(
        graph: graph,
        parameters: [
          "fc.weight": Tensor(shape: [8, 3], values: weights),
          "last.weight": Tensor(shape: [2, 8], repeating: 0),
          "last.bias": Tensor(shape: [2], repeating: 0),
        ]), data: images.data(), options: options, folder: images.path(folder), provenance: [])
  }

  /// Within 0.01 of an end are a sigmoid beyond ln 99 = 4.6, a hyperbolic tangent beyond 2.65 and x / 6 + 1 / 2 beyond 2.94.
  @Test(arguments: [("sigmoid", 0.625), ("tanh", 0.875), ("hard_sigmoid", 0.75)])
  func flatEndsAreCounted(operation: String, share: Double) throws {
    let run = try run(operation)
    let report = try run.checkStart()
    let units = try #require(report.layers.first { $0.layer == "units" })
    #expect(units.saturated == share && units.dead == nil)
    #expect(report.layers.filter { $0.saturated != nil }.count == 1)
    #expect(
      report.diagnoses.filter { $0.kind == .saturatedUnits }.map(\.sentence) == [
        "\(100 * share) % of the values of 'units' are at the flat ends of \(operation) and learn next to nothing: choose smaller first weights (--init)"
      ])
    _ = try run.run()
    let page = try images.text("run/report.html")
    #expect(page.contains("<td>\(100 * share) % saturated</td>"))
  }

  @Test func momentsAreThoseOfTheDefinitions() throws {
    let layers = try run("sigmoid").checkStart().layers
    let fc = try #require(layers.first { $0.layer == "fc" })
    // The sum of the eight values is -2, that of their squares 241.18.
    #expect(abs(fc.values.mean + 0.25) < 1e-6)
    #expect(abs(fc.values.standardDeviation - (241.18 / 8 - 0.0625).squareRoot()) < 1e-5)
    // Logits of zeros: the gradient of the mean loss of n images is 1 / 2n or -1 / 2n.
    let last = try #require(layers.first { $0.layer == "last" })
    #expect(last.values.mean == 0 && last.values.standardDeviation == 0)
    #expect(abs(last.gradient.mean) < 1e-9)
    let count = 0.5 / last.gradient.standardDeviation
    #expect(2...8 ~= count.rounded() && abs(count - count.rounded()) < 1e-6, "\(count)")
    // Weights of zeros take the gradient from the layers before.
    #expect(fc.gradient.mean == 0 && fc.gradient.standardDeviation == 0)
  }
}
