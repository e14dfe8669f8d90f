import Pith

extension RunReport {
  /// Up to so many classes there is a table of all their answers.
  private static let greatestTable = 100

  private var images: String {
    split.validation.isEmpty
      ? "training images, unchanged (none are kept for validation)" : "validation images"
  }

  /// What the answers tell about the labels, in bits.
  var answers: String {
    guard let (epoch, summary) = record.answers, let bits = summary.bits else { return "" }
    let short = TrainingWatch.short
    var rows = [
      ["images", "\(summary.images)", ""],
      ["right", TrainingWatch.percent(Double(summary.correct) / Double(summary.images)), ""],
      [
        "among the five best",
        TrainingWatch.percent(Double(summary.amongFive) / Double(summary.images)), "",
      ],
      [
        "cross-entropy", "\(short(bits.crossEntropy)) bits",
        "mean over the images of -log2 p(label)",
      ],
      [
        "entropy of the predictions", "\(short(bits.predictions)) bits",
        "mean over the images of -sum p log2 p over the classes",
      ],
    ]
    if let labels = bits.labels, let information = bits.information {
      rows += [
        [
          "entropy of the labels", "\(short(labels)) bits",
          "-sum s log2 s over the classes' shares s of the images",
        ],
        [
          "information gained about the label", "\(short(information)) bits",
          "entropy of the labels - cross-entropy",
        ],
      ]
    }
    return HTMLPage.paragraph("The \(images), after epoch \(epoch).")
      + HTMLPage.table(nil, rows, left: 3)
  }

  /// Which class was taken for which.
  var mistakes: String {
    guard let (_, summary) = record.answers else { return "" }
    let isSmall = data.classes.count <= Self.greatestTable
    let worst = summary.mistakes(isSmall ? 10 : 30).map {
      [
        "\($0.images)", Markup.escaped(data.classes[$0.right]),
        Markup.escaped(data.classes[$0.answer]),
      ]
    }
    let list =
      worst.isEmpty
      ? HTMLPage.paragraph("There are none.")
      : HTMLPage.table(["images", "class", "taken for"], worst, left: 3)
    return (isSmall ? confusion(summary) : "") + list
  }

  /// A row for each class, a column for each answer; the deeper the colour, the greater the share of the class.
  private func confusion(_ summary: EvaluationSummary) -> String {
    let names = data.classes.map(Markup.escaped)
    var table = "<div class=\"wide\"><table class=\"confusion\">\n<thead><tr><th></th>"
    table += names.map { "<th class=\"turned\">\($0)</th>" }.joined() + "</tr></thead>\n<tbody>\n"
    for (right, row) in summary.confusion.enumerated() {
      let total = max(1, summary.total(right))
      table += "<tr><th class=\"l\">\(names[right])</th>"
      for (answer, count) in row.enumerated() {
        let depth = count == 0 ? 0 : 1 + count * 8 / total
        let shade = depth == 0 ? "" : " class=\"\(answer == right ? "r" : "e")\(depth)\""
        table += "<td\(shade)>\(count == 0 ? "" : "\(count)")</td>"
      }
      table += "</tr>\n"
    }
    return table + "</tbody></table></div>\n"
      + HTMLPage.paragraph("A row is a class, a column an answer.")
  }

  /// Recall and precision of each class.
  var classes: String {
    let training = split.training.reduce(into: [Int](repeating: 0, count: data.classes.count)) {
      $0[data.labels[$1]] += 1
    }
    func share(_ part: Int, _ whole: Int) -> String {
      whole == 0 ? "-" : TrainingWatch.percent(Double(part) / Double(whole))
    }
    let names = data.classes.map(Markup.escaped)
    guard let summary = record.answers?.summary else {
      return HTMLPage.table(
        ["class", "training images"], names.indices.map { [names[$0], "\(training[$0])"] })
    }
    let rows = names.indices.map { index in
      let (right, total) = (summary.confusion[index][index], summary.total(index))
      return [
        names[index], "\(training[index])", "\(total)", share(right, total),
        share(right, summary.answers(index)),
      ]
    }
    return HTMLPage.table(
      ["class", "training images", "images answered", "recall", "precision"], rows)
      + HTMLPage.paragraph(
        "Recall: the share of the class's images that are right. Precision: the share of the answers with this class that are right."
      )
  }
}
