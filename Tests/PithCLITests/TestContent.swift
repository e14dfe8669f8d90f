import CZlib
import Foundation
import Pith
import PithGraph
import PithTensor

/// Images and models whose answers can be worked out by hand.
enum TestContent {
  /// A PNG of 2x2 pixels of one colour.
  static func png(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      let content = Array(type.utf8) + data
      let checksum = UInt32(crc32(0, content, UInt32(content.count)))
      return bigEndian(UInt32(data.count)) + content + bigEndian(checksum)
    }
    let row = [0] + [red, green, blue] + [red, green, blue]
    let pixels = row + row
    var compressed = [UInt8](repeating: 0, count: 100)
    var count = UInt(compressed.count)
    compress(&compressed, &count, pixels, UInt(pixels.count))
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", bigEndian(2) + bigEndian(2) + [8, 2, 0, 0, 0])
      + chunk("IDAT", Array(compressed.prefix(Int(count)))) + chunk("IEND", [])
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
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

/// Where tests find what is not theirs.
enum TestPaths {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// `PITH_SHARED_DATA`, else the folder `shared/data` beside the repository; nil when it is absent.
  static let sharedData: String? = {
    let environment = ProcessInfo.processInfo.environment["PITH_SHARED_DATA"]
    let beside = repository.deletingLastPathComponent().appendingPathComponent("shared/data").path
    let folder = environment ?? beside
    return FileManager.default.fileExists(atPath: folder) ? folder : nil
  }()

  static let fixtures = repository.appendingPathComponent("Fixtures").path
}

/// JSON as Foundation reads it: another reader than the command's own writer.
func json(_ text: String) throws -> Any {
  try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
}
