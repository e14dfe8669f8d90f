import Foundation
import Pith
import PithTensor
import PithTestSupport
import Testing

/// What `pith train` makes of its images: preprocessing, the cache, and what it says about the data.
@Suite struct TrainDataTests {
  let folder: TemporaryFolder

  init() throws { folder = try .ofColors(side: 4) }

  private func train(_ options: String, data: String = "data") throws -> Program.Outcome {
    try folder.bash(
      "\"$PITH\" train \(data) --architecture n.network --augment none --no-checks \(options)")
  }

  // MARK: preprocessing

  /// The recipe of the model of a run on two images: red is 0 or 255, green 10, 20, 30 and 40, blue always 255.
  private func recipe(_ options: String) throws -> Preprocessing {
    try folder.write(
      PNGFile.bytes(rgb: [0, 10, 255, 0, 20, 255], height: 1, width: 2), to: "two/a/0.png")
    try folder.write(
      PNGFile.bytes(rgb: [255, 30, 255, 255, 40, 255], height: 1, width: 2), to: "two/b/0.png")
    let trained = try train("--epochs 1 --validation 0 --quiet \(options)", data: "two")
    #expect(trained.status == 0)
    #expect(try folder.pith("convert", "run", "-o", "m.pith", "--quiet").status == 0)
    #expect(try folder.pith("verify", "m.pith").status == 0)
    return try #require(try Model(bytes: folder.bytes("m.pith")).preprocessing)
  }

  /// The mean 25 and the deviation sqrt((15^2 + 5^2 + 5^2 + 15^2) / 4) = 11.18034 of green, over 255.
  private static let (greenMean, greenDeviation) = (Float(25) / 255, Float(0.043_844_47))

  private func isNear(_ left: [Float]?, _ right: [Float]) -> Bool {
    left?.count == right.count && zip(left ?? [], right).allSatisfy { abs($0 - $1) < 1e-7 }
  }

  @Test func theModelSubtractsTheMeanOfEachChannel() throws {
    let recipe = try recipe("")
    guard case .channel(let mean) = recipe.mean else {
      Issue.record("there is no channel mean")
      return
    }
    #expect(isNear(mean, [0.5, Self.greenMean, 1]))
    #expect(isNear(recipe.standardDeviation, [0.5, Self.greenDeviation, 1]))
    #expect(recipe.range == .unit)
  }

  @Test func theModelSubtractsTheMeanImage() throws {
    let recipe = try recipe("--mean image")
    guard case .image(let mean) = recipe.mean else {
      Issue.record("there is no mean image")
      return
    }
    #expect(mean.shape == [3, 1, 2])
    #expect(isNear(mean.values, [0.5, 0.5, 20 / 255, 30 / 255, 1, 1]))
    #expect(isNear(recipe.standardDeviation, [0.5, Self.greenDeviation, 1]))
  }

  @Test func theModelSubtractsNothingWhenAskedTo() throws {
    let divided = try recipe("--mean none")
    #expect(divided.mean == .none)
    #expect(isNear(divided.standardDeviation, [0.5, Self.greenDeviation, 1]))
    _ = try folder.bash("rm -r run")
    let plain = try recipe("--mean none --no-std")
    #expect(plain.mean == .none && plain.standardDeviation == nil && plain.range == .unit)
  }

  // MARK: the cache

  /// An image takes 12 bytes: 40 bytes hold three of them, 0 none, and 1K all 24.
  @Test func whatTheCacheDoesNotHoldIsDecodedAgain() throws {
    let line = "24 images of 3x2x2 in 3 classes"
    var states: [[UInt8]] = []
    for (index, (cache, told)) in [
      ("", line), ("--cache 40", "\(line), 3 in memory"), ("--cache 0", "\(line), 0 in memory"),
      ("--cache 1K", line),
    ].enumerated() {
      let outcome = try train("--epochs 3 --output run\(index) --batch 8 \(cache)")
      #expect(outcome.status == 0)
      #expect(outcome.errors.split(separator: "\n").first.map(String.init) == told)
      states.append(try folder.bytes("run\(index)/last.pith"))
    }
    #expect(Set(states).count == 1, "the same bits")
  }

  // MARK: what is said

  @Test func anArchiveIsTrainedOnLikeItsFolder() throws {
    let made = try folder.bash("cd data && tar --sort=name -cf ../data.tar *")
    #expect(made.status == 0)
    for data in ["data", "data.tar"] {
      #expect(try train("--epochs 2 --output of-\(data) --quiet", data: data).status == 0)
    }
    #expect(try folder.bytes("of-data/last.pith") == folder.bytes("of-data.tar/last.pith"))
  }

  @Test func unreadableFilesAndImbalanceAreTold() throws {
    try folder.write("no image", to: "data/red/bad.png")
    try folder.write("text", to: "data/red/readme.txt")
    _ = try folder.bash("rm data/green/[2-7].png")
    let outcome = try train("--epochs 1 --format json")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.hasPrefix(
        """
        pith: red/bad.png: byte 8: cannot be decoded: Not a PNG file; Pith reads PNG; convert the image first
        pith: the classes are out of balance: 'blue' has 8 images but 'green' 2; answers will lean towards large classes
        pith: 1 other file passed over
        18 images of 3x2x2 in 3 classes

        """), "\(outcome.errors)")
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(report["failed_images"] as? Int == 1)
    // The sentences are no progress, which --quiet leaves out.
    let quiet = try train("--epochs 1 --output again --quiet")
    #expect(quiet.status == 1)
    #expect(quiet.errors.split(separator: "\n").prefix(2).allSatisfy { $0.hasPrefix("pith: ") })
    #expect(!quiet.errors.contains("18 images"))
  }

  @Test func imagesOfSeveralSizesNeedAResize() throws {
    try folder.write(
      PNGFile.bytes(rgb: [UInt8](repeating: 9, count: 18), height: 3, width: 2),
      to: "data/red/9.png"
    )
    let refused = try train("--quiet")
    #expect(refused.status == 2)
    #expect(
      refused.errors
        == "pith: data: the images have 2 sizes (24 of 2x2, 1 of 3x2), but a network takes one; say how they become one with --resize, and --crop when the resize is of the shorter side\n"
    )
    #expect(!folder.exists("run"))
    let resized = try train("--epochs 1 --resize 3x5")
    #expect(resized.status == 0)
    #expect(resized.errors.hasPrefix("25 images of 3x3x5 in 3 classes\n"))
  }

  @Test func sizesThatDoNotDivideArePointedOut() throws {
    try folder.write(
      """
      parameter classes = 2
      input image: [3, 5, 5]
      conv = convolution outputs: 4 kernel: 2 stride: 2
      flatten
      fc = fully_connected outputs: classes

      """, to: "n.network")
    let outcome = try train("--epochs 1 --resize 5x4")
    // (5 - 2) / 2 + 1 = 2.5 rows, (4 - 2) / 2 + 1 = 2 columns; (2 * 2 * 3 + 1) * 4 and (16 + 1) * 3 parameters.
    #expect(
      outcome.errors.contains(
        """
        layer    operation        output  parameters
        conv     convolution       4x2x2          52  the last 1 row is never seen
        flatten  flatten              16
        fc       fully_connected       3          51
        total                                    103
        """), "\(outcome.errors)")
  }
}
