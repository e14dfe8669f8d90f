import Foundation
import PithImage
import PithTensor
import PithTestSupport
import PithThreads
import PithTraining
import Testing

@Suite struct ImageDatasetTests {
  let images: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    try images.writeColors(count: 4)
  }

  private func message(_ body: () throws -> Void) -> String {
    (pithError(body).map { "\($0)" } ?? "nothing").replacing(images.url.path, with: "TMP")
  }

  @Test func classesAreFoldersInByteOrder() throws {
    try images.write(
      PNGFile.bytes(rgb: [UInt8](repeating: 9, count: 192), height: 8, width: 8), to: "data/Z/0.png"
    )
    let data = try images.data()
    #expect(data.classes == ["Z", "blue", "green", "red"])
    #expect(data.labels == [0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    #expect(data.paths[1] == "blue/0.png")
    #expect(data.imageShape == [3, 8, 8])
    #expect(
      data.imbalance
        == "the classes are out of balance: 'blue' has 4 images but 'Z' 1; answers will lean towards large classes"
    )
  }

  @Test func anArchiveIsTheSameAsItsFolder() throws {
    let tar = try Program.run(
      URL(filePath: "/bin/tar"),
      ["--sort=name", "-cf", "data.tar", "-C", "data", "blue", "green", "red"], in: images.url)
    #expect(tar.status == 0, "\(tar.errors)")
    let (folder, archive) = (
      try images.data(), try ImageDataset(contentsOf: images.path("data.tar"))
    )
    #expect(folder.paths == archive.paths && folder.labels == archive.labels)
    #expect(folder.fingerprint == archive.fingerprint)
  }

  @Test func unreadableFilesAreLeftOutAndListed() throws {
    try images.write(Array("no image".utf8), to: "data/red/bad.png")
    let data = try images.data()
    #expect(data.count == 12)
    #expect(
      data.failures.map { "\($0)" } == [
        "red/bad.png: byte 8: cannot be decoded: Not a PNG file; Pith reads PNG; convert the image first"
      ])
  }

  @Test func oneClassIsRefused() throws {
    try images.write(Array("x".utf8), to: "one/a/readme.txt")
    #expect(
      message { _ = try ImageDataset(contentsOf: images.path("data/red")) }
        == "TMP/data/red: all images are of one class, 'red', and there must be at least two to learn; put the images of each class into a folder of their own"
    )
    #expect(
      message { _ = try ImageDataset(contentsOf: images.path("one")) }
        == "TMP/one: holds no PNG files (1 other files); training data are PNG files in a folder for each class"
    )
  }

  @Test func anEmptyClassFolderIsRefused() throws {
    try images.write(Array("x".utf8), to: "data/yellow/readme.txt")
    #expect(
      message { _ = try images.data() }
        == "TMP/data: there are no PNG files in 'TMP/data/yellow'; put images there, or remove the empty folder: a class without images cannot be learned"
    )
  }

  @Test func imagesOfSeveralSizesNeedAResize() throws {
    let large = PNGFile.bytes(rgb: [UInt8](repeating: 9, count: 3 * 80), height: 8, width: 10)
    try images.write(large, to: "data/red/large.png")
    #expect(
      message { _ = try images.data() }
        == "TMP/data: the images have 2 sizes (12 of 8x8, 1 of 8x10), but a network takes one; say how they become one with --resize, and --crop when the resize is of the shorter side"
    )
    var geometry = Preprocessing()
    geometry.resize = .exact(.init(height: 6, width: 5))
    let data = try ImageDataset(contentsOf: images.path("data"), geometry: geometry)
    #expect(data.imageShape == [3, 6, 5] && data.count == 13)
  }

  @Test func imagesBesideTheClassFoldersAreRefused() throws {
    try images.write(
      PNGFile.bytes(rgb: [UInt8](repeating: 9, count: 192), height: 8, width: 8), to: "data/0.png")
    #expect(
      message { _ = try images.data() }
        == "TMP/data: 1 images, '0.png' for example, lie in no class folder; move them into the folder of their class, or away"
    )
  }

  @Test func otherClassesThanTheModelsAreRefused() throws {
    #expect(
      message {
        _ = try ImageDataset(contentsOf: images.path("data"), classes: ["red", "green", "pink"])
      }
        == "TMP/data: the folders are not the classes of the model: it does not know 'blue' and there are no images of 'pink'; train a new network on these classes"
    )
    let data = try ImageDataset(contentsOf: images.path("data"), classes: ["red", "green", "blue"])
    #expect(data.labels.first == 2)
  }

  // MARK: the cache

  /// The first pixel of an image, as a network without a mean sees it, and of the next one.
  private func firstPixels(_ data: ImageDataset) throws -> [Float] {
    let loader = try BatchLoader(
      data, recipe: data.geometry, augmentation: .none, seed: 0, capacity: 2,
      pool: ThreadPool(threads: 1))
    let values = try loader.load([0, 1], epoch: 0)
    return [values[0], values[192]]
  }

  /// An image takes 192 bytes: the second one has no place in the cache, and is decoded whenever it is asked for.
  @Test func whatIsNotInTheCacheIsReadAgain() throws {
    let data = try images.data(cacheBytes: 383)
    #expect(data.cachedImages == 1)
    let before = try firstPixels(data)
    let other = PNGFile.bytes(rgb: [UInt8](repeating: 7, count: 192), height: 8, width: 8)
    for path in data.paths[0...1] { try images.write(other, to: "data/\(path)") }
    #expect(before[1] != 7)
    #expect(try firstPixels(data) == [before[0], 7])
    for path in data.paths[0...1] {
      try FileManager.default.removeItem(atPath: images.path("data/\(path)"))
    }
    #expect(
      message { _ = try firstPixels(data) }
        == "TMP/data/blue/1.png: cannot be opened: No such file or directory")
    let whole = try ImageDataset(contentsOf: images.path("data"), cacheBytes: 192 * 10)
    #expect(whole.count == 10 && whole.cachedImages == 10)
  }

  // MARK: splits

  private static let labels = (0..<100).map { $0 < 60 ? 0 : $0 < 95 ? 1 : 2 }

  @Test func aSplitTakesTheSameShareOfEveryClass() {
    let split = DataSplit(labels: Self.labels, share: 0.1, seed: 3)
    let counts = [0, 1, 2].map { label in split.validation.count { Self.labels[$0] == label } }
    #expect(counts == [6, 4, 1])
    #expect((split.training + split.validation).sorted() == Array(0..<100))
    #expect(split == DataSplit(labels: Self.labels, share: 0.1, seed: 3))
    #expect(split != DataSplit(labels: Self.labels, share: 0.1, seed: 4))
    #expect(DataSplit(labels: Self.labels, share: 0, seed: 3).validation.isEmpty)
  }

  @Test func foldsAreDisjointAndMakeUpTheWhole() {
    let folds = (0..<5).map { DataSplit(labels: Self.labels, fold: $0, of: 5, seed: 3) }
    #expect(folds.flatMap(\.validation).sorted() == Array(0..<100))
    #expect(folds.allSatisfy { $0.validation.count == 20 })
    #expect(
      folds.allSatisfy { fold in fold.validation.count { Self.labels[$0] == 2 } == 1 })
  }

  // MARK: texts

  @Test func optionsComeBackFromTheirTexts() throws {
    var options = RunOptions()
    options.learningRate = 0.0123
    options.schedule = .step
    options.initializer = .gaussian(standardDeviation: 0.01)
    options.augmentation = Augmentation(shift: 3)
    options.folds = 4
    options.dropout = 0.25
    options.centering = .image
    options.dividesByDeviation = false
    let settings = Dictionary(uniqueKeysWithValues: options.settings.map { ($0.name, $0.value) })
    #expect(try RunOptions(settings: settings) == options)
    #expect(
      pithError { try RunOptions(settings: settings.merging(["batch": "x"]) { $1 }) }?.problem
        == "the option 'batch' of the run cannot be 'x'")
  }
}
