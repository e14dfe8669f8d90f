import PithGraph
import PithTensor
import PithTestSupport
import PithTraining

/// A network for small images, and how it is trained.
enum TestImages {
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
}

/// A folder of small images made by the test, and runs on them.
extension TemporaryFolder {
  /// Noisy 8x8 images of three colours in `data`, `count` of each class.
  func writeColors(count: Int = 12, noise: Double = 60) throws {
    for (label, name) in ["blue", "green", "red"].enumerated() {
      for index in 0..<count {
        let numbers = formulaNumbers("\(name) \(index)", count: 3 * 64)
        let pixels = numbers.enumerated().map { position, number in
          let base = position % 3 == 2 - label ? 180.0 : 60
          return UInt8(min(max(base + noise * number, 0), 255))
        }
        try write(PNGFile.bytes(rgb: pixels, height: 8, width: 8), to: "data/\(name)/\(index).png")
      }
    }
  }

  func data(cacheBytes: Int? = nil) throws -> ImageDataset {
    try ImageDataset(contentsOf: path("data"), cacheBytes: cacheBytes)
  }

  func run(
    _ folder: String = "run", network: String = TestImages.network,
    options: RunOptions = TestImages.options,
    threads: Int? = nil
  ) throws -> TrainingRun {
    try TrainingRun(
      Graph(text: network), data: data(), options: options, folder: path(folder), threads: threads)
  }
}
