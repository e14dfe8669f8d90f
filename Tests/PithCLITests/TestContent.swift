import Foundation
import Pith
import PithGraph
import PithTensor
import PithTestSupport

/// Images and models whose answers can be worked out by hand.
enum TestContent {
  /// A PNG of 2x2 pixels of one colour.
  static func png(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
    let pixels = (0..<4).flatMap { _ in [red, green, blue] }
    return PNGFile.bytes(rgb: pixels, height: 2, width: 2)
  }

  static let red = png(255, 0, 0)
  static let green = png(0, 255, 0)
  static let blue = png(0, 0, 255)

  /// A network whose logits are the means of red, green and blue, from 0 to 1, times ``weights``.
  static func model(
    labels: [String] = ["red", "green", "blue"], output: OutputMeaning = .logits,
    weights: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1], hasRecipe: Bool = true, expected: [Float]? = nil
  ) throws -> [UInt8] {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: [3, 2, 2])],
      layers: [
        Layer("pool", .globalAveragePool, inputs: ["image"]),
        Layer("flatten", .flatten, inputs: ["pool"]),
        Layer(
          "linear", .fullyConnected(FullyConnected(outputs: 3, bias: false)), inputs: ["flatten"]),
      ], outputs: ["linear"])
    var recipe = Preprocessing()
    recipe.range = .unit
    var contents = ModelContents(
      graph: graph,
      parameters: [
        "linear.weight": .init(try Tensor(shape: [3, 3], values: weights))
      ], preprocessing: hasRecipe ? recipe : nil, output: output)
    contents.labels = labels
    contents.provenance = [ProvenanceEntry("source", "a test")]
    if let expected {
      contents.samples = [
        GoldenSample(
          name: "red.png", png: red, expected: expected, origin: "pytorch 2.13", tolerance: 0.001)
      ]
    }
    return try contents.encoded()
  }
}

extension TemporaryFolder {
  /// Eight images of each of the three colours in `data`.
  func writeColors() throws {
    for (name, png) in [
      ("red", TestContent.red), ("green", TestContent.green), ("blue", TestContent.blue),
    ] {
      for index in 0..<8 { try write(png, to: "data/\(name)/\(index).png") }
    }
  }

  /// A folder with these images, and with one layer for images of so many pixels a side in `n.network`.
  static func ofColors(side: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.writeColors()
    try folder.write(
      """
      parameter classes = 2
      input image: [3, \(side), \(side)]
      flatten
      fc = fully_connected outputs: classes

      """, to: "n.network")
    return folder
  }
}

/// JSON as Foundation reads it: another reader than the command's own writer.
func json(_ text: String) throws -> Any {
  try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
}
