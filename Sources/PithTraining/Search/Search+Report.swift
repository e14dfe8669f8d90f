import PithFiles

extension Search {
  /// Writes the table and the plots of the trials that have ended.
  func writeReport(of trials: [Trial]) throws {
    try FileBytes.replace(folder.table, with: Array(table(of: trials).csv.utf8))
    try FileBytes.replace(folder.plot, with: Array(Plot.column(plots(of: trials)).utf8))
  }

  /// Each hyperparameter against the accuracy, with logarithmic axes where it is sampled so; or networks' sizes.
  private func plots(of trials: [Trial]) -> [Plot] {
    if comparesNetworks {
      let axis = Plot.Axis(title: "parameters", isLogarithmic: true)
      return [plot(of: trials, axis) { Double(network(of: $0).parameters) }]
    }
    let first = names.count - options.spaces.count
    return options.spaces.enumerated().map { index, space in
      plot(of: trials, space.axis) { space.place(of: $0.values[first + index]) }
    }
  }

  private func plot(
    of trials: [Trial], _ axis: Plot.Axis, place: (Trial) -> Double?
  ) -> Plot {
    func series(_ name: String, _ path: KeyPath<Trial.Score, Double>) -> Plot.Series {
      let points = trials.compactMap { trial in
        trial.score.flatMap { score in place(trial).map { (x: $0, y: score[keyPath: path]) } }
      }
      return Plot.Series(
        name: name, style: .points, points: points.sorted { ($0.x, $0.y) < ($1.x, $1.y) })
    }
    return Plot(
      title: axis.title, horizontal: axis, vertical: Plot.Axis(title: "accuracy"),
      series: [
        series("validation", \.validationAccuracy), series("training", \.trainingAccuracy),
      ])
  }
}

extension SearchSpace {
  /// Choices have the numbers that the title gives them.
  fileprivate var axis: Plot.Axis {
    switch values {
    case .logarithmic, .powersOfTwo: Plot.Axis(title: name, isLogarithmic: true)
    case .linear: Plot.Axis(title: name)
    case .choices(let choices):
      Plot.Axis(
        title: "\(name): "
          + choices.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: ", "))
    }
  }

  fileprivate func place(of value: String) -> Double? {
    switch values {
    case .logarithmic, .linear, .powersOfTwo: Double(value)
    case .choices: position(of: value).map { $0 + 1 }
    }
  }
}
