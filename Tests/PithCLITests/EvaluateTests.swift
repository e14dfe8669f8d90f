import Foundation
import PithConversion
import PithTestSupport
import Testing

@Suite struct EvaluateTests {
  let folder: TemporaryFolder

  /// Three red images and a green one called red, two green ones, one in folder `2`.
  init() throws {
    folder = try TemporaryFolder()
    try folder.write(TestContent.model(), to: "rgb.pith")
    for name in ["0", "1", "2"] { try folder.write(TestContent.red, to: "data/red/\(name).png") }
    try folder.write(TestContent.green, to: "data/red/wrong.png")
    for name in ["0", "1"] {
      try folder.write(TestContent.green, to: "data/deep/green/\(name).png")
    }
    try folder.write(TestContent.blue, to: "data/2/0.png")
    try folder.write("text", to: "data/readme.txt")
  }

  /// -ln softmax of a right and of a wrong answer, by hand: ln(e + 2) - 1 and ln(e + 2).
  private static let (rightLoss, wrongLoss) = (0.5514447139320511, 1.5514447139320511)

  @Test func textHasTotalsClassesAndConfusion() throws {
    let outcome = try folder.pith("evaluate", "rgb.pith", "data")
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        images                     7
        top-1                85.71 %  6 right
        top-5               100.00 %  7 right
        cross-entropy         0.6943
                              1.0017  bits
        prediction entropy    1.4071  bits
        information           0.3771  bits of 1.3788

        class  images  right  accuracy
        red         4      3   75.00 %
        green       2      2  100.00 %
        blue        1      1  100.00 %

        right \\ answer  red  green  blue
        red               3      1     .
        green             .      2     .
        blue              .      .     1

        """)
    #expect(outcome.errors == "pith: 1 other file passed over\n")
  }

  @Test func jsonHasFractionsAndCounts() throws {
    let outcome = try folder.pith("evaluate", "rgb.pith", "data", "--format", "json", "--quiet")
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(report["images"] as? Int == 7)
    #expect(report["correct"] as? Int == 6)
    #expect(report["top1"] as? Double == 6.0 / 7)
    #expect(report["top5"] as? Double == 1)
    let loss = try #require(report["cross_entropy"] as? Double)
    #expect(abs(loss - (6 * Self.rightLoss + Self.wrongLoss) / 7) < 1e-7)
    // Of softmax(1, 0, 0), and of the shares 4/7, 2/7 and 1/7.
    let predictions = try #require(report["prediction_entropy_bits"] as? Double)
    #expect(abs(predictions - 1.4071006223791067) < 1e-6)
    let labels = try #require(report["label_entropy_bits"] as? Double)
    #expect(abs(labels - 1.378783493486176) < 1e-12)
    let information = try #require(report["information_bits"] as? Double)
    let nat = 1.4426950408889634
    #expect(abs(information - (labels - loss * nat)) < 1e-12)
    #expect(report["confusion"] as? [[Int]] == [[3, 1, 0], [0, 2, 0], [0, 0, 1]])
    #expect(outcome.errors == "")
  }

  @Test func archiveGivesWhatTheFolderGives() throws {
    let made = try folder.bash(
      "tar -cf ustar.tar --format=ustar data && tar -cf pax.tar --format=pax data && tar -cf gnu.tar data"
    )
    try #require(made.status == 0)
    let expected = try folder.pith("evaluate", "rgb.pith", "data", "--format", "json")
    for archive in ["ustar.tar", "pax.tar", "gnu.tar"] {
      let outcome = try folder.pith("evaluate", "rgb.pith", archive, "--format", "json")
      #expect(outcome.status == 0)
      #expect(outcome.output == expected.output)
      #expect(outcome.errors == "pith: 1 other file passed over\n")
    }
  }

  @Test func foldersThatNameNoClassAreAllListedFirst() throws {
    try folder.write(TestContent.red, to: "data/purple/0.png")
    try folder.write(TestContent.red, to: "data/red/3/0.png")
    let outcome = try folder.pith("evaluate", "rgb.pith", "data")
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(
      outcome.errors == """
        pith: data: 2 folders named like no class:
          '3'
          'purple'
        ; folders are named like labels, 'red' for example, or 0 to 2

        """)
  }

  @Test func unreadableImagesAreCountedAndTheRestGoesOn() throws {
    try folder.write("no image", to: "data/red/bad.png")
    let outcome = try folder.pith("evaluate", "rgb.pith", "data", "--format", "json")
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(outcome.status == 1)
    #expect(report["images"] as? Int == 7)
    #expect(report["failed"] as? Int == 1)
    #expect(
      outcome.errors == """
        pith: red/bad.png: byte 8: cannot be decoded: Not a PNG file; Pith reads PNG; convert the image first
        pith: 1 other file passed over
        pith: 1 of 8 images failed

        """)
  }

  @Test func logitsAndNamesOfEveryImageAreWritten() throws {
    let outcome = try folder.pith(
      "evaluate", "rgb.pith", "data", "--logits", "x.npy", "--names", "names.txt", "--limit", "3")
    #expect(outcome.status == 0)
    #expect(
      try folder.text("names.txt")
        == "2/0.png\ndeep/green/0.png\ndeep/green/1.png\n")
    let logits = try NumPyFile.read(bytes: folder.bytes("x.npy")[...]).tensor
    #expect(logits.shape.dimensions == [3, 3])
    #expect(logits.values == [0, 0, 1, 0, 1, 0, 0, 1, 0])
  }

  @Test func cutArchiveIsRefused() throws {
    _ = try folder.bash(
      "tar -cf whole.tar data && head -c 2000 whole.tar > cut.tar && gzip -k whole.tar")
    let cut = try folder.pith("evaluate", "rgb.pith", "cut.tar")
    #expect(cut.status == 2)
    #expect(cut.errors.hasPrefix("pith: cut.tar: byte "))
    let packed = try folder.pith("evaluate", "rgb.pith", "whole.tar.gz")
    #expect(packed.status == 2)
    #expect(packed.errors.contains("compressed"))
  }

  @Test(.needsSharedData)
  func resNet20IsAsOftenRightAsInPyTorch() throws {
    let data = try #require(SharedData.folder).path
    let converted = try folder.pith(
      "convert", "\(data)/models/resnet20-12fca82f.th", "-o", "r20.pith", "--architecture",
      "resnet20-cifar", "--range", "1", "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225",
      "--labels", "\(data)/models/cifar10_labels.txt")
    try #require(converted.status == 0)
    let outcome = try folder.pith(
      "evaluate", "r20.pith", "\(data)/cifar10/test.tar", "--format", "json")
    let report = try #require(try json(outcome.output) as? [String: Any])
    let reference = try #require(
      try json(String(contentsOfFile: "\(data)/reference/cifar10-accuracy.json", encoding: .utf8))
        as? [String: Any])
    let expected = try #require((reference["resnet20"] as? [String: Any])?["correct"] as? Int)
    #expect(report["images"] as? Int == reference["count"] as? Int)
    #expect(abs(try #require(report["correct"] as? Int) - expected) <= 2)
  }
}
