import CZlib
import Foundation
import PithGraph
import PithTensor
import PithTraining

/// A folder of small images made by the test, and runs on them.
final class TestImages {
  let url = FileManager.default.temporaryDirectory.appending(path: "pith-run-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func write(_ bytes: [UInt8], to name: String) throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  /// Noisy 8x8 images of three colours in `data`, `count` of each class.
  func writeColors(count: Int = 12, noise: Double = 60) throws {
    for (label, name) in ["blue", "green", "red"].enumerated() {
      for index in 0..<count {
        let numbers = formulaNumbers("\(name) \(index)", count: 3 * 64)
        let pixels = numbers.enumerated().map { position, number in
          let base = position % 3 == 2 - label ? 180.0 : 60
          return UInt8(min(max(base + noise * number, 0), 255))
        }
        try write(Self.png(pixels, height: 8, width: 8), to: "data/\(name)/\(index).png")
      }
    }
  }

  func data(cacheBytes: Int? = nil) throws -> ImageDataset {
    try ImageDataset(contentsOf: path("data"), cacheBytes: cacheBytes)
  }

  static let network = """
    input image: [3, 8, 8]
    conv = convolution outputs: 6 kernel: 3 padding: 1 bias: false
    bn = batch_norm
    relu
    max_pool kernel: 2
    dropout rate: 0.2
    flatten
    fc = fully_connected outputs: 3
    """

  static var options: RunOptions {
    var options = RunOptions()
    (options.epochs, options.batch, options.seed) = (3, 8, 5)
    options.augmentation = Augmentation(flips: true, shift: 1)
    return options
  }

  func run(
    _ folder: String = "run", network: String = network, options: RunOptions = options,
    threads: Int? = nil
  ) throws -> TrainingRun {
    try TrainingRun(
      Graph(text: network), data: data(), options: options, folder: path(folder), threads: threads)
  }

  /// A PNG of RGB pixels.
  static func png(_ pixels: [UInt8], height: Int, width: Int) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      let content = Array(type.utf8) + data
      return number(data.count) + content
        + number(Int(crc32(0, content, UInt32(content.count))))
    }
    var rows: [UInt8] = []
    for row in 0..<height { rows += [0] + pixels[(3 * width * row)..<(3 * width * (row + 1))] }
    var packed = [UInt8](repeating: 0, count: rows.count + 1000)
    var count = UInt(packed.count)
    compress(&packed, &count, rows, UInt(rows.count))
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", number(width) + number(height) + [8, 2, 0, 0, 0])
      + chunk("IDAT", Array(packed.prefix(Int(count)))) + chunk("IEND", [])
  }
}
