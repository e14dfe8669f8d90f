import Foundation
import Pith
import PithTestSupport
import Testing

/// One step of `pith train` by hand: what each option of the step does to the weights.
///
/// Eight images of each of three colours; a red one is 1 in its red pixels and else 0. All weights begin equal, so that every class
/// has the probability 1/3. The gradient of the mean loss by a weight from a channel to the class of the same colour is then
/// (1/3 - 1) / 3 = -2/9, to another class (1/3 - 0) / 3 = 1/9; its length with four pixels a channel
/// sqrt(4 (3 (2/9)^2 + 6 (1/9)^2)) = sqrt(8) / 3.
@Suite struct TrainStepTests {
  let folder: TemporaryFolder

  init() throws { folder = try .ofColors(side: 2) }

  struct Case: Sendable, CustomTestStringConvertible {
    let options: String
    /// The weights to the class of the channel's colour, and to the other classes.
    let own: Float
    let other: Float
    var loss = log(3.0)

    var testDescription: String { options }
  }

  private static let length: Float = 0.942_809_04

  static let cases = [
    Case(options: "--optimizer sgd --learning-rate 0.9", own: 0.2, other: -0.1),
    Case(options: "--optimizer sgd --learning-rate 0.9 --accumulate 5", own: 0.2, other: -0.1),
    Case(options: "--optimizer momentum --learning-rate 0.9", own: 0.2, other: -0.1),
    // g + m v, where v = g after one step.
    Case(
      options: "--optimizer nesterov --momentum 0.5 --learning-rate 0.9", own: 0.3, other: -0.15),
    // g / sqrt(0.01 g^2).
    Case(options: "--optimizer rmsprop --learning-rate 0.01", own: 0.1, other: -0.1),
    // g / sqrt(g^2), as both means are corrected for their start at 0.
    Case(options: "--optimizer adam --learning-rate 0.01", own: 0.01, other: -0.01),
    Case(options: "--optimizer adamw --learning-rate 0.01", own: 0.01, other: -0.01),
    // The target is 0.8 + 0.2 / 3, or 0.2 / 3: the gradient is 0.8 times as much.
    Case(
      options: "--optimizer sgd --learning-rate 0.9 --label-smoothing 0.2", own: 0.16,
      other: -0.08),
    // By the logits -2 and 1, of a third of the images.
    Case(
      options: "--optimizer sgd --learning-rate 0.9 --loss hinge", own: 0.6, other: -0.3, loss: 2),
    // A gradient that is longer is made so long, one that is shorter stays.
    Case(
      options: "--optimizer sgd --learning-rate 0.9 --clip 0.1", own: 0.2 * 0.1 / length,
      other: -0.1 * 0.1 / length),
    Case(options: "--optimizer sgd --learning-rate 0.9 --clip 0.95", own: 0.2, other: -0.1),
    // Soft-thresholded by rate * l1.
    Case(
      options: "--optimizer sgd --learning-rate 0.9 --l1 0.1", own: 0.11, other: -0.01),
    Case(options: "--optimizer sgd --learning-rate 0.9 --l1 0.2", own: 0.02, other: 0),
    // 0.5 - 0.9 (g + 0.1 * 0.5).
    Case(
      options: "--optimizer sgd --learning-rate 0.9 --l2 0.1 --init constant=0.5", own: 0.655,
      other: 0.355),
    // L2 through the gradient, whose sign alone counts, and apart from it: 0.5 (1 - 0.01 * 0.1).
    Case(
      options: "--optimizer adam --learning-rate 0.01 --l2 0.1 --init constant=0.5", own: 0.51,
      other: 0.49),
    Case(
      options: "--optimizer adamw --learning-rate 0.01 --l2 0.1 --init constant=0.5", own: 0.5095,
      other: 0.4895),
  ]

  private func weights(_ options: String) throws -> [Float] {
    let usual = [("--init", "zeros"), ("--l2", "0"), ("--label-smoothing", "0")].filter {
      !options.contains($0.0) && !($0.0 == "--label-smoothing" && options.contains("hinge"))
    }.map { "\($0.0) \($0.1)" }
    let outcome = try folder.bash(
      """
      "$PITH" train data --architecture n.network --epochs 1 --batch 24 --validation 0 --augment none \
        --mean none --no-std --schedule constant --no-checks --quiet \(usual.joined(separator: " ")) \
        \(options) && "$PITH" convert run -o m.pith --last --quiet
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try Model(bytes: folder.bytes("m.pith"))
    #expect(try model.tensor(named: "fc.bias").values.allSatisfy { abs($0) < 1e-6 })
    return try model.tensor(named: "fc.weight").values
  }

  @Test(arguments: cases)
  func theFirstStepIsThatOfTheFormulas(test: Case) throws {
    let weights = try weights(test.options)
    // The classes are blue, green and red, the channels red, green and blue of four pixels each.
    for (index, weight) in weights.enumerated() {
      let (label, channel) = (index / 12, index % 12 / 4)
      let expected = label == 2 - channel ? test.own : test.other
      #expect(abs(weight - expected) < 1e-5)
      if expected == 0 { #expect(weight == 0, "exactly") }
    }
    let row = try #require(try folder.text("run/log.csv").split(separator: "\n").last)
    let loss = try #require(Double(row.split(separator: ",")[3]))
    #expect(abs(loss - test.loss) < 1e-6)
  }

  /// Of 36 weights of 0.5, 12 change by 0.155 and 24 by -0.145: sqrt(12 * 0.155^2 + 24 * 0.145^2) / 3. Those that have no length
  /// have no ratio.
  @Test func theLogHasTheRatioOfTheChange() throws {
    _ = try weights("--optimizer sgd --learning-rate 0.9 --l2 0.1 --init constant=0.5")
    func ratio() throws -> Double {
      let row = try #require(try folder.text("run/log.csv").split(separator: "\n").last)
      return try #require(Double(row.split(separator: ",", omittingEmptySubsequences: false)[7]))
    }
    #expect(abs(try ratio() - 0.296_816_4) < 1e-5)
    _ = try folder.bash("rm -r run")
    _ = try weights("--optimizer sgd --learning-rate 0.9")
    #expect(try ratio() == 0)
  }

  // MARK: first weights

  /// Of 2048 units with 12 inputs each: the deviation of a sample of 24,576 is known to a half percent.
  @Test(arguments: [
    ("he", (2.0 / 12).squareRoot()), ("xavier", (2.0 / 2060).squareRoot()),
    ("gaussian=0.25", 0.25), ("small", 0.01), ("large", 1),
  ])
  func firstWeightsAreWhatIsAskedFor(kind: String, deviation: Double) throws {
    try folder.write(
      "parameter classes = 2\ninput image: [3, 2, 2]\nflatten\nfc = fully_connected outputs: 2048\nrelu\nfully_connected outputs: classes\n",
      to: "n.network")
    let weights = try weights("--init \(kind) --learning-rate 0").map { Double($0) }
    let mean = weights.reduce(0, +) / Double(weights.count)
    let variance =
      weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weights.count)
    #expect(weights.count == 24_576)
    #expect(abs(mean) < 0.03 * deviation)
    #expect(abs(variance.squareRoot() / deviation - 1) < 0.02)
  }

  // MARK: dropout

  private func dropoutNetwork(_ dropout: [String]) -> String {
    "parameter classes = 2\ninput image: [3, 2, 2]\nflatten\n"
      + dropout.joined() + "fc = fully_connected outputs: classes\n"
  }

  @Test func dropoutSetsTheRateOfAllItsLayers() throws {
    try folder.write(
      dropoutNetwork(["dropout rate: 0.1\n", "relu\n", "dropout rate: 0.3\n"]), to: "n.network")
    let base = try weights("--optimizer sgd --learning-rate 0.9")
    func rates() throws -> [Double] {
      try Model(bytes: folder.bytes("m.pith")).graph.layers.compactMap { layer in
        if case .dropout(let dropout) = layer.operation { dropout.rate } else { nil }
      }
    }
    #expect(try rates() == [0.1, 0.3])
    _ = try folder.bash("rm -r run")
    let dropped = try weights("--optimizer sgd --learning-rate 0.9 --dropout 0.75")
    #expect(try rates() == [0.75, 0.75])
    #expect(dropped != base)
    #expect(try folder.text("run/configuration.txt").contains("\ndropout: 0.75\n"))
  }

  /// One layer: what is kept is four times as much, so that every weight from its class's channel is the sum of as many 4/24 (2/3)
  /// 0.9 as images kept the pixel.
  @Test func whatDropoutKeepsIsScaled() throws {
    try folder.write(dropoutNetwork(["dropout rate: 0.1\n"]), to: "n.network")
    let weights = try weights("--optimizer sgd --learning-rate 0.9 --dropout 0.75")
    var kept = 0.0
    for label in 0..<3 {
      for pixel in 0..<4 {
        let count = Double(weights[label * 12 + (2 - label) * 4 + pixel]) / 0.1
        #expect(abs(count - count.rounded()) < 1e-4 && 0...8 ~= count)
        kept += count
      }
    }
    // A quarter of 96, give or take four times 4.2.
    #expect(abs(kept - 24) < 17)
    #expect(weights[0] != weights[1] || weights[8] != weights[9])
  }

  @Test func aRateOfZeroIsNoDropout() throws {
    let plain = try weights("--learning-rate 0.9")
    _ = try folder.bash("rm -r run")
    try folder.write(dropoutNetwork(["dropout rate: 0.5\n"]), to: "n.network")
    #expect(try weights("--learning-rate 0.9 --dropout 0") == plain)
  }

  @Test(arguments: [
    (
      "--dropout 0.5",
      "a dropout rate was given but the network has no dropout layer; add one to a file of the network: 'dropout' before the last layer"
    ),
    ("--dropout 1", "the dropout rate 1.0 must be at least 0 and less than 1"),
    ("--clip 0", "the greatest gradient norm 0.0 must be greater than 0"),
    ("--momentum 1", "the momentum 1.0 must be at least 0 and less than 1"),
    ("--warm-up 61", "a warm-up of 61.0 epochs: there must be from 0 to 60"),
    ("--augment crop=0", "The value 'crop=0' is invalid for '--augment <changes>'"),
    ("--init constant", "The value 'constant' is invalid for '--init <kind>'"),
    ("--cache 1T", "The value '1T' is invalid for '--cache <bytes>'"),
  ])
  func whatMakesNoSenseIsRefused(options: String, message: String) throws {
    let outcome = try folder.bash(
      "\"$PITH\" train data --architecture n.network --output run --quiet \(options)")
    #expect(outcome.status == 2)
    #expect(outcome.errors.split(separator: "\n").first.map(String.init) == "pith: \(message)")
    #expect(!folder.exists("run"))
  }
}
