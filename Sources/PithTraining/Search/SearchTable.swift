/// The trials of a search as rows of texts, the best first.
public struct SearchTable: Sendable, Hashable {
  /// `trial`, `round`, the names of values, when networks are compared `parameters` and `multiply_adds`, then `state`, `epochs`,
  /// `training_accuracy`, `training_loss`, `validation_accuracy`, `deviation` and `validation_loss`.
  public let columns: [String]
  /// What there is not is empty.
  public let rows: [[String]]

  /// Comma-separated values (RFC 4180, with line feeds).
  public var csv: String {
    ([columns] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}

extension Search {
  /// The table of the trials that have ended.
  public var table: SearchTable { table(of: trials) }

  /// Whether networks are compared.
  public var comparesNetworks: Bool { networks.count > 1 }

  func table(of trials: [Trial]) -> SearchTable {
    let place = Trial.columns.before.count + names.count
    func row(_ fields: [String], _ facts: [String]) -> [String] {
      Array(fields[..<place]) + (comparesNetworks ? facts : []) + fields[place...]
    }
    let columns = Trial.columns.before + names + Trial.columns.after
    return SearchTable(
      columns: row(columns, ["parameters", "multiply_adds"]),
      rows: trials.map { trial in
        let network = network(of: trial)
        return row(trial.fields, ["\(network.parameters)", "\(network.multiplyAdds)"])
      })
  }
}
