import Pith
import PithFiles
import PithFormat
package import PithGraph
package import PithTensor

/// A training run at one moment: the network with everything that a model file says, the state of training, and the options of
/// the run. The file is a container of kind `training`, described in `Format.md`.
package struct TrainingCheckpoint: Sendable {
  /// The network up to its logits.
  package var graph: Graph
  package var preprocessing: Preprocessing
  package var labels: [String]
  /// Images that the network was not trained on, when there are such, with its logits for them.
  package var samples: [GoldenSample]
  package var provenance: [ProvenanceEntry]
  /// Parameters, and what the optimiser remembers, by the names that they have in a ``TrainingState``.
  var tensors: StateTensors
  /// Those of ``Trainer`` and those of the run.
  var numbers: [String: Double]
  /// ``RunOptions/settings`` and what else has to be the same when the run goes on.
  package var settings: [String: String]

  /// A copy of all tensors and numbers.
  package func state() throws -> TrainingState {
    var copies: [String: Tensor] = [:]
    for name in tensors.names { copies[name] = try tensors.values(of: name)?.tensor }
    return TrainingState(tensors: copies, numbers: numbers)
  }

  /// What a model file of the network says.
  private func contents() throws -> ModelContents {
    var contents = ModelContents(
      graph: graph, parameters: try tensors.parameters().mapValues { .init($0) },
      preprocessing: preprocessing, output: .logits)
    contents.labels = labels
    contents.samples = samples
    contents.provenance = provenance
    return contents
  }

  // MARK: writing

  /// The bytes of the file.
  package func encoded() throws -> [UInt8] { try writer().encoded() }

  /// Replaces the file at a path; whatever happens, the old or the new one is there whole.
  func save(to path: String) throws { try writer().save(to: path) }

  private func writer() throws -> ContainerWriter {
    var writer = try contents().writer(.training)
    let remembered = tensors.names.filter { TrainingState.slot(ofTensor: $0) != nil }.sorted()
    let slots = Set(remembered.compactMap { TrainingState.slot(ofTensor: $0)?.slot })
    try writer.add(
      section: .optimizer, isRequired: true, bytes: TrainingSections.bytes(slots: slots.sorted()))
    try writer.add(
      section: .state, isRequired: true,
      bytes: TrainingSections.bytes(numbers: numbers, settings: settings))
    for name in remembered {
      if let values = try tensors.values(of: name) { try writer.add(tensor: name, values) }
    }
    return writer
  }

  // MARK: reading

  /// Opens the checkpoint at a path, or the last or best one of a run's folder.
  ///
  /// - Throws: ``PithError`` with the path and the rule of the format that is broken.
  package init(contentsOf path: String, takesLast: Bool, limits: Limits = Limits()) throws {
    var file = path
    if FileBytes.isFolder(path) {
      let folder = RunFolder(path)
      file = takesLast ? folder.last : folder.best
      guard FileBytes.isRegularFile(file) else {
        let name = takesLast ? RunFolder.lastName : RunFolder.bestName
        throw PithError(
          .fileAccess, file: path, "is no folder of a training run, or has no \(name) yet",
          advice: takesLast ? "'pith train' makes one" : "take its last state with --last")
      }
    }
    do {
      try self.init(Container(contentsOf: file, limits: limits), limits: limits)
    } catch let error as PithError {
      throw (error.rule.map(error.breaking) ?? error).inFile(file)
    }
  }

  /// Opens the bytes of a file.
  ///
  /// - Throws: ``PithError`` with the rule of the format that is broken.
  package init(bytes: [UInt8], limits: Limits = Limits()) throws {
    try self.init(Container(bytes: bytes, limits: limits), limits: limits)
  }

  private init(_ container: Container, limits: Limits) throws {
    let model = try Model(
      inTraining: container, except: { TrainingState.slot(ofTensor: $0) != nil }, limits: limits)
    // F-80: it is trained on images, with classes, and its outputs are logits.
    guard let preprocessing = model.preprocessing, !model.labels.isEmpty, model.output == .logits
    else {
      throw PithError(
        .malformedFile, "a training checkpoint needs a recipe, labels and outputs that are logits",
        rule: "F-80")
    }
    // F-81: what a model does not have.
    guard let optimizer = container.section(.optimizer), let state = container.section(.state)
    else {
      throw PithError(
        .malformedFile, "a training checkpoint needs the sections 'optimizer' and 'state'",
        rule: "F-81")
    }
    let slots = try TrainingSections.slots(optimizer, limits: limits)
    let (numbers, settings) = try TrainingSections.state(state, limits: limits)
    for entry in container.tensors {
      guard let slot = TrainingState.slot(ofTensor: entry.name) else { continue }
      // F-84: what the optimiser remembers belongs to a parameter.
      guard slots.contains(slot.slot), container.entry(named: slot.parameter)?.shape == entry.shape
      else {
        throw PithError(
          .tensorMismatch, place: "tensor '\(entry.name)'",
          "is of no slot that the section 'optimizer' names, or there is no parameter of its shape",
          rule: "F-84")
      }
    }
    graph = model.graph
    self.preprocessing = preprocessing
    labels = model.labels
    samples = model.samples
    provenance = model.provenance
    self.settings = settings
    self.numbers = numbers
    try container.checkChunks()
    tensors = .file(container)
  }

  init(
    graph: Graph, preprocessing: Preprocessing, labels: [String], samples: [GoldenSample],
    provenance: [ProvenanceEntry], tensors: StateTensors, numbers: [String: Double],
    settings: [String: String]
  ) {
    self.graph = graph
    self.preprocessing = preprocessing
    self.labels = labels
    self.samples = samples
    self.provenance = provenance
    (self.tensors, self.numbers) = (tensors, numbers)
    self.settings = settings
  }

  // MARK: the model

  /// The model file of the network as it is at this moment.
  ///
  /// - Parameter weights: the type to which weights are rounded; nil: none. The samples' tolerances grow by what that changes.
  /// - Returns: bytes that have been read back and verified, and sentences about what rounding changed.
  /// - Throws: ``PithError`` with the code `verificationFailed` when the model does not score as the trainer did.
  package func model(
    weights: ElementType? = nil, limits: Limits = Limits()
  ) throws -> (bytes: [UInt8], notes: [String]) {
    var contents = try contents()
    let exact = try contents.encoded(limits: limits)
    let verification = try Verification(Model(bytes: exact, limits: limits))
    if let problem = verification.problems.first { throw problem }
    guard let weights else { return (exact, []) }
    var notes: [String] = []
    let rounded = try contents.encoded(weights: weights, limits: limits)
    let reports = try Verification(Model(bytes: rounded, limits: limits)).samples
    for (index, report) in reports.enumerated() where report.difference.isFinite {
      notes.append(
        "sample '\(report.name)': outputs differ by \(report.difference) after the weights were rounded to \(weights.name)"
      )
      contents.samples[index].tolerance += report.difference
    }
    return (try contents.encoded(weights: weights, limits: limits), notes)
  }
}

/// The files of a run.
package struct RunFolder: Sendable {
  package static let lastName = "last.pith"
  package static let bestName = "best.pith"
  package static let logName = "log.csv"
  package static let configurationName = "configuration.txt"
  package static let recordName = "record.tsv"
  package static let reportName = "report.html"

  package let path: String

  package init(_ path: String) {
    self.path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
  }

  /// The folders of the runs that `--resume` goes on with: the folder itself, or those of all folds in it.
  ///
  /// - Throws: ``PithError`` with the path, when a fold has not begun or cannot be read.
  package static func runs(in path: String) throws -> [String] {
    let folder = RunFolder(path)
    let first = folder.fold(1)
    guard !FileBytes.isRegularFile(folder.last), FileBytes.isRegularFile(RunFolder(first).last)
    else { return [path] }
    let settings = try TrainingCheckpoint(contentsOf: first, takesLast: true).settings
    let folds = (1...(try RunOptions(settings: settings).folds ?? 1)).map { folder.fold($0) }
    if let missing = folds.first(where: { !FileBytes.isRegularFile(RunFolder($0).last) }) {
      throw PithError(
        .fileAccess, file: missing, "there is no run of this fold",
        advice: "all folds are begun before the first is trained: remove the folder and begin anew")
    }
    return folds
  }

  /// The folder of a fold, from 1, in this one.
  package func fold(_ number: Int) -> String { "\(path)/fold-\(number)" }

  package var last: String { "\(path)/\(Self.lastName)" }
  package var best: String { "\(path)/\(Self.bestName)" }
  package var log: String { "\(path)/\(Self.logName)" }
  package var configuration: String { "\(path)/\(Self.configurationName)" }
  package var record: String { "\(path)/\(Self.recordName)" }
  package var report: String { "\(path)/\(Self.reportName)" }
}
