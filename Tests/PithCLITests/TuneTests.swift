import Foundation
import PithTestSupport
import Testing

@Suite struct TuneTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // Colours that come near each other, so that trials differ.
    for index in 0..<8 {
      let near = UInt8(100 + 9 * index)
      for (name, png) in [
        ("red", TestContent.png(140, near, 90)), ("green", TestContent.png(near, 140, 90)),
        ("blue", TestContent.png(90, near, 140)),
      ] {
        try folder.write(png, to: "data/\(name)/\(index).png")
      }
    }
    try folder.write(
      """
      parameter classes = 2
      parameter width = 1
      input image: [3, 4, 4]
      flatten
      hidden = fully_connected outputs: round(4 * width)
      relu
      fc = fully_connected outputs: classes

      """, to: "n.network")
  }

  private static let common =
    "data --architecture n.network --batch 8 --augment none --validation 0.25"

  private func tune(_ options: String) throws -> Program.Outcome {
    // Folds leave no share to be kept.
    let common =
      options.contains("--folds")
      ? Self.common.replacing(" --validation 0.25", with: "") : Self.common
    return try folder.bash("\"$PITH\" tune \(common) \(options)")
  }

  @Test func aSearchEndsInAModel() throws {
    let outcome = try tune("--output s --epochs 3 --trials 4")
    #expect(outcome.status == 0)
    #expect(
      outcome.errors.hasPrefix(
        """
        24 images of 3x2x2 in 3 classes
        round 1: 4 trials, learning-rate=0.001..1.0, l2=1e-06..0.01
        trial 
        """))
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines[0].split(separator: " ") == [
        "trial", "round", "learning-rate", "l2", "epochs", "training", "loss", "validation", "loss",
        "state",
      ])
    let table = try folder.text("s/trials.csv")
    let best = try #require(table.split(separator: "\n").dropFirst().first).split(separator: ",")
    #expect(
      outcome.output.hasSuffix(
        """


        best: trial \(best[0]), --learning-rate \(best[2]) --l2 \(best[3])
        next: pith convert s/best -o model.pith

        """))
    #expect(try folder.pith("convert", "s/best", "-o", "m.pith").status == 0)
    #expect(try folder.pith("verify", "m.pith").status == 0)
    let evaluated = try folder.pith("evaluate", "m.pith", "data", "--format", "json", "--quiet")
    #expect(evaluated.status == 0)
    let again = try tune("--output s --epochs 3 --trials 4 --resume --quiet --format csv")
    #expect(again.status == 0)
    #expect(again.output == table)
    #expect(again.errors == "")
  }

  /// What is printed at the end is pasted into a shell.
  @Test(arguments: [
    (
      "--search learning-rate=0.01..0.1 --trials 2 --no-std --seed 3 --resize 2x2 --color bgr --set width=2",
      ["validation: 0.0", "std: false", "seed: 3", "resize: 2x2", "color: bgr", "set: width=2"]
    ),
    (
      "--vary width=1,2 --schedule plateau --loss hinge --init small",
      ["validation: 0.1", "schedule: plateau", "loss: hinge", "init: gaussian=0.01"]
    ),
  ])
  func aSearchWithFoldsEndsInACommandThatTrainsOnAllImages(
    options: String, settings: [String]
  ) throws {
    let outcome = try folder.bash(
      """
      mv data "tom's data"
      "$PITH" tune "tom's data" --architecture n.network --batch 8 --augment none --folds 2 --epochs 2 \
        --output "a search" --quiet \(options)
      """)
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    let next = try #require(lines.last { $0.hasPrefix("next: ") }).dropFirst(6)
    #expect(next.hasPrefix("pith train 'tom'\\''s data' --architecture n.network "))
    let pasted = try folder.bash("pith() { \"$PITH\" \"$@\"; }\n\(next)")
    #expect(pasted.status == 0, "\(next)\n\(pasted.errors)")
    let convert = try #require(pasted.output.split(separator: "\n").last).dropFirst(6)
    #expect(convert == "pith convert 'a search/final' -o model.pith")
    #expect(try folder.bash("pith() { \"$PITH\" \"$@\"; }\n\(convert)").status == 0)
    let configuration = try folder.text("a search/final/configuration.txt").split(separator: "\n")
    // The values of the best trial, too.
    let best = try #require(lines.last { $0.hasPrefix("best: trial ") })
    let values = best.matches(of: /--([a-z-]+) (\S+)/).map {
      $0.1 == "set" ? "set: \($0.2)" : "\($0.1): \($0.2)"
    }
    #expect(!values.isEmpty)
    for line in settings + values + ["epochs: 2", "batch: 8", "augment: none", "folds: none"] {
      #expect(configuration.contains(Substring(line)), "\(line)")
    }
  }

  @Test func aSearchOfFewValuesSaysThatAllHaveBeenTried() throws {
    let outcome = try tune(
      "--output s --epochs 1 --search optimizer=sgd,adam --trials 5 --rounds 3")
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("\nround 1: 2 trials, optimizer=sgd,adam\n"))
    #expect(
      outcome.errors.hasSuffix(
        "\nall combinations have been tried: the search ends after 2 trials\n"))
    #expect(!outcome.errors.contains("round 2"))
  }

  @Test func widthsAreComparedInOneCommand() throws {
    let outcome = try tune("--output s --epochs 2 --vary width=0.5,1,2 --format json")
    #expect(outcome.status == 0)
    let report = try #require(try json(outcome.output) as? [String: Any])
    let trials = try #require(report["trials"] as? [[String: Any]])
    let parameters = trials.map { ($0["values"] as? [String: Any])?["width"] as? Double }
    #expect(parameters.compactMap { $0 }.sorted() == [0.5, 1, 2])
    for trial in trials {
      let width = try #require((trial["values"] as? [String: Any])?["width"] as? Double)
      // 12 inputs, 4 hidden units for each width, 3 classes.
      #expect(trial["parameters"] as? Double == 13 * 4 * width + 3 * (4 * width + 1))
      #expect(trial["validation_accuracy"] is Double)
      #expect(trial["deviation"] is NSNull)
    }
    let best = try #require(report["best"] as? Int)
    #expect(trials[0]["trial"] as? Int == best)
    #expect(folder.exists("s/trials.svg"))
  }

  /// Both ends of each range, whatever the order in which trials end.
  @Test func aGridHasATrialForEachOfItsPoints() throws {
    let outcome = try tune(
      "--output s --epochs 1 --method grid --grid-points 2 --search learning-rate=0.01..1 --search l2=1e-4..1e-2 --format csv --quiet"
    )
    #expect(outcome.status == 0)
    let rows = outcome.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    #expect(
      rows.map { "\($0[0]) \($0[2]) \($0[3]) \($0[4])" }.sorted() == [
        "1 0.01 0.0001 finished", "2 0.01 0.01 finished", "3 1.0 0.0001 finished",
        "4 1.0 0.01 finished",
      ])
  }

  @Test func trialsAreComparedByFolds() throws {
    let outcome = try tune("--output s --epochs 2 --trials 2 --folds 3 --format json")
    #expect(outcome.status == 0)
    let report = try #require(try json(outcome.output) as? [String: Any])
    let trials = try #require(report["trials"] as? [[String: Any]])
    #expect(trials.count == 2 && trials.allSatisfy { $0["deviation"] is Double })
    #expect(outcome.errors.contains(" % right, loss ") && outcome.errors.contains(" % +- "))
    #expect(folder.exists("s/best/fold-3/best.pith"))
  }

  @Test(arguments: [
    (
      "--search l2=0,1e-3 --search l1=0,1e-3 --search momentum=0.5,0.9 --search learning-rate=0.01,0.1 --search label-smoothing=0,0.1",
      "5 hyperparameters in one search, but at most 4 make sense: the trials needed to cover a space multiply with each, and few hyperparameters matter; search the learning rate and regularisation first, fix them, then search others"
    ),
    (
      "--search l2=1e-6..1e-2 --l2 0.1",
      "--l2 is searched; leave it out"
    ),
    (
      "--learning-rate 0.1 --l2 0",
      "--learning-rate and --l2 are given, so nothing is left to search; say what with --search"
    ),
    (
      "--vary width=1,2 --trials 3",
      "--vary compares networks and searches nothing; leave out --trials"
    ),
    (
      "--vary width=1,2 --set width=1",
      "the parameter width is given twice"
    ),
    (
      "--method grid --trials 3",
      "a grid has a trial for each of its points; leave out --trials"
    ),
    (
      (1...7).map { "--vary w\($0)=1,2" }.joined(separator: " "),
      "128 networks: at most 100 are compared"
    ),
    ("--grid-points 3", "--grid-points goes with --method grid"),
    (
      "--search momentum=0.5..0.9 --optimizer adam",
      "momentum is of the optimisers momentum and nesterov, not of adam; leave out one of them"
    ),
    (
      "--search optimizer=adam,nesterov --momentum 0.8",
      "momentum is of the optimisers momentum and nesterov, not of adam; leave out one of them"
    ),
    (
      "--search label-smoothing=0..0.2 --loss hinge",
      "label-smoothing goes with --loss cross-entropy; leave it out"
    ),
    ("--folds 3 --fold 1", "every trial trains all folds; leave out --fold"),
    (
      "--search l2=0..1",
      "the range 0..1 of l2 is searched by orders of magnitude and must begin above 0"
    ),
  ])
  func optionsThatDoNotGoTogetherAreRefused(options: String, message: String) throws {
    let outcome = try tune("--output s \(options)")
    #expect(outcome.status == 2)
    #expect(outcome.errors.split(separator: "\n").first.map(String.init) == "pith: \(message)")
    #expect(!folder.exists("s"))
  }

  @Test func firstWeightsOfAModelAreNotSearched() throws {
    let outcome = try folder.pith(
      "tune", "data", "--from", "m.pith", "--output", "s", "--search", "init=he,xavier")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix(
        "pith: --from takes the weights of the model; leave out --search init\n"))
  }

  @Test func aLaterRoundIsToldInShortNumbers() throws {
    let outcome = try tune("--output s --epochs 1 --trials 4 --rounds 2")
    #expect(outcome.status == 0)
    let line = try #require(
      outcome.errors.split(separator: "\n").first { $0.hasPrefix("round 2: ") })
    #expect(line.contains(", learning-rate=") && line.contains(", l2="))
    #expect(!line.contains(/[0-9]{9}/), "\(line)")
  }

  @Test func helpSaysWhyAndTheDefaults() throws {
    let help = try folder.pith("tune", "--help")
    #expect(help.status == 0)
    let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for text in [
      "How values are chosen (default: random). Few hyperparameters matter, and of so many trials a random search tries as many values of each, a grid far fewer (Bergstra and Bengio 2012).",
      "Trials of each round of a random search (default: 20).",
      "(default: learning-rate from a hundredth to ten times the usual one and l2=1e-6..1e-2, as far as they are not given)",
      "A trial whose loss is not finite or above three times its first is stopped.",
    ] {
      #expect(words.contains(text))
    }
  }

  @Test func aNetworkThatCannotBeMadeIsFoundBeforeTheFirstTrial() throws {
    let outcome = try tune("--output s --vary width=1,-1 --quiet")
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("pith: n.network: "))
    #expect(!folder.exists("s"))
  }

  /// The command is killed again and again, later and later, until it comes to its end.
  @Test func aKilledSearchEndsAsAnUninterruptedOne() throws {
    let options = "--epochs 12 --trials 6 --rounds 2 --parallel 2 --quiet --format csv"
    let whole = try tune("--output whole \(options)")
    #expect(whole.status == 0)
    let outcome = try folder.bash(
      """
      RANDOM=7
      kills=0
      for turn in $(seq 300); do
        resume=$([ -e killed/journal.txt ] && echo --resume)
        "$PITH" tune \(Self.common) --output killed \(options) $resume >table.csv &
        sleep 0.$(printf %03d $((30 + 2 * turn + RANDOM % 150)))
        kill -KILL $! 2>/dev/null
        wait $! 2>/dev/null
        status=$?
        [ $status = 137 ] || break
        kills=$((kills + 1))
      done
      echo "status $status"
      [ $kills -gt 2 ] && echo "several kills"
      cat table.csv
      """)
    #expect(outcome.output == "status 0\nseveral kills\n\(whole.output)")
    func journal(_ name: String) throws -> [Substring] {
      try folder.text("\(name)/journal.txt")
        .split(separator: "\n").sorted()
    }
    #expect(try journal("killed") == journal("whole"))
    for file in ["trials.csv", "trials.svg", "best/best.pith"] {
      #expect(try folder.bytes("killed/\(file)") == folder.bytes("whole/\(file)"))
    }
    #expect(try folder.bash("ls killed/runs | wc -l").output == "1\n")
  }

  @Test func anInterruptedSearchIsStoppedAndGoesOn() throws {
    let outcome = try folder.bash(
      """
      "$PITH" tune \(Self.common) --output s --epochs 100000 --trials 2 --quiet &
      until [ -e s/runs/1/last.pith ]; do sleep 0.05; done; kill -INT $!; wait $!; echo "status $?"
      """)
    #expect(
      outcome.output
        == "trial  round  learning-rate  l2  epochs  training  loss  validation  loss  state\n\n"
        + "stopped after 0 trials\nnext: the same command with --resume\nstatus 4\n")
  }

  /// The reference and the portable kernels are on every processor.
  @Test func otherKernelsAreToldWhenATrialGoesOn() throws {
    func tuned(_ kernels: String, _ more: String) throws -> Program.Outcome {
      try folder.bash(
        """
        lines() { { wc -l <s/runs/1/log.csv; } 2>/dev/null || echo 1; }
        before=$(lines)
        PITH_KERNELS=\(kernels) "$PITH" tune \(Self.common) --output s --epochs 100000 --trials 1 --quiet \
          --search learning-rate=1e-6..1e-5 \(more) &
        until [ $(lines) -gt $before ] || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
        kill -INT $!; wait $!
        """)
    }
    let begun = try tuned("portable", "")
    #expect(begun.status == 4 && begun.errors.isEmpty, "\(begun.errors)")
    #expect(!(try tuned("portable", "--resume")).errors.contains("kernels"))
    let other = try tuned("reference", "--resume")
    #expect(other.status == 4)
    #expect(
      other.errors.split(separator: "\n").contains(
        "pith: trial 1: the run goes on with the reference kernels but was trained with portable before: from here on its bits are not those of a run that was never stopped (PITH_KERNELS=portable would keep them)"
      ), "\(other.errors)")
  }
}
