extension RunReport {
  /// How loss, accuracy, learning rate and update ratio went from epoch to epoch.
  var curves: String {
    guard epochsDone > 0 else { return "" }
    let plots = [
      plot("Loss", "loss", [("training", "training_loss"), ("validation", "validation_loss")]),
      plot(
        "Accuracy", "share of images that are right",
        [("training", "training_accuracy"), ("validation", "validation_accuracy")]),
      plot("Learning rate", "rate", [("", "learning_rate")]),
      plot(
        "Change of the weights in a step, over their size", "ratio", [("", "update_ratio")],
        isLogarithmic: true),
    ]
    return "<div class=\"plots\">\n\(plots.map(\.svg).joined())</div>\n"
      + HTMLPage.paragraph(
        "Training images are counted as they were trained on: changed by augmentation, each before its step. About 0.001 is usual for the change of the weights in a step."
      )
  }

  private func plot(
    _ title: String, _ unit: String, _ columns: [(name: String, column: String)],
    isLogarithmic: Bool = false
  ) -> Plot {
    let series = columns.map {
      Plot.Series(name: $0.name, style: .line, points: log.points($0.column))
    }
    return Plot(
      title: title, horizontal: Plot.Axis(title: "epoch"),
      vertical: Plot.Axis(title: unit, isLogarithmic: isLogarithmic),
      series: series.filter { !$0.points.isEmpty })
  }

  /// What the checks before the first step have found.
  var start: String {
    guard let start = record.start else { return "" }
    let (handful, short) = (start.handful, TrainingWatch.short)
    let points = start.range.points.map { (x: $0.rate, y: $0.loss) }
    let used = points.min { abs($0.x - rate) < abs($1.x - rate) }.map { [(x: rate, y: $0.y)] }
    let plot = Plot(
      title: "Loss against learning rate",
      horizontal: Plot.Axis(title: "learning rate", isLogarithmic: true),
      vertical: Plot.Axis(title: "loss", isLogarithmic: true),
      series: [
        Plot.Series(name: "range test", style: .line, points: points),
        Plot.Series(name: "the run's highest rate", style: .points, points: used ?? []),
      ])
    return HTMLPage.list([
      "The loss at the start is \(short(start.initialLoss)); a network that only guesses has \(short(start.guessingLoss)). Regularisation adds \(short(start.penalty)).",
      "A handful of \(handful.images) images: \(handful.correct) right after \(handful.steps) steps, loss \(short(handful.loss)).",
      start.range.steepest.map { "The loss falls fastest at the learning rate \(short($0))." }
        ?? "The loss falls at no learning rate.",
    ]) + plot.svg
  }

  private var rate: Double { options.usedLearningRate }
}
