import Pith
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// Mean, mean image and standard deviation of the training images, by hand and by their definitions.
@Suite struct PixelStatisticsTests {
  let images: TemporaryFolder

  init() throws { images = try TemporaryFolder() }

  private func run(
    _ folder: String = "run", geometry: Preprocessing = Preprocessing(),
    _ change: (inout RunOptions) -> Void = { _ in }
  ) throws -> TrainingRun {
    let data = try ImageDataset(contentsOf: images.path("data"), geometry: geometry)
    var options = RunOptions()
    (options.epochs, options.augmentation) = (1, .none)
    change(&options)
    let shape = data.imageShape.dimensions
    return try TrainingRun(
      Graph(text: "input image: \(shape)\nflatten\nfully_connected outputs: 2"), data: data,
      options: options, folder: images.path(folder))
  }

  /// Red is 0 or 255, green 10, 20, 30 and 40, blue always 255.
  private func writeTwoImages() throws {
    try images.write(
      PNGFile.bytes(rgb: [0, 10, 255, 0, 20, 255], height: 1, width: 2), to: "data/a/0.png")
    try images.write(
      PNGFile.bytes(rgb: [255, 30, 255, 255, 40, 255], height: 1, width: 2), to: "data/b/0.png")
  }

  private func channels(_ run: TrainingRun) throws -> [Float] {
    guard case .channel(let means) = run.preprocessing.mean else {
      Issue.record("there is no channel mean")
      return []
    }
    return means
  }

  @Test func twoImagesHaveTheFiguresOfHands() throws {
    try writeTwoImages()
    let run = try run { $0.validation = 0 }
    #expect(run.preprocessing.range == .unit)
    #expect(distance(try channels(run), [0.5, 25 / 255, 1]) < 1e-7)
    // 11.18 is the root of (15^2 + 5^2 + 5^2 + 15^2) / 4; what does not vary is left as it is.
    let deviations = try #require(run.preprocessing.standardDeviation)
    #expect(distance(deviations, [0.5, 11.180_34 / 255, 1]) < 1e-7)
  }

  @Test func aMeanImageHasEveryPixelsOwnMean() throws {
    try writeTwoImages()
    let run = try run { ($0.validation, $0.centering) = (0, .image) }
    guard case .image(let mean) = run.preprocessing.mean else {
      Issue.record("there is no mean image")
      return
    }
    #expect(mean.shape == [3, 1, 2])
    #expect(distance(mean.values, [0.5, 0.5, 20 / 255, 30 / 255, 1, 1]) < 1e-7)
    let deviations = try #require(run.preprocessing.standardDeviation)
    #expect(distance(deviations, [0.5, 11.180_34 / 255, 1]) < 1e-7)
  }

  @Test func nothingIsSubtractedOrDividedUnasked() throws {
    try writeTwoImages()
    let run = try run { ($0.validation, $0.centering, $0.dividesByDeviation) = (0, .none, false) }
    #expect(run.preprocessing.mean == .none && run.preprocessing.standardDeviation == nil)
  }

  /// Mean and deviation are in the order of the channels, and those of gray images of one channel.
  @Test func figuresAreOfTheColorsThatTheNetworkSees() throws {
    try writeTwoImages()
    var geometry = Preprocessing()
    geometry.color = .bgr
    let reversed = try run("bgr", geometry: geometry) { $0.validation = 0 }
    #expect(distance(try channels(reversed), [1, 25 / 255, 0.5]) < 1e-7)
    #expect(
      distance(
        try #require(reversed.preprocessing.standardDeviation), [1, 11.180_34 / 255, 0.5]) < 1e-7)
    geometry.color = .gray
    let gray = try run("gray", geometry: geometry) { $0.validation = 0 }
    // (19595 R + 38470 G + 7471 B + 32768) / 65536 of the four pixels: 34.9, 40.8, 122.9 and 128.8, rounded.
    #expect(distance(try channels(gray), [(35 + 41 + 123 + 129) / 4 / 255]) < 1e-7)
  }

  /// The figures of exactly those images that are trained on, to which the others have no likeness.
  @Test(arguments: [Centering.channel, .image])
  func onlyTrainingImagesCount(centering: Centering) throws {
    var files: [String: [UInt8]] = [:]
    for index in 0..<20 {
      let pixels = formulaNumbers("image \(index)", count: 12).map { UInt8(128 + 127 * $0) }
      files["\(index < 10 ? "a" : "b")/\(index % 10).png"] = pixels
    }
    for (name, pixels) in files {
      try images.write(PNGFile.bytes(rgb: pixels, height: 2, width: 2), to: "data/\(name)")
    }
    let run = try run {
      ($0.centering, $0.folds, $0.fold) = (centering, 5, 2)
    }
    #expect(run.split.training.count == 16)
    let seen = try run.split.training.map { try #require(files[run.data.paths[$0]]) }
    // Of a value of the recipe, at a channel and a pixel.
    func values(_ channel: Int, _ pixel: Int) -> [Double] {
      seen.map { Double($0[pixel * 3 + channel]) / 255 }
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let ofPixels = (0..<12).map { Float(mean(values($0 / 4, $0 % 4))) }
    let ofChannels = (0..<3).map { channel in
      Float(mean((0..<4).flatMap { values(channel, $0) }))
    }
    switch run.preprocessing.mean {
    case .channel(let found): #expect(distance(found, ofChannels) < 1e-6)
    case .image(let found): #expect(distance(found.values, ofPixels) < 1e-6)
    case .none: Issue.record("there is no mean")
    }
    let deviations = (0..<3).map { channel -> Float in
      let all = (0..<4).flatMap { values(channel, $0) }
      let mean = mean(all)
      return Float((all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 64).squareRoot())
    }
    #expect(distance(try #require(run.preprocessing.standardDeviation), deviations) < 1e-6)
    // What the state says goes into the model, bit for bit.
    let model = try Model(bytes: run.checkpoint().model().bytes)
    #expect(model.preprocessing == run.preprocessing)
  }

  @Test func figuresDependOnNeitherThreadsNorCache() throws {
    try images.writeColors(count: 5)
    let recipes = try [(1, 10_000), (3, 0)].map { (threads: Int, cacheBytes: Int) in
      try TrainingRun(
        Graph(text: TestImages.network), data: images.data(cacheBytes: cacheBytes),
        options: TestImages.options, folder: images.path("run\(threads)"), threads: threads
      ).preprocessing
    }
    #expect(recipes[0] == recipes[1])
  }
}
