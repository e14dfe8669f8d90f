import PithTraining

/// The result of `tune` on standard output.
struct SearchReport {
  let search: Search
  let outcome: Search.Outcome
  /// As on the command line.
  let input: TrainingInput
  let folder: String

  func write(_ format: TableFormat) throws {
    let output = StandardOutput()
    switch format {
    case .text: try output.write(text)
    case .csv: try output.write(search.table.csv)
    case .json: try output.write(json.text + "\n")
    }
    try output.flush()
  }

  private var best: Trial? { search.trials.first { $0.score != nil } }

  // MARK: text

  private var text: String {
    let facts = search.comparesNetworks ? ["parameters", "multiply-adds"] : []
    let columns = ["epochs", "training", "loss", "validation", "loss", "state"]
    var table = TextTable(
      [.right, .right] + search.names.map { _ in .right } + facts.map { _ in .right }
        + [.right, .right, .right, .right, .right, .left])
    table.add(["trial", "round"] + search.names + facts + columns)
    for trial in search.trials {
      let network = search.network(of: trial)
      let facts = [Decimal.grouped(network.parameters), Decimal.grouped(network.multiplyAdds)]
      table.add(
        ["\(trial.number)", "\(trial.round)"] + trial.values
          + (search.comparesNetworks ? facts : []) + results(of: trial))
    }
    return table.text + "\n" + end
  }

  private func results(of trial: Trial) -> [String] {
    let numbers =
      trial.score.map { score in
        [
          Decimal.percent(score.trainingAccuracy), Decimal.fixed(score.trainingLoss, 4),
          SearchPrinter.accuracy(score), Decimal.fixed(score.validationLoss, 4),
        ]
      } ?? ["", "", "", ""]
    return ["\(trial.epochs)"] + numbers + [trial.state.rawValue]
  }

  private var end: String {
    if outcome == .stopped {
      let trials = Plural.text(search.trials.count, "trial")
      return "stopped after \(trials)\nnext: the same command with --resume\n"
    }
    guard let best else {
      return "no trial finished: every loss left all bounds; search smaller learning rates\n"
    }
    let next =
      search.options.run.folds == nil
      ? ["pith", "convert", "\(folder)/best", "-o", "model.pith"] : training(best)
    return
      "best: trial \(best.number), \(ShellCommand.text(options(of: best)))\nnext: \(ShellCommand.text(next))\n"
  }

  /// What `pith train` is given for the same network, and for the same hyperparameters.
  private func options(of trial: Trial) -> [String] {
    let values = zip(search.options.spaces, hyperparameters(of: trial))
    return parameters(of: trial) + values.flatMap { ["--\($0.name)", $1] }
  }

  private func parameters(of trial: Trial) -> [String] {
    let count = search.names.count - search.options.spaces.count
    return zip(search.names[..<count], trial.values).flatMap { ["--set", "\($0)=\($1)"] }
  }

  private func hyperparameters(of trial: Trial) -> ArraySlice<String> {
    trial.values.suffix(search.options.spaces.count)
  }

  /// The command that trains a network on the images of all folds, as the trial was trained on some.
  private func training(_ trial: Trial) -> [String] {
    var run = search.options.run
    for (space, value) in zip(search.options.spaces, hyperparameters(of: trial)) {
      try? run.set(space.name, to: value)
    }
    run.folds = nil
    // A schedule that waits for the validation loss needs some images for it.
    if run.schedule != .plateau { run.validation = 0 }
    return ["pith", "train"] + input.arguments(search.data.geometry) + parameters(of: trial)
      + ["--output", "\(folder)/final"] + run.arguments
  }

  // MARK: JSON

  private var json: JSON {
    .object([
      ("outcome", .string(outcome == .finished ? "finished" : "stopped")),
      ("best", best.map { .integer($0.number) } ?? .null),
      ("trials", .array(search.trials.map { json($0) })),
    ])
  }

  private func json(_ trial: Trial) -> JSON {
    let score = trial.score
    let network = search.network(of: trial)
    let facts: [(String, JSON)] = [
      ("parameters", .integer(network.parameters)),
      ("multiply_adds", .integer(network.multiplyAdds)),
    ]
    func number(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
    let values = zip(search.names, trial.values).map { name, value in
      (name, Double(value).map { JSON.double($0) } ?? .string(value))
    }
    return .object(
      [
        ("trial", .integer(trial.number)), ("round", .integer(trial.round)),
        ("values", .object(values)),
      ] + (search.comparesNetworks ? facts : []) + [
        ("state", .string(trial.state.rawValue)), ("epochs", .integer(trial.epochs)),
        ("training_accuracy", number(score?.trainingAccuracy)),
        ("training_loss", number(score?.trainingLoss)),
        ("validation_accuracy", number(score?.validationAccuracy)),
        ("deviation", number(score?.deviation)),
        ("validation_loss", number(score?.validationLoss)),
      ])
  }
}
