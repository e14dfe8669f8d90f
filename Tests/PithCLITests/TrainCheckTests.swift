import Foundation
import Pith
import PithTestSupport
import Testing

/// What `pith train` says before the first step, by default, and at the end.
@Suite struct TrainCheckTests {
  let folder: TemporaryFolder

  init() throws { folder = try .ofColors(side: 4) }

  private func train(_ options: String) throws -> Program.Outcome {
    try folder.bash("\"$PITH\" train data --architecture n.network --augment none \(options)")
  }

  // MARK: the checks

  /// Weights of zeros guess: the loss is ln 3, and there is nothing to regularise. Six images of each class are learned by heart.
  @Test func theChecksAreTold() throws {
    let outcome = try train("--epochs 1 --init zeros --label-smoothing 0 --learning-rate 0.05")
    #expect(outcome.status == 0)
    let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("loss at the start ") })
    #expect(
      lines[start] == "loss at the start 1.0986 (guessing: 1.0986), regularisation adds 0")
    let handful = try #require(
      lines[start + 1].wholeMatch(
        of: /a handful: 18 of 18 images right after (\d+) steps, loss (0\.\d+)/),
      "\(lines[start + 1])")
    #expect(try #require(Int(handful.output.1)) <= 300)
    #expect(try #require(Double(handful.output.2)) < 0.2)
    #expect(lines[start + 2] == "learning rate  loss")
    // Every fourth of 70 rates from 5e-6 to 50, a line each; the run's own is near one of them.
    let table = lines[(start + 3)...].prefix { !$0.hasPrefix("pith: ") }
    #expect(table.count == 17)
    var marked = 0
    for (index, line) in table.enumerated() {
      let row = try #require(
        line.wholeMatch(of: /( *)([0-9.e+-]+)  (\d+\.\d{3})  (▪+)(  <- --learning-rate)?/),
        "\(line)"
      )
      #expect(row.output.1.count + row.output.2.count == 13)
      let rate = try #require(Double(row.output.2))
      #expect(abs(rate / (5e-6 * pow(10, 7 * Double(4 * index + 3) / 69)) - 1) < 0.006)
      if index == 0 { #expect(abs(try #require(Double(row.output.3)) - 1.099) < 0.005) }
      if row.output.5 != nil {
        marked += 1
        #expect(abs(log10(rate / 0.05)) < 0.21)
      }
    }
    #expect(marked == 1)
    // What the checks found follows, before the run begins.
    let sentences = lines[(start + 20)...].prefix { $0.hasPrefix("pith: ") }
    #expect(
      sentences.first
        == "pith: regularisation adds nothing to the loss at the start: all weights are zero (--init)"
    )
    #expect(lines[start + 20 + sentences.count].hasPrefix("21 training images, 3 for validation; "))
  }

  /// 0.5 / 2 * 36 weights of 0.5 = 2.25 of L2, 0.1 * 18 = 1.8 of L1.
  @Test func whatRegularizationAddsIsTold() throws {
    let outcome = try train("--epochs 1 --init constant=0.5 --l1 0.1 --l2 0.5 --quiet")
    #expect(!outcome.errors.contains("loss at the start"))
    let told = try train("--epochs 1 --output told --init constant=0.5 --l1 0.1 --l2 0.5")
    #expect(
      told.errors.contains(
        "\nloss at the start 1.0986 (guessing: 1.0986), regularisation adds 4.05\n"))
    let hinge = try train("--epochs 1 --output hinge --init zeros --loss hinge --l2 0")
    #expect(
      hinge.errors.contains(
        "\nloss at the start 2.0000 (guessing: 2.0000), regularisation adds 0\n"))
  }

  @Test func checksAreLeftOutWhenAskedTo() throws {
    let outcome = try train("--epochs 1 --init zeros --no-checks")
    #expect(outcome.status == 0)
    #expect(!outcome.errors.contains("a handful") && !outcome.errors.contains("all weights"))
    #expect(!(try folder.text("run/report.html").contains("Before the first step")))
  }

  // MARK: schedules

  /// Four epochs of one step each: half of the run is over after two, three quarters after three.
  @Test(arguments: [
    ("constant", [0.1, 0.1, 0.1, 0.1]),
    ("step", [0.1, 0.1, 0.01, 0.001]),
    // (1 + cos(pi t / 4)) / 2.
    ("cosine", [0.1, 0.085_355_339, 0.05, 0.014_644_661]),
    // Up from 1/25 until step 0.3 * 4 - 1 = 0.2, then down to 1/250,000.
    ("one-cycle", [0.004, 0.081_174_565, 0.028_306_1, 4e-7]),
    ("plateau", [0.1, 0.1, 0.1, 0.1]),
    ("constant --warm-up 2", [0.05, 0.1, 0.1, 0.1]),
    // A cosine of two steps after the warm-up.
    ("cosine --warm-up 2", [0.05, 0.1, 0.1, 0.05]),
  ])
  func ratesFollowTheSchedule(options: String, rates: [Double]) throws {
    let outcome = try train(
      "--epochs 4 --batch 21 --learning-rate 0.1 --no-checks --quiet --schedule \(options)")
    #expect(outcome.status == 0)
    let found = try folder.text("run/log.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").dropFirst(2).first.flatMap { Double($0) } ?? .nan
    }
    #expect(found.count == 4)
    for (found, rate) in zip(found, rates) { #expect(abs(found / rate - 1) < 1e-6) }
  }

  // MARK: the end

  @Test func aRunThatDivergesSaysWhyAndKeepsItsState() throws {
    let outcome = try train(
      "--epochs 3 --schedule constant --learning-rate 1e38 --no-checks --quiet --batch 8")
    #expect(outcome.status == 4)
    #expect(
      outcome.output
        == "diverged after 0 epochs; no epoch is done\nnext: what was saved before is in run\n")
    #expect(
      outcome.errors.wholeMatch(
        of:
          /pith: the loss .* (is too large|is unsuitable); try a tenth of it\n/) != nil,
      "\(outcome.errors)")
    // The first weights are still there.
    #expect(try folder.pith("convert", "run", "-o", "m.pith", "--last").status == 0)
  }

  /// The best epoch is the first: the rate of the second and third makes all worse.
  @Test func theBestStateIsExportedUnlessTheLastIsAskedFor() throws {
    let outcome = try train("--epochs 5 --learning-rate 0.1 --label-smoothing 0.5 --no-checks")
    #expect(outcome.status == 0)
    let log = try folder.text("run/log.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").map { Double($0) ?? .nan }
    }
    // More images right, or as many with less loss.
    var best = log[log.startIndex]
    for row in log where row[6] > best[6] || row[6] == best[6] && row[5] < best[5] { best = row }
    let number = Int(best[0])
    let converted = try folder.pith("convert", "run", "-o", "best.pith")
    #expect(
      converted.errors.hasPrefix(
        "note     the state after epoch \(number)\nnote     the best epoch was \(number), with "))
    #expect(try folder.pith("convert", "run/best.pith", "-o", "b.pith", "--quiet").status == 0)
    #expect(try folder.bytes("best.pith") == folder.bytes("b.pith"))
    let last = try folder.pith("convert", "run", "-o", "last.pith", "--last")
    #expect(last.errors.hasPrefix("note     the state after epoch 5\n"))
    #expect(try folder.pith("convert", "run/last.pith", "-o", "l.pith", "--quiet").status == 0)
    #expect(try folder.bytes("last.pith") == folder.bytes("l.pith"))
    #expect(try folder.bytes("last.pith") != folder.bytes("best.pith") || number == 5)
    // Where it came from.
    let provenance = try Model(bytes: folder.bytes("last.pith")).provenance
    #expect(provenance.map(\.name) == ["architecture", "source", "training"])
    #expect(provenance[0].value.hasPrefix("network file, SHA-256 "))
    #expect(provenance[2].value.hasPrefix("5 of 5 epochs, accumulate 1, augment none, batch 128, "))
    #expect(provenance[2].value.contains(", label-smoothing 0.5, learning-rate 0.1, "))
  }

  @Test func gradientsAreToldAsATable() throws {
    let outcome = try folder.pith("gradcheck", "n.network", "--coordinates", "3")
    #expect(outcome.status == 0)
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows[0] == ["tensor", "checked", "kinks", "error", "verdict"])
    #expect(rows.dropFirst().map(\.[0]) == ["fc.weight", "fc.bias", "image", "all"])
    // The network has two classes, and so two biases.
    #expect(rows.dropFirst().map(\.[1]) == ["3", "2", "3", "8"])
    for row in rows.dropFirst() {
      #expect(row[2] == "0" && row[4] == "right")
      #expect(try #require(Double(row[3])) < 1e-6)
    }
  }

  // MARK: defaults

  /// What the help says is what a run without options writes down.
  @Test func helpStatesTheDefaults() throws {
    #expect(try train("--no-checks --quiet").status == 0)
    let configuration = try folder.text("run/configuration.txt")
    let help = try folder.pith("train", "--help").output
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let defaults = [
      ("epochs", "60", "60"), ("batch", "128", "128"), ("accumulate", "1", "1"), ("seed", "1", "1"),
      ("learning-rate", "0.1; 0.001 for rmsprop, adam and adamw", "0.1"),
      ("optimizer", "nesterov", "nesterov"), ("momentum", "0.9", "0.9"),
      ("schedule", "one-cycle", "one-cycle"), ("warm-up", "0", "0.0"),
      ("loss", "cross-entropy", "cross-entropy"), ("label-smoothing", "0.1; hinge: none", "0.1"),
      ("l1", "0", "0.0"), ("l2", "0.0005", "0.0005"),
      ("dropout", "what the network says", "none"), ("clip", "any", "none"), ("init", "he", "he"),
      ("augment", "flip,crop=4", "none"), ("validation", "0.1", "0.1"),
      ("mean", "channel", "channel"), ("color", "rgb", "rgb"),
      ("interpolation", "bilinear", "bilinear"), ("alpha", "drop", "drop"),
    ]
    for (name, told, written) in defaults {
      let option = try #require(help.range(of: "--\(name) <"), "\(name)")
      let text = help[option.upperBound...]
      let next = text.range(of: " --")?.lowerBound ?? text.endIndex
      #expect(text[..<next].contains("(default: \(told))"), "\(name): \(text[..<next])")
      #expect("\n\(configuration)".contains("\n\(name): \(written)\n"), "\(name)")
    }
    for optimizer in ["rmsprop", "adam", "adamw"] {
      #expect(
        try train("--epochs 1 --optimizer \(optimizer) --output \(optimizer) --no-checks --quiet")
          .status == 0)
      #expect(
        try folder.text("\(optimizer)/configuration.txt").contains("\nlearning-rate: 0.001\n"))
    }
  }

  @Test func imagesAreFlippedAndMovedByDefault() throws {
    let outcome = try folder.bash(
      "\"$PITH\" train data --architecture n.network --epochs 1 --no-checks --quiet")
    #expect(outcome.status == 0)
    #expect(try folder.text("run/configuration.txt").contains("\naugment: flip,crop=4\n"))
  }
}
