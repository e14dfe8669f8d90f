import Pith
import PithFiles
import PithTensor

/// What a run has found out that neither its log nor its states say: the report shows it, of a run that was resumed too.
struct RunRecord: Sendable {
  /// What the checks before the first step found; nil: they were left out.
  var start: StartReport?
  /// With the epoch in which they were said, from 1; 0: before the first step.
  private(set) var diagnoses: [(epoch: Int, diagnosis: Diagnosis)] = []
  /// The answers of the best epoch on the images that it was judged by, or of the last one on the training images when none
  /// are kept for validation.
  var answers: (epoch: Int, summary: EvaluationSummary)?

  init() {}

  /// The record of a run that goes on; empty when there is none.
  ///
  /// - Parameter epochs: those that are done.
  /// - Throws: ``PithError`` with the path.
  init(resuming path: String, epochs: Int, classes: Int) throws {
    guard FileBytes.isRegularFile(path) else {
      self.init()
      return
    }
    let bytes = try FileBytes.read(path, limit: 1 << 28)
    do {
      try self.init(String(decoding: bytes, as: UTF8.self), epochs: epochs, classes: classes)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  func save(to path: String) throws { try FileBytes.replace(path, with: Array(text.utf8)) }

  mutating func say(_ diagnosis: Diagnosis, epoch: Int) {
    diagnoses.append((epoch, diagnosis))
  }
}

/// The record as text: a line for each finding, its fields apart by tabs, the first of them the kind.
extension RunRecord {
  /// Reading what was written gives the same record.
  var text: String {
    var lines: [[String]] = []
    if let start {
      let handful = start.handful
      lines.append(["start", "\(start.initialLoss)", "\(start.penalty)", "\(start.guessingLoss)"])
      lines.append([
        "handful", "\(handful.images)", "\(handful.steps)", "\(handful.loss)",
        "\(handful.correct)", "\(handful.isConclusive)",
      ])
      lines += start.range.points.map { ["rate", "\($0.rate)", "\($0.loss)"] }
      lines += start.layers.map(Self.line)
    }
    lines += diagnoses.map { epoch, diagnosis in
      ["diagnosis", "\(epoch)", diagnosis.kind.rawValue, diagnosis.sentence]
    }
    if let (epoch, summary) = answers {
      lines.append([
        "answers", "\(epoch)", "\(summary.confusion.count)", "\(summary.amongFive)",
        "\(summary.lossSum)", "\(summary.entropySum)",
      ])
      for (right, row) in summary.confusion.enumerated() {
        for (answer, count) in row.enumerated() where count > 0 {
          lines.append(["answered", "\(right)", "\(answer)", "\(count)"])
        }
      }
    }
    return lines.map { $0.joined(separator: "\t") + "\n" }.joined()
  }

  private static func line(_ layer: LayerStatistics) -> [String] {
    let (values, gradient) = (layer.values, layer.gradient)
    let moments = [
      values.mean, values.standardDeviation, gradient.mean, gradient.standardDeviation,
    ]
    let shares = [layer.dead, layer.saturated]
    return ["layer", layer.layer, layer.operation] + moments.map { "\($0)" }
      + shares.map { share in share.map { "\($0)" } ?? "none" }
  }

  /// Reads ``text``.
  ///
  /// - Parameters:
  ///   - epochs: those that are done; what was found later will be found again, but for a change of kernels.
  ///   - classes: how many there are.
  /// - Throws: ``PithError`` with the code `malformedCheckpoint` and the number of the line.
  init(_ text: String, epochs: Int, classes: Int) throws {
    var reader = Reader(classes: classes)
    for (number, line) in text.split(separator: "\n").enumerated() {
      guard reader.read(line.split(separator: "\t", omittingEmptySubsequences: false)) else {
        throw PithError(
          .malformedCheckpoint, "line \(number + 1) of the record of the run makes no sense",
          advice: "remove the file to go on without what was found before")
      }
    }
    diagnoses = reader.diagnoses.filter {
      $0.epoch <= epochs || $0.diagnosis.kind == .otherKernels
    }
    if let answers = reader.summary, answers.epoch <= epochs { self.answers = answers }
    start = reader.start(diagnoses.filter { $0.epoch == 0 }.map(\.diagnosis))
  }

  /// What the lines so far say.
  private struct Reader {
    let classes: Int
    var diagnoses: [(epoch: Int, diagnosis: Diagnosis)] = []
    private var losses: [Double]?
    private var handful: StartReport.Handful?
    private var points: [RateRange.Point] = []
    private var layers: [LayerStatistics] = []
    private var answers: (epoch: Int, amongFive: Int, sums: [Double])?
    private var confusion: [[Int]]

    init(classes: Int) {
      self.classes = classes
      confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    }

    func start(_ diagnoses: [Diagnosis]) -> StartReport? {
      guard let losses, let handful else { return nil }
      return StartReport(
        initialLoss: losses[0], penalty: losses[1], guessingLoss: losses[2], handful: handful,
        range: RateRange(points: points), layers: layers, diagnoses: diagnoses)
    }

    var summary: (epoch: Int, summary: EvaluationSummary)? {
      answers.map {
        (
          $0.epoch,
          EvaluationSummary(
            meaning: .logits, confusion: confusion, amongFive: $0.amongFive, lossSum: $0.sums[0],
            entropySum: $0.sums[1])
        )
      }
    }

    /// False when the line makes no sense.
    mutating func read(_ fields: [Substring]) -> Bool {
      let reals = fields.dropFirst().map { Double($0) }
      let counts = reals.map { $0.flatMap { Int(exactly: $0) } }
      let numbers = reals.compactMap { $0 }
      switch (fields[0], fields.count) {
      case ("start", 4) where numbers.count == 3: losses = numbers
      case ("rate", 3) where numbers.count == 2:
        points.append(RateRange.Point(rate: numbers[0], loss: numbers[1]))
      case ("handful", 6):
        guard let images = counts[0], let steps = counts[1], let loss = reals[2],
          let correct = counts[3], let isConclusive = Bool(String(fields[5]))
        else { return false }
        handful = StartReport.Handful(
          images: images, steps: steps, loss: loss, correct: correct, isConclusive: isConclusive)
      case ("layer", 9):
        let moments = reals[2..<6].compactMap { $0 }
        guard moments.count == 4 else { return false }
        layers.append(
          LayerStatistics(
            layer: String(fields[1]), operation: String(fields[2]),
            values: .init(mean: moments[0], standardDeviation: moments[1]),
            gradient: .init(mean: moments[2], standardDeviation: moments[3]), dead: reals[6],
            saturated: reals[7]))
      case ("diagnosis", 4):
        guard let epoch = counts[0], let kind = Diagnosis.Kind(rawValue: String(fields[2])) else {
          return false
        }
        diagnoses.append((epoch, Diagnosis(kind, String(fields[3]))))
      case ("answers", 6):
        guard let epoch = counts[0], counts[1] == classes, let amongFive = counts[2],
          let loss = reals[3], let entropy = reals[4]
        else { return false }
        answers = (epoch, amongFive, [loss, entropy])
      case ("answered", 4):
        guard let right = counts[0], let answer = counts[1], let count = counts[2],
          0..<classes ~= right, 0..<classes ~= answer, 0...1 << 40 ~= count
        else { return false }
        confusion[right][answer] = count
      default: return false
      }
      return true
    }
  }
}
