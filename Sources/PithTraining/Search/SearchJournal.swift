import PithFiles
import PithTensor

/// The trials that have ended, in the order in which they did, in a file that is replaced whole after each.
///
/// Lines `NAME: VALUE` say what the search is, an empty line ends them, then comes a table of comma-separated values. A last line
/// without its end is not looked at.
struct SearchJournal {
  private let path: String
  private let settings: [(name: String, value: String)]
  private let header: String
  private(set) var trials: [Trial] = []

  private static let greatestBytes = 1 << 28

  /// Begins a journal, or reads the one that is there.
  ///
  /// - Parameters:
  ///   - settings: all that the trials follow from. A journal that is there must have the same.
  ///   - names: of the values of a trial.
  /// - Throws: ``PithError`` when there is a journal but none is expected or the other way round, when it is of another
  ///   search, or when it is damaged.
  init(
    _ path: String, settings: [(name: String, value: String)], names: [String], resumes: Bool
  ) throws {
    self.path = path
    self.settings = settings
    let columns = Trial.columns.before + names + Trial.columns.after
    header = columns.joined(separator: ",")
    guard resumes else {
      guard !FileBytes.isRegularFile(path) else {
        throw PithError(
          .fileAccess, file: path, "there is a search in this folder",
          advice: "go on with it by --resume, or choose another folder")
      }
      try save()
      return
    }
    guard FileBytes.isRegularFile(path) else {
      throw PithError(
        .fileAccess, file: path, "there is no search in this folder to go on with",
        advice: "leave --resume out to begin one")
    }
    do { try read(values: names.count) } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  private mutating func read(values: Int) throws {
    let text = String(
      decoding: try FileBytes.read(path, limit: Self.greatestBytes), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let head = lines.prefix { !$0.isEmpty }
    try check(head)
    let rows = lines.dropFirst(head.count + 1)
    guard rows.first.map(String.init) == header else {
      throw PithError(.malformedCheckpoint, "the journal has no line '\(header)'")
    }
    for (index, row) in zip(rows.indices, rows).dropFirst() {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard let trial = Trial(fields: fields, values: values),
        !trials.contains(where: { $0.number == trial.number })
      else {
        throw PithError(
          .malformedCheckpoint, place: "line \(index + 1)",
          "a trial of its own was expected, but there is '\(row)'",
          advice: "remove the line: the trial is then done again")
      }
      trials.append(trial)
    }
  }

  /// Refuses the head of another search.
  private func check(_ head: ArraySlice<Substring>) throws {
    for (position, setting) in settings.enumerated() {
      let expected = "\(setting.name): \(setting.value)"
      let found = head.dropFirst(position).first.map(String.init) ?? "nothing"
      guard found == expected else {
        throw PithError(
          .invalidArgument, "the search began with '\(found)' but now it is '\(expected)'",
          advice: "go on with the data and options that it began with")
      }
    }
    guard head.count == settings.count else {
      throw PithError(.malformedCheckpoint, "the journal says more about the search than is known")
    }
  }

  /// Adds a trial; it is on the disk when this returns.
  mutating func add(_ trial: Trial) throws {
    trials.append(trial)
    try save()
  }

  private func save() throws {
    let head = settings.map { "\($0.name): \($0.value)\n" }.joined()
    let rows = trials.map { $0.fields.joined(separator: ",") + "\n" }.joined()
    try FileBytes.replace(path, with: Array("\(head)\n\(header)\n\(rows)".utf8))
  }
}
