import PithGraph
import PithTensor
import PithTestSupport
import PithThreads
import PithTraining
import Testing

@Suite struct AugmentationTests {
  /// Two channels of 2x3 pixels after a change.
  private func changed(_ isFlipped: Bool, _ down: Int, _ right: Int) -> [UInt8] {
    let planes: [UInt8] = [
      1, 2, 3,
      4, 5, 6,

      11, 12, 13,
      14, 15, 16,
    ]
    return [UInt8](unsafeUninitializedCapacity: 12) { output, count in
      guard let output = output.baseAddress else { return }
      Augmentation.apply(
        .init(isFlipped: isFlipped, down: down, right: right), planes, channels: 2, height: 2,
        width: 3, into: output)
      count = 12
    }
  }

  @Test func flippedAndMovedPixelsLieWhereTheyShould() {
    #expect(changed(false, 0, 0) == [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16])
    #expect(changed(true, 0, 0) == [3, 2, 1, 6, 5, 4, 13, 12, 11, 16, 15, 14])
    #expect(changed(false, 1, 0) == [0, 0, 0, 1, 2, 3, 0, 0, 0, 11, 12, 13])
    #expect(changed(false, -1, 0) == [4, 5, 6, 0, 0, 0, 14, 15, 16, 0, 0, 0])
    #expect(changed(false, 0, 1) == [0, 1, 2, 0, 4, 5, 0, 11, 12, 0, 14, 15])
    #expect(changed(false, 0, -2) == [3, 0, 0, 6, 0, 0, 13, 0, 0, 16, 0, 0])
    // Mirrored first, then moved.
    #expect(changed(true, 0, 1) == [0, 3, 2, 0, 6, 5, 0, 13, 12, 0, 16, 15])
    #expect(changed(true, -1, -1) == [5, 4, 0, 0, 0, 0, 15, 14, 0, 0, 0, 0])
    #expect(changed(true, 2, 0) == [UInt8](repeating: 0, count: 12))
    #expect(changed(false, 0, 5) == [UInt8](repeating: 0, count: 12))
  }

  /// What happens to 20,000 images, in two epochs.
  private func choices(_ augmentation: Augmentation, seed: UInt64 = 3) -> [Augmentation.Choice] {
    (0..<20_000).map { augmentation.choice(seed: seed, epoch: $0 % 2, image: $0 / 2) }
  }

  @Test func halfOfTheImagesAreMirroredAndOffsetsAreEquallyLikely() {
    let choices = choices(Augmentation(flips: true, shift: 4))
    // Four standard deviations: of sqrt(20,000 / 4) = 71 of the flips, and of 47 of each offset, of which there are nine.
    #expect(abs(choices.count { $0.isFlipped } - 10_000) < 283)
    for offsets in [choices.map(\.down), choices.map(\.right)] {
      #expect(Set(offsets) == Set(-4...4))
      for offset in -4...4 {
        #expect(abs(offsets.count { $0 == offset } - 2222) < 178, "\(offset)")
      }
    }
    // Apart from each other: a 162nd of the images for each of the combinations, give or take four times 11.
    let combinations = Dictionary(choices.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(combinations.count == 162)
    #expect(combinations.values.allSatisfy { abs($0 - 123) < 45 })
  }

  @Test func nothingHappensUnasked() {
    #expect(Set(choices(.none)) == [.init(isFlipped: false, down: 0, right: 0)])
    let flipped = choices(Augmentation(flips: true))
    #expect(
      flipped.allSatisfy { $0.down == 0 && $0.right == 0 } && flipped.contains { $0.isFlipped })
    let moved = choices(Augmentation(shift: 1))
    #expect(!moved.contains { $0.isFlipped } && Set(moved).count == 9)
  }

  @Test func changesFollowFromSeedEpochAndImage() {
    let augmentation = Augmentation(flips: true, shift: 4)
    #expect(choices(augmentation) == choices(augmentation))
    #expect(choices(augmentation) != choices(augmentation, seed: 4))
    // Of two epochs the same happens to one image in 162.
    let pairs = choices(augmentation)
    let same = stride(from: 0, to: pairs.count, by: 2).count { pairs[$0] == pairs[$0 + 1] }
    #expect((30...95).contains(same), "\(same)")
  }

  // MARK: batches

  /// The inputs of a network for the first image, of the pixels from 1 to 12, minus 1 and over 2.
  private func inputs(
    _ images: TemporaryFolder, _ order: [Int] = [0], epoch: Int?, threads: Int = 1,
    cacheBytes: Int? = nil
  ) throws -> [[Float]] {
    let data = try ImageDataset(contentsOf: images.path("data"), cacheBytes: cacheBytes)
    var recipe = data.geometry
    recipe.mean = .channel([1, 1, 1])
    recipe.standardDeviation = [2, 2, 2]
    let loader = try BatchLoader(
      data, recipe: recipe, augmentation: Augmentation(flips: true, shift: 1), seed: 9,
      capacity: order.count, pool: ThreadPool(threads: threads))
    let values = Array(try loader.load(order[...], epoch: epoch))
    return stride(from: 0, to: values.count, by: 12).map { Array(values[$0..<($0 + 12)]) }
  }

  /// Two classes of images of 2x2 pixels; all are alike.
  private func twelvePixels() throws -> TemporaryFolder {
    let images = try TemporaryFolder()
    // Channel by channel 1 to 4, 5 to 8 and 9 to 12.
    let pixels: [UInt8] = [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12]
    for name in ["a/0", "a/1", "b/0", "b/1"] {
      try images.write(PNGFile.bytes(rgb: pixels, height: 2, width: 2), to: "data/\(name).png")
    }
    return images
  }

  /// Black comes in, and mean and deviation are those of black too.
  @Test func pixelsAreChangedBeforeTheyAreNormalized() throws {
    let images = try twelvePixels()
    #expect(
      try inputs(images, epoch: nil)[0] == (1...12).map { (Float($0) - 1) / 2 })
    let augmentation = Augmentation(flips: true, shift: 1)
    for epoch in 0..<40 {
      let choice = augmentation.choice(seed: 9, epoch: epoch, image: 0)
      let expected = (0..<12).map { place -> Float in
        let (row, column) = (place / 2 % 2 - choice.down, place % 2 - choice.right)
        guard 0...1 ~= row, 0...1 ~= column else { return -0.5 }
        let pixel = place / 4 * 4 + row * 2 + (choice.isFlipped ? 1 - column : column) + 1
        return (Float(pixel) - 1) / 2
      }
      #expect(try inputs(images, epoch: epoch)[0] == expected)
    }
  }

  @Test func neitherOrderNorThreadsNorCacheChangePixels() throws {
    let images = try twelvePixels()
    let first = try inputs(images, [0, 1, 2, 3], epoch: 7)
    #expect(Set(first).count > 1)
    #expect(
      try inputs(images, [3, 1, 2, 0], epoch: 7) == [first[3], first[1], first[2], first[0]])
    #expect(
      try inputs(images, [0, 1, 2, 3], epoch: 7, threads: 3, cacheBytes: 0) == first)
  }

  /// The first step of a network of zeros with one image: its gradient is (1/2 - 1) x for the image's class and 1/2 x for the
  /// other, so that the weights tell which pixels were trained on.
  @Test func aRunTrainsOnChangedImages() throws {
    let images = try twelvePixels()
    var options = RunOptions()
    (options.epochs, options.batch, options.validation, options.l2) = (12, 1, 0, 0)
    (options.optimizer, options.schedule, options.learningRate) = (.sgd, .constant, 1)
    (options.labelSmoothing, options.initializer) = (0, .zeros)
    (options.centering, options.dividesByDeviation) = (.none, false)
    options.augmentation = Augmentation(flips: true, shift: 1)
    var seen: Set<[Int]> = []
    for seed in 1...12 {
      options.seed = UInt64(seed)
      let run = try TrainingRun(
        Graph(text: "input image: [3, 2, 2]\nflatten\nfc = fully_connected outputs: 2"),
        data: ImageDataset(contentsOf: images.path("data")), options: options,
        folder: images.path("run\(seed)"))
      var steps = 0
      _ = try run.run(
        observer: { if case .step = $0 { steps += 1 } }, isStopped: { steps == 1 })
      let weights = try #require(try run.checkpoint().state().tensors["fc.weight"]).values
      #expect(weights[..<12].elementsEqual(weights[12...].map { -$0 }))
      seen.insert(weights[..<12].map { Int((abs($0) * 2 * 255).rounded()) })
    }
    let variants = [false, true].flatMap { isFlipped in
      (-1...1).flatMap { down in
        (-1...1).map { right in
          (0..<12).map { place in
            let (row, column) = (place / 2 % 2 - down, place % 2 - right)
            guard 0...1 ~= row, 0...1 ~= column else { return 0 }
            return place / 4 * 4 + row * 2 + (isFlipped ? 1 - column : column) + 1
          }
        }
      }
    }
    #expect(seen.isSubset(of: variants))
    #expect(seen.count > 4)
  }
}
