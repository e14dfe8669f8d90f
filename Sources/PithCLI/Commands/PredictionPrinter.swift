import Pith

/// Prints what `classify` finds, in one of four forms.
struct PredictionPrinter {
  let format: Classify.Format
  let scores: ScoreKind
  private let output = StandardOutput()
  /// Bars are for people only.
  private let hasBars = StandardOutput.isTerminal
  private var count = 0

  init(format: Classify.Format, scores: ScoreKind) {
    self.format = format
    self.scores = scores
  }

  mutating func begin() throws {
    switch format {
    case .text, .jsonl: break
    case .json: try output.write("[")
    case .csv: try output.write("image,rank,index,label,score,error,code\n")
    }
  }

  /// Prints one image.
  ///
  /// - Parameter labels: the names of the classes, or none.
  mutating func print(
    _ image: String, _ result: Result<[Prediction], PithError>, labels: [String]
  ) throws {
    switch format {
    case .text: try printText(image, result, labels)
    case .json:
      try output.write((count == 0 ? "\n" : ",\n") + Self.row(image, result, labels).text)
    case .jsonl: try output.write(Self.row(image, result, labels).text + "\n")
    case .csv: try printCSV(image, result, labels)
    }
    count += 1
  }

  mutating func end() throws {
    if format == .json { try output.write(count == 0 ? "]\n" : "\n]\n") }
    try output.flush()
  }

  func flush() throws { try output.flush() }

  private static func row(
    _ image: String, _ result: Result<[Prediction], PithError>, _ labels: [String]
  ) -> JSON {
    switch result {
    case .failure(let error):
      return .object([("image", .string(image))] + JSON.errorMembers(error.without(file: image)))
    case .success(let predictions):
      let rows = predictions.map { prediction in
        JSON.object([
          ("index", .integer(prediction.index)),
          ("label", .optional(label(prediction, labels))),
          ("score", .float(prediction.score)),
        ])
      }
      return .object([("image", .string(image)), ("predictions", .array(rows))])
    }
  }

  private func printText(
    _ image: String, _ result: Result<[Prediction], PithError>, _ labels: [String]
  ) throws {
    switch result {
    case .failure(let error):
      // What came before on standard output stands before it on a terminal as well.
      try output.flush()
      Diagnostics.error(error.inFile(image))
    case .success(let predictions):
      var table = TextTable([.left, .right, .left], indentation: 2)
      for prediction in predictions {
        let name = Self.label(prediction, labels) ?? "class \(prediction.index)"
        let score = Double(prediction.score)
        switch scores {
        case .probability:
          table.add([name, Decimal.percent(score), hasBars ? Self.bar(score) : ""])
        case .logit: table.add([name, Decimal.fixed(score, 4), ""])
        }
      }
      try output.write("\(image)\n\(table.text)")
    }
  }

  private func printCSV(
    _ image: String, _ result: Result<[Prediction], PithError>, _ labels: [String]
  ) throws {
    switch result {
    case .failure(let error):
      let text = error.without(file: image).description
      try output.write(
        "\(Self.field(image)),,,,,\(Self.field(text)),\(error.code.rawValue)\n")
    case .success(let predictions):
      for (rank, prediction) in predictions.enumerated() {
        let label = Self.field(Self.label(prediction, labels) ?? "")
        try output.write(
          "\(Self.field(image)),\(rank + 1),\(prediction.index),\(label),\(prediction.score),,\n")
      }
    }
  }

  private static func label(_ prediction: Prediction, _ labels: [String]) -> String? {
    labels.isEmpty ? nil : labels[prediction.index]
  }

  /// Thirty characters for 1, in eighths of a character.
  private static func bar(_ part: Double) -> String {
    let eighths = Int((min(max(part, 0), 1) * 240).rounded())
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String(repeating: "█", count: eighths / 8) + rest
  }

  /// In quotes when it has to be (RFC 4180).
  private static func field(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
    var quoted = "\""
    for character in text.unicodeScalars {
      quoted.unicodeScalars.append(character)
      if character == "\"" { quoted += "\"" }
    }
    return quoted + "\""
  }
}

extension PithError {
  /// The same error without its file when that is `path`, for rows that name the file already.
  func without(file path: String) -> PithError {
    guard file == path else { return self }
    var error = self
    error.file = nil
    return error
  }
}
