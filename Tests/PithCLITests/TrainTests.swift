import Foundation
import PithTestSupport
import Testing

@Suite struct TrainTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeColors()
    try folder.write(
      """
      parameter classes = 2
      input image: [3, 4, 4]
      flatten
      fc = fully_connected outputs: classes

      """, to: "n.network")
  }

  private func train(_ options: String) throws -> Program.Outcome {
    try folder.bash(
      "\"$PITH\" train data --batch 8 --augment none --no-checks \(options)")
  }

  @Test func aRunBecomesAModelThatIsTrainedFurther() throws {
    let outcome = try train("--architecture n.network --output run --epochs 4 --seed 3")
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("finished after 4 epochs; epoch "))
    #expect(outcome.output.hasSuffix("\nnext: pith convert run -o model.pith\n"))
    #expect(
      outcome.errors.hasPrefix(
        """
        24 images of 3x2x2 in 3 classes
        layer    operation        output  parameters
        flatten  flatten              12
        fc       fully_connected       3          39
        total                                     39

        21 training images, 3 for validation; 4 epochs of 3 steps
        epoch 1/4  loss 
        """))
    let converted = try folder.pith("convert", "run", "-o", "m.pith", "--last")
    #expect(converted.status == 0)
    #expect(converted.errors.hasPrefix("note     the state after epoch 4\n"))
    let evaluated = try folder.pith("evaluate", "m.pith", "data", "--format", "json", "--quiet")
    let report = try #require(try json(evaluated.output) as? [String: Any])
    #expect(report["top1"] as? Double == 1)
    let information = try #require(report["information_bits"] as? Double)
    let crossEntropy = try #require(report["cross_entropy_bits"] as? Double)
    #expect(abs(information + crossEntropy - log2(3)) < 1e-12)
    #expect(try folder.pith("verify", "m.pith").status == 0)
    let own = try folder.pith("convert", "run", "-o", "own.pith", "--sample", "data/red/3.png")
    #expect(own.status == 0)
    #expect(try folder.pith("verify", "own.pith").output.contains("ok  3.png: "))
    let further = try train("--from m.pith --output further --epochs 1 --format json --quiet")
    #expect(further.status == 0)
    let end = try #require(try json(further.output) as? [String: Any])
    #expect(end["outcome"] as? String == "finished")
    #expect(end["accuracy"] as? Double == 1)
  }

  @Test func aResumedRunTakesEverythingFromItsFolder() throws {
    _ = try train("--architecture n.network --output run --epochs 2 --quiet")
    let mixed = try folder.pith(
      "train", "data", "--output", "run", "--resume", "--epochs", "3", "--l2", "0")
    #expect(mixed.status == 2)
    #expect(
      mixed.errors.hasPrefix(
        "pith: --resume takes everything from the run; leave out --epochs, --l2\n"))
    let again = try folder.pith("train", "data", "--output", "run", "--resume", "--quiet")
    #expect(again.status == 0)
    #expect(again.output.hasPrefix("finished after 2 epochs; "))
    let twice = try train("--architecture n.network --output run --quiet")
    #expect(twice.status == 2)
    #expect(
      twice.errors
        == "pith: run: there is a run in this folder; go on with it by --resume, or choose another folder\n"
    )
  }

  /// 21 training images leave a last batch of 5, in passes of 3 and 2 images.
  @Test func accumulatedPassesAddUpToTheirBatch() throws {
    var losses: [[Double]] = []
    for (index, options) in ["", "--accumulate 3"].enumerated() {
      let network = "--architecture n.network --epochs 3 --output run\(index)"
      #expect(try train("\(network) --quiet \(options)").status == 0)
      let log = try String(decoding: folder.bytes("run\(index)/log.csv"), as: UTF8.self)
      losses.append(
        try log.split(separator: "\n").dropFirst().map {
          try #require(Double($0.split(separator: ",")[3]))
        })
    }
    #expect(losses[0].count == 3)
    for (whole, parts) in zip(losses[0], losses[1]) { #expect(abs(whole - parts) < 1e-6 * whole) }
  }

  @Test func weightsThatL1MakesZeroShrinkTheFile() throws {
    try folder.write(
      """
      parameter classes = 2
      input image: [3, 2, 2]
      flatten
      fully_connected outputs: 512
      relu
      fully_connected outputs: classes

      """, to: "wide.network")
    var sizes: [Int] = []
    for (index, l1) in ["0", "0.1"].enumerated() {
      let outcome = try train(
        "--architecture wide.network --output run\(index) --epochs 20 --l2 0 --l1 \(l1)")
      #expect(outcome.status == 0)
      let last = try #require(outcome.errors.split(separator: "\n").last)
      #expect(last.contains("  zero weights ") == (l1 != "0"))
      #expect(
        try folder.pith("convert", "run\(index)", "-o", "\(index).pith", "--last").status == 0)
      sizes.append(try folder.bytes("\(index).pith").count)
    }
    #expect(sizes[1] < sizes[0] * 2 / 3, "\(sizes)")
  }

  @Test func aTerminalShowsABarWhileAnEpochRuns() throws {
    let command =
      "\\\"$PITH\\\" train data --architecture n.network --output run --epochs 1000 --batch 8 --no-checks"
    let outcome = try folder.bash("script --quiet --return --command \"\(command)\" log </dev/null")
    #expect(outcome.status == 0)
    let line =
      #/\repoch \d+\/1000 [█░]{20} loss \d+\.\d{4} accuracy [\d.]+ % \d+ images\/s \d+:\d\d left/#
    #expect(outcome.output.replacing("\u{1B}[K", with: "").contains(line))
    #expect(outcome.output.contains("epoch 1000/1000  loss "))
    let elsewhere = try train("--architecture n.network --output other --epochs 1")
    #expect(!elsewhere.errors.contains("\r"))
  }

  @Test func interruptedRunsAreSaved() throws {
    let outcome = try folder.bash(
      """
      "$PITH" train data --architecture n.network --output run --epochs 100000 --batch 8 --no-checks --quiet &
      until [ -e run/last.pith ]; do sleep 0.05; done; kill -INT $!; wait $!; echo "status $?"; ls run
      """)
    #expect(outcome.output.hasPrefix("stopped after "))
    #expect(outcome.output.contains("\nnext: pith train data --output run --resume\nstatus 4\n"))
    #expect(
      outcome.output.hasSuffix(
        "best.pith\nconfiguration.txt\nlast.pith\nlog.csv\nrecord.tsv\nreport.html\n"))
  }

  @Test func foldsAreTrainedOneAfterTheOther() throws {
    let outcome = try train(
      "--architecture n.network --output cv --epochs 2 --folds 4 --quiet")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\n4 folds finished: "))
    #expect(folder.exists("cv/fold-4/best.pith"))
    let again = try folder.pith(
      "train", "data", "--output", "cv", "--resume", "--quiet", "--format", "json")
    #expect(again.status == 0)
    let report = try #require(try json(again.output) as? [String: Any])
    let accuracies = try #require(report["folds"] as? [[String: Any]])
      .compactMap { $0["accuracy"] as? Double }
    #expect(accuracies.count == 4)
    let mean = accuracies.reduce(0, +) / 4
    let squares = accuracies.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    #expect(abs(try #require(report["mean_accuracy"] as? Double) - mean) < 1e-12)
    #expect(abs(try #require(report["deviation"] as? Double) - (squares / 3).squareRoot()) < 1e-12)
    #expect(report["finished"] as? Int == 4 && report["diverged"] as? Int == 0)
    _ = try train("--architecture n.network --output single --epochs 1 --quiet")
    let beside = try train("--architecture n.network --output single --epochs 1 --folds 3 --quiet")
    #expect(beside.status == 2)
    #expect(beside.errors.hasPrefix("pith: single: there is a run in this folder; "))
  }

  /// Every fold diverges in its first steps; the others are trained all the same.
  @Test func aFoldThatDivergesIsNotCounted() throws {
    let lost = try train(
      "--architecture n.network --output cv --epochs 2 --folds 3 --quiet --schedule constant --learning-rate 1e30"
    )
    #expect(lost.status == 4)
    #expect(
      lost.output
        == (1...3).map {
          "diverged after 0 epochs; no epoch is done\nnext: what was saved before is in cv/fold-\($0)\n"
        }.joined() + "0 folds finished; 3 diverged\n")
    // One that finishes with another rate in the place of the second.
    let mended = try folder.bash(
      """
      rm -r cv/fold-2
      "$PITH" train data --batch 8 --augment none --no-checks --architecture n.network \
        --output cv/fold-2 --epochs 2 --folds 3 --fold 2 --quiet >/dev/null
      "$PITH" train data --output cv --resume --quiet
      """)
    #expect(mended.status == 4)
    #expect(mended.output.contains("\n1 fold finished: "))
    #expect(mended.output.hasSuffix(" right on average; 2 diverged\n"))
  }

  @Test func foldsThatWereStoppedGoOnTogether() throws {
    let options = "data --batch 8 --augment none --architecture n.network --folds 3 --no-checks"
    let stopped = try folder.bash(
      """
      "$PITH" train \(options) --output cv --epochs 100000 --quiet &
      until [ -e cv/fold-1/best.pith ]; do sleep 0.05; done; kill -INT $!; wait $!; echo "status $?"
      """)
    #expect(
      stopped.output.contains("\nnext: pith train data --output cv --resume\n0 folds finished\n"))
    #expect(stopped.output.hasSuffix("status 4\n"))
    for fold in 1...3 { #expect(folder.exists("cv/fold-\(fold)/last.pith")) }
    // A fold that was begun only goes on as if it had not been stopped.
    let whole = try folder.bash("\"$PITH\" train \(options) --output whole --epochs 3 --quiet")
    #expect(whole.status == 0)
    let parts = try folder.bash(
      """
      "$PITH" train \(options) --output parts --epochs 3 --quiet &
      until [ -e parts/fold-3/last.pith ]; do sleep 0.01; done; kill -KILL $!; wait $! 2>/dev/null
      "$PITH" train data --output parts --resume --no-checks --quiet
      """)
    #expect(parts.status == 0)
    #expect(parts.output == whole.output.replacing("whole", with: "parts"))
    for fold in 1...3 {
      #expect(
        try folder.bytes("parts/fold-\(fold)/last.pith")
          == folder.bytes("whole/fold-\(fold)/last.pith"))
    }
  }

  /// Before anything is written.
  @Test func whatCannotBeTrainedIsRefusedAtOnce() throws {
    try folder.write(
      """
      parameter classes = 2
      input image: [3, 2, 2]
      flatten
      fully_connected outputs: 8
      batch_norm
      relu
      fully_connected outputs: classes

      """, to: "norm.network")
    for (options, message) in [
      (
        "--architecture n.network --folds 9",
        "9 folds of classes that have at most 8 images: some folds would have none to be judged by; choose at most 8 folds"
      ),
      (
        "--architecture n.network --schedule plateau --validation 0",
        "the schedule plateau follows the validation loss, but no image is kept for validation; keep some (--validation), or choose another schedule"
      ),
      (
        "--architecture norm.network --batch 1",
        "a pass of one image gives each channel one value, which has no variance; choose batches so that no pass has a single image left"
      ),
      (
        "--architecture norm.network --batch 3 --accumulate 2",
        "a pass of one image gives each channel one value, which has no variance; choose batches so that no pass has a single image left"
      ),
    ] {
      let outcome = try folder.bash(
        "\"$PITH\" train data --augment none --output refused --quiet \(options)")
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(!folder.exists("refused"))
    }
  }

  /// Memory is for the images that there are, and what no memory holds is refused.
  @Test func memoryFollowsTheImages() throws {
    let large = try train(
      "--architecture n.network --output large --epochs 1 --batch 65536 --quiet")
    #expect(large.status == 0)
    try folder.write(
      "parameter classes = 2\ninput image: [3, 2, 2]\nflatten\nfully_connected outputs: 1000000\nrelu\nfully_connected outputs: 1000000\nrelu\nfully_connected outputs: classes\n",
      to: "huge.network")
    let huge = try train("--architecture huge.network --output huge --epochs 1 --quiet")
    #expect(huge.status == 2)
    #expect(
      huge.errors.contains(" MB of memory are free; choose a smaller batch, "), "\(huge.errors)")
    #expect(!folder.exists("huge"))
  }

  /// Killed before its first step, a run is looked at when it goes on; interrupted while it is looked at, it stops.
  @Test func checksAreMadeOnce() throws {
    let begin =
      "\"$PITH\" train data --architecture n.network --epochs 2 --batch 8 --learning-rate 100 --output run"
    let killed = try folder.bash(
      """
      \(begin) & until [ -e run/last.pith ]; do sleep 0.01; done; kill -INT $!; wait $!; echo "status $?"
      """)
    #expect(killed.output.hasSuffix("status 4\n") || killed.output.hasSuffix("status 0\n"))
    let resumed = try folder.pith("train", "data", "--resume")
    let record = try String(decoding: folder.bytes("run/record.tsv"), as: UTF8.self)
    #expect(
      record.split(separator: "\n").count { $0.hasPrefix("handful\t") } == 1, "\(resumed.errors)")
    let sentences = record.split(separator: "\n").filter { $0.contains("is too large") }
    #expect(sentences.count <= 1)
    let page = try String(decoding: folder.bytes("run/report.html"), as: UTF8.self)
    #expect(page.contains("Before the first step"))
  }

  @Test func sigmoidsAreNotTrainedAsOneClass() throws {
    try folder.write(TestContent.model(output: .sigmoid), to: "s.pith")
    let outcome = try train("--from s.pith --output run --epochs 1")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.contains("the outputs of the model are sigmoids, each a class by itself"))
    #expect(!folder.exists("run"))
  }

  /// A softmax on them would be that of probabilities, and nobody would see.
  @Test func probabilitiesAreNotTrainedAsLogits() throws {
    try folder.write(TestContent.model(output: .probabilities), to: "p.pith")
    for command in ["train", "tune"] {
      let outcome = try folder.pith(command, "data", "--from", "p.pith", "--output", "run")
      #expect(outcome.status == 2)
      #expect(
        outcome.errors.split(separator: "\n").last
          == "pith: the outputs of the model are probabilities, but its last layer 'linear' (fully_connected) is no softmax: the logits that training needs are not known; convert it again with --output logits if that is what they are, or without what makes probabilities of them"
      )
      #expect(!folder.exists("run"))
    }
  }

  @Test func aNetworkIsNeeded() throws {
    let outcome = try folder.pith("train", "data")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix(
        "pith: give --architecture, or --from to train a model further\n"))
    let shifted = try train("--architecture n.network --output run --warm-up -1")
    #expect(shifted.status == 2)
    #expect(!folder.exists("run"))
  }

  @Test func gradientsOfANetworkAreChecked() throws {
    let outcome = try folder.pith("gradcheck", "n.network", "--format", "json")
    #expect(outcome.status == 0)
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(report["verdict"] as? String == "right")
    #expect(try #require(report["error"] as? Double) < 1e-6)
    #expect((report["tensors"] as? [[String: Any]])?.first?["name"] as? String == "fc.weight")
  }

  /// Of a derivative at a kink nothing can be said; that is no success.
  @Test func gradientsThatWereNotComparedAreNotRight() throws {
    try folder.write(
      "input image: [3, 4, 4]\nflatten\nfully_connected outputs: 2\nrelu\nfully_connected outputs: 2\n",
      to: "kinks.network")
    var verdicts: [String: Int32] = [:]
    for seed in 1...40 {
      let outcome = try folder.pith(
        "gradcheck", "kinks.network", "--coordinates", "1", "--seed", "\(seed)", "--format", "json")
      let report = try #require(try json(outcome.output) as? [String: Any])
      let tensors = try #require(report["tensors"] as? [[String: Any]])
      let isComplete = tensors.allSatisfy { $0["checked"] as? Int != 0 }
      #expect((report["verdict"] as? String == "unchecked") == !isComplete)
      verdicts[try #require(report["verdict"] as? String)] = outcome.status
    }
    #expect(verdicts["right"] == 0)
    #expect(verdicts["unchecked"] ?? 4 == 4)
  }

  @Test func theConfigurationSaysAllThatARunDependsOn() throws {
    try folder.write(
      """
      parameter classes = 2
      parameter width = 1
      input image: [3, 4, 4]
      flatten
      hidden = fully_connected outputs: round(4 * width)
      fc = fully_connected outputs: classes

      """, to: "w.network")
    let begun = try train(
      "--architecture w.network --set width=0.5 --output run --epochs 1 --quiet --resize 6 --crop 4x3 --color bgr"
    )
    #expect(begun.status == 0)
    func configuration(_ run: String) throws -> [Substring] {
      try String(decoding: folder.bytes("\(run)/configuration.txt"), as: UTF8.self)
        .split(separator: "\n")
    }
    let lines = try configuration("run")
    for line in [
      "data: data", "architecture: w.network", "set: width=0.5", "color: bgr", "resize: 6",
      "crop: 4x3", "interpolation: bilinear", "epochs: 1", "augment: none",
    ] {
      #expect(lines.contains(Substring(line)), "\(line)")
    }
    #expect(!lines.contains { $0.hasPrefix("from: ") })
    #expect(try folder.pith("convert", "run", "-o", "m.pith").status == 0)
    #expect(try train("--from m.pith --output further --epochs 1 --quiet").status == 0)
    let further = try configuration("further")
    #expect(further.contains("from: m.pith") && further.contains("color: bgr"))
    #expect(further.contains("resize: 6"))
    // What a model was there for.
    let unused = ["init", "mean", "std"]
    for name in unused {
      #expect(lines.contains { $0.hasPrefix("\(name): ") })
      #expect(!further.contains { $0.hasPrefix("\(name): ") }, "\(name)")
    }
    #expect(try folder.pith("train", "data", "--output", "further", "--resume").status == 0)
    #expect(try folder.pith("convert", "further", "-o", "f.pith").status == 0)
    let training = try folder.pith("inspect", "f.pith").output.split(separator: "\n")
      .filter { $0.contains(" epochs, ") }
    #expect(training.count == 1)
    #expect(training.allSatisfy { $0.contains(", momentum 0.9, ") })
    for name in unused { #expect(training.allSatisfy { !$0.contains(", \(name) ") }, "\(name)") }
  }

  /// The reference and the portable kernels are on every processor.
  @Test func otherKernelsAreToldWhenARunGoesOn() throws {
    let options = "--output run --quiet"
    func trained(_ kernels: String, _ options: String) throws -> Program.Outcome {
      try folder.bash(
        """
        lines() { { wc -l <run/log.csv; } 2>/dev/null || echo 1; }
        before=$(lines)
        PITH_KERNELS=\(kernels) "$PITH" train data \(options) &
        until [ $(lines) -gt $before ] || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
        kill -INT $!; wait $!
        """)
    }
    let begun = try trained(
      "portable",
      "--architecture n.network --epochs 100000 --batch 8 --learning-rate 1e-5 --no-checks \(options)"
    )
    #expect(begun.output.hasPrefix("stopped after "), "\(begun.errors)")
    #expect(try folder.text("run/configuration.txt").contains("\nkernels: portable\n"))
    let same = try trained("portable", "--resume \(options)")
    #expect(!same.errors.contains("kernels"))
    let sentence =
      "the run goes on with the reference kernels but was trained with portable before: from here on its bits are not those of a run that was never stopped (PITH_KERNELS=portable would keep them)"
    let other = try trained("reference", "--resume \(options)")
    #expect(other.status == 4)
    #expect(other.errors.split(separator: "\n").contains("pith: \(sentence)"))
    #expect(try folder.text("run/report.html").contains(sentence))
    let again = try trained("reference", "--resume \(options)")
    #expect(!again.errors.contains("kernels"))
    #expect(try folder.text("run/report.html").contains(sentence), "it stays in the record")
    #expect(try folder.pith("convert", "run", "--last", "-o", "m.pith").status == 0)
    let inspected = try folder.pith("inspect", "m.pith").output
    #expect(
      inspected.contains(", kernels reference, ") && inspected.contains("other-kernels portable"))
  }

  @Test func helpSaysWhatTheSameBitsNeed() throws {
    let words = try folder.pith("train", "--help").output.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    for text in [
      "--resume Go on with the run in --output, bit for bit where it was trained with the same kernels.",
      "goes on bit for bit, on any number of threads, with the same kernels.",
    ] {
      #expect(words.contains(text), "\(text)")
    }
  }

  /// There are no images here: what is said comes before they are looked for.
  @Test func mistakesAreFoundBeforeImagesAreRead() throws {
    func message(_ options: String) throws -> Substring? {
      let outcome = try folder.bash("\"$PITH\" \(options)")
      #expect(outcome.status == 2)
      return outcome.errors.split(separator: "\n").first
    }
    try folder.write("", to: "cv/fold-2/last.pith")
    let network = "--architecture n.network"
    #expect(
      try message("train none \(network) --folds 2 --output cv")
        == "pith: cv/fold-2: there is a run in this folder; go on with it by --resume, or choose another folder"
    )
    for command in ["train", "tune"] {
      #expect(
        try message("\(command) none --architecture other.network --output run")?
          .hasPrefix("pith: other.network: ") == true)
      #expect(
        try message("\(command) none --architecture resnet21-cifar --output run")?
          .hasPrefix("pith: the architecture 'resnet21-cifar' is not known; known are ") == true)
      #expect(
        try message("\(command) none \(network) --set width=2 --output run")?
          .hasPrefix("pith: n.network: ") == true)
    }
    #expect(!folder.exists("run"))
  }

  @Test func everyLossAndRegularizerIsChecked() throws {
    var gradients: [Double] = []
    for options in [
      "", "--loss hinge", "--label-smoothing 0.1", "--l2 0", "--l1 0.01", "--loss hinge --l1 0.1",
    ] {
      let outcome = try folder.bash("\"$PITH\" gradcheck n.network --format json \(options)")
      #expect(outcome.status == 0)
      let report = try #require(try json(outcome.output) as? [String: Any])
      #expect(report["verdict"] as? String == "right")
      let weights = try #require((report["tensors"] as? [[String: Any]])?.first)
      #expect(try #require(weights["checked"] as? Int) > 0)
      gradients.append(try #require(weights["analytic"] as? Double))
    }
    #expect(Set(gradients).count == gradients.count, "each is another function")
    for (options, message) in [
      (
        "--loss hinge --label-smoothing 0.1", "--label-smoothing goes with --loss cross-entropy"
      ), ("--l1=-1", "--l1 and --l2 must be finite and not negative"),
    ] {
      let outcome = try folder.bash("\"$PITH\" gradcheck n.network \(options)")
      #expect(outcome.status == 2)
      #expect(outcome.errors.hasPrefix("pith: \(message)\n"))
    }
  }

  @Test(arguments: [
    (
      "--from m.pith --init he --color gray --resize 4x4 --alpha drop --no-std",
      "--from takes the weights and the recipe of the model; leave out --init, --no-std, --color, --resize, --alpha"
    ),
    (
      "--resume --fold 2 --folds 3 --crop 2 --alpha 1,2,3",
      "--resume takes everything from the run; leave out --folds, --fold, --crop, --alpha"
    ),
    (
      "--architecture n.network --optimizer adam --momentum 0.8",
      "--momentum goes with the optimisers momentum and nesterov, not with adam"
    ),
    (
      "--architecture n.network --loss hinge --label-smoothing 0.1",
      "--label-smoothing goes with --loss cross-entropy"
    ),
    (
      "--architecture n.network --folds 3 --validation 0.2",
      "with --folds a fold is kept for validation; leave out --validation"
    ),
  ])
  func optionsThatWouldDoNothingAreRefused(options: String, message: String) throws {
    let outcome = try folder.bash("\"$PITH\" train data --output run \(options)")
    #expect(outcome.status == 2)
    #expect(outcome.errors.split(separator: "\n").first.map(String.init) == "pith: \(message)")
    #expect(!folder.exists("run"))
  }

  @Test func wrongUsageIsToldAsJSONToo() throws {
    for format in ["--format json", "--format=json"] {
      let outcome = try folder.bash("\"$PITH\" train data --output run \(format)")
      #expect(outcome.status == 2)
      let last = try #require(outcome.errors.split(separator: "\n").last)
      let report = try #require(try json(String(last)) as? [String: Any])
      #expect(
        report["error"] as? String == "give --architecture, or --from to train a model further")
      #expect(report["code"] is Int)
    }
    let text = try folder.bash("\"$PITH\" train data --output run")
    #expect(!text.errors.contains("{"))
  }
}
