import Glibc
import Pith
import PithFiles
public import PithGraph
public import PithTensor
import PithThreads

/// A network that is trained on a data set, epoch by epoch, in a folder of its own: configuration, log, report, and the best and
/// the last state, from the last of which the run goes on bit for bit.
///
/// ```swift
/// let data = try ImageDataset(contentsOf: "flowers")
/// let run = try TrainingRun(network, data: data, folder: "run")
/// let end = try run.run { event in if case .epoch(let epoch) = event { print(epoch.trainingLoss) } }
/// ```
///
/// A class because it owns a ``Trainer``. One thread at a time may use it.
public final class TrainingRun {
  /// What happens while a run runs.
  public enum Event: Sendable {
    /// A step: how many batches of the epoch's are done.
    case step(StepReport, epoch: Int, batch: Int, batches: Int)
    case epoch(EpochReport)
    case diagnosis(Diagnosis)
  }

  /// How it ended.
  public enum Outcome: Sendable, Hashable {
    /// All epochs are done.
    case finished
    /// It was asked to stop; the state is saved.
    case stopped
    /// The loss left all bounds. The last and the best state that were saved before are kept.
    case diverged(Diagnosis)
  }

  public let options: RunOptions
  public let data: ImageDataset
  public let split: DataSplit
  /// How an image becomes the network's input, the mean and deviation of the training images included.
  public let preprocessing: Preprocessing
  public let trainer: Trainer
  /// The most seconds between two times that the state is saved.
  public var saveInterval = 300.0
  /// The most seconds of each check before the start that trains; one that has no more time says less.
  public var checkPatience = 20.0
  let files: RunFolder
  let loader: BatchLoader
  let provenance: [ProvenanceEntry]
  var settings: [String: String]
  /// What is to be said when the run goes on.
  var resumption: Diagnosis?
  let sampleFiles: [(name: String, png: [UInt8], image: Int)]
  var progress: RunProgress
  var log: TrainingLog
  var record = RunRecord()
  var (lastSaved, lastReported) = (-Double.infinity, -Double.infinity)

  /// The entry of the provenance that says which model the first weights are of.
  package static let startedFrom = "trained from"

  /// The names of the settings that say with which kernels the run goes on, and with which others it has trained before.
  static let (kernelsName, otherKernelsName) = ("kernels", "other-kernels")

  /// The most samples, and the bytes of the largest file that becomes one.
  private static let (greatestSamples, greatestSample) = (4, 1 << 20)
  /// The least seconds from one report to the next, but for the one at the end.
  static let reportInterval = 5.0
  /// The most images that are learned by heart before the run.
  static let greatestHandful = 20

  // MARK: beginning

  /// Begins a run with random weights.
  ///
  /// - Parameters:
  ///   - graph: a network whose input is an image of the data and whose outputs are as many as classes.
  ///   - folder: made if needed; must not hold a run.
  ///   - threads: nil: as many as the process may use. Results do not depend on it.
  /// - Throws: ``PithError`` when the network does not fit the data, an option makes no sense, or the folder cannot be written.
  public convenience init(
    _ graph: Graph, data: ImageDataset, options: RunOptions = RunOptions(), folder: String,
    threads: Int? = nil
  ) throws {
    try self.init(
      Network(graph: graph, parameters: [:]), data: data, options: options, folder: folder,
      provenance: [], threads: threads)
  }

  /// Begins a run with the weights that a network has.
  ///
  /// - Parameters:
  ///   - preprocessing: what the network was trained with; nil: computed from the training images.
  ///   - provenance: where the network came from.
  ///   - facts: what else the configuration says, by name.
  package convenience init(
    _ network: Network, data: ImageDataset, options: RunOptions, folder: String,
    preprocessing: Preprocessing? = nil, provenance: [ProvenanceEntry],
    facts: [String: String] = [:], threads: Int? = nil
  ) throws {
    try options.check()
    var options = options
    options.learningRate = options.usedLearningRate
    try Self.checkHoldsNoRun(folder)
    let files = RunFolder(folder)
    let split = options.split(data)
    let recipe =
      try preprocessing
      ?? PixelStatistics(
        split.training, of: data, pool: ThreadPool(threads: threads ?? ThreadCount.available)
      ).recipe(
        data.geometry, centering: options.centering, dividesByDeviation: options.dividesByDeviation)
    var network = network
    network.graph = try network.graph.trained(with: options)
    try self.init(
      network.graph, parameters: .memory(network.parameters.mapValues { TensorValues($0) }),
      data: data, options: options, split: split, preprocessing: recipe,
      provenance: provenance, files: files, threads: threads,
      unused: RunOptions.unused(network, recipe: preprocessing))
    guard try lossOfNumbers() == nil else {
      throw PithError(
        .invalidArgument,
        "weights or outputs of the network are not finite before the first step",
        advice: "begin with smaller weights, for example --init he")
    }
    try FileBytes.makeFolder(files.path)
    try FileBytes.replace(files.configuration, with: Array(configuration(facts).utf8))
    try log.save()
    // A disk that is full, or a folder that cannot be written, shows before any time is spent.
    try save()
  }

  /// Refuses a folder that holds a run.
  package static func checkHoldsNoRun(_ folder: String) throws {
    guard !FileBytes.isRegularFile(RunFolder(folder).last) else {
      throw PithError(
        .fileAccess, file: folder, "there is a run in this folder",
        advice: "go on with it by --resume, or choose another folder")
    }
  }

  /// Goes on with the run in a folder from where it was saved last.
  ///
  /// - Parameter data: the same that the run began with.
  /// - Throws: ``PithError`` when there is no run, or one of other data.
  package convenience init(
    resuming checkpoint: TrainingCheckpoint, data: ImageDataset, folder: String,
    threads: Int? = nil
  ) throws {
    let options = try RunOptions(settings: checkpoint.settings)
    let files = RunFolder(folder)
    let names = options.settings.map(\.name)
    try self.init(
      checkpoint.graph, parameters: checkpoint.tensors, data: data,
      options: options, split: options.split(data), preprocessing: checkpoint.preprocessing,
      provenance: checkpoint.provenance, files: files, threads: threads,
      unused: Set(names.filter { checkpoint.settings[$0] == nil }))
    for (name, value) in settings
    where name != Self.kernelsName && checkpoint.settings[name] != value {
      throw PithError(
        .invalidArgument,
        "the run began with \(name) \(checkpoint.settings[name] ?? "unknown") but now it is \(value)",
        advice: "go on with the images that it began with")
    }
    try trainer.restore(checkpoint.tensors, checkpoint.numbers)
    progress = try RunProgress(numbers: checkpoint.numbers)
    log = try TrainingLog(resuming: files.log, epochs: progress.epoch)
    record = try RunRecord(
      resuming: files.record, epochs: progress.epoch, classes: data.classes.count)
    noteKernels(before: checkpoint.settings)
    lastSaved = Self.now
  }

  /// - Parameter unused: the names of options that do nothing in this run.
  private init(
    _ graph: Graph, parameters: StateTensors, data: ImageDataset, options: RunOptions,
    split: DataSplit, preprocessing: Preprocessing, provenance: [ProvenanceEntry],
    files: RunFolder, threads: Int?, unused: Set<String>
  ) throws {
    let usable = try Self.usableImages(split, for: graph, of: data, options)
    self.options = options
    self.data = data
    self.split = split
    self.preprocessing = preprocessing
    self.provenance = provenance
    self.files = files
    trainer = try Trainer(
      graph, parameters: parameters, classes: data.classes.count,
      options: Self.trainingOptions(options, usable: usable, split), threads: threads)
    try trainer.checkStatistics(images: usable, batch: options.batch)
    loader = try BatchLoader(
      data, recipe: preprocessing, augmentation: options.augmentation, seed: options.seed,
      capacity: max(options.batch, Self.greatestHandful),
      pool: ThreadPool(threads: threads ?? ThreadCount.available))
    var settings = Dictionary(
      uniqueKeysWithValues: options.settings.filter { !unused.contains($0.name) }
        .map { ($0.name, $0.value) })
    settings["classes"] = "\(data.classes.count)"
    settings["images"] = "\(data.count)"
    settings["images-fingerprint"] = String(data.fingerprint, radix: 16)
    settings[Self.kernelsName] = trainer.plan.instructionSet.rawValue
    self.settings = settings
    sampleFiles = try Self.samples(
      split.validation.isEmpty ? split.training : split.validation, data)
    progress = RunProgress()
    log = TrainingLog(files.log)
  }

  /// Keeps in mind what kernels the run was trained with until now: others round differently.
  private func noteKernels(before settings: [String: String]) {
    let kernels = trainer.plan.instructionSet.rawValue
    guard trainer.stepCount > 0, let last = settings[Self.kernelsName] else { return }
    let others = (settings[Self.otherKernelsName] ?? "").split(separator: ",").map(String.init)
    let before = Set(others + [last]).subtracting([kernels])
    if !before.isEmpty {
      self.settings[Self.otherKernelsName] = before.sorted().joined(separator: ",")
    }
    guard last != kernels, progress.epoch < options.epochs else { return }
    resumption = Diagnosis(
      .otherKernels,
      "the run goes on with the \(kernels) kernels but was trained with \(last) before: from here on its bits are not those of a run that was never stopped (PITH_KERNELS=\(last) would keep them)"
    )
  }

  /// Refuses a network that cannot be trained on images with some options, before any time is spent.
  ///
  /// - Throws: ``PithError``, the same as a run of them would.
  static func check(_ graph: Graph, on data: ImageDataset, options: RunOptions) throws {
    try options.check()
    let graph = try graph.trained(with: options)
    let usable = try usableImages(options.split(data), for: graph, of: data, options)
    try Trainer.check(
      graph, classes: data.classes.count,
      options: trainingOptions(options, usable: usable, options.split(data)))
  }

  /// The options in steps; no pass has room for more images than there are.
  private static func trainingOptions(
    _ options: RunOptions, usable: Int, _ split: DataSplit
  ) -> TrainingOptions {
    var training = options.trainingOptions(
      stepsPerEpoch: (usable + options.batch - 1) / options.batch)
    training.imagesPerPass = min(training.imagesPerPass, max(usable, split.validation.count))
    return training
  }

  /// How many training images an epoch has.
  ///
  /// - Throws: ``PithError`` when the network does not take them, or there are none.
  private static func usableImages(
    _ split: DataSplit, for graph: Graph, of data: ImageDataset, _ options: RunOptions
  ) throws -> Int {
    guard let input = graph.inputs.first, input.shape == data.imageShape else {
      throw PithError(
        .shapeMismatch,
        "the images are \(data.imageShape) but the network takes \(graph.inputs.first.map { "\($0.shape)" } ?? "none")",
        advice: "resize the images, or choose a network for their size")
    }
    let classes = Dictionary(data.labels.map { ($0, 1) }, uniquingKeysWith: +)
    if let folds = options.folds, let greatest = classes.values.max(), greatest < folds {
      throw PithError(
        .invalidArgument,
        "\(folds) folds of classes that have at most \(greatest) images: some folds would have none to be judged by",
        advice: "choose at most \(greatest) folds")
    }
    guard options.schedule != .plateau || !split.validation.isEmpty else {
      throw PithError(
        .invalidArgument,
        "the schedule plateau follows the validation loss, but no image is kept for validation",
        advice: "keep some (--validation), or choose another schedule")
    }
    let usable = usable(split.training.count, options)
    guard usable > 0 else {
      throw PithError(
        .invalidArgument, "\(split.training.count) training images are too few to train on")
    }
    return usable
  }

  /// The first image of each of the first classes, as far as there are such that are not too large.
  private static func samples(
    _ images: [Int], _ data: ImageDataset
  ) throws -> [(name: String, png: [UInt8], image: Int)] {
    var (found, classes) = ([(name: String, png: [UInt8], image: Int)](), Set<Int>())
    for image in images where !classes.contains(data.labels[image]) {
      guard found.count < greatestSamples else { break }
      let png = try data.file(image)
      guard png.count <= greatestSample else { continue }
      classes.insert(data.labels[image])
      let name = data.paths[image].split(separator: "/").suffix(2).joined(separator: "/")
      found.append((name, png, image))
    }
    return found
  }

  /// The loss of a network that finds all classes equally likely: `ln(classes)`, or for the hinge loss `classes - 1`.
  var guessingLoss: Double {
    switch options.loss {
    case .crossEntropy: Glibc.log(Double(data.classes.count))
    case .hinge: Double(data.classes.count - 1)
    }
  }

  /// What the best answer that is the same for every training image gives: the share of the commonest class `p`, and the entropy
  /// of the labels, or for the hinge loss the less of `classes - 1`, of equal logits, and `(1 - p) classes`, with that class's above by 1.
  var bestGuess: TrainingWatch.Guessing {
    var counts = [Int](repeating: 0, count: data.classes.count)
    for image in split.training { counts[data.labels[image]] += 1 }
    let shares = counts.map { Double($0) / Double(split.training.count) }
    let greatest = shares.max() ?? 1
    let loss =
      switch options.loss {
      case .crossEntropy: shares.reduce(0) { $1 > 0 ? $0 - $1 * Glibc.log($1) : $0 }
      case .hinge: min(guessingLoss, (1 - greatest) * Double(counts.count))
      }
    return TrainingWatch.Guessing(accuracy: greatest, loss: loss)
  }

  /// The epochs that are done.
  public var epochsDone: Int { progress.epoch }

  /// The best epoch so far, from 1, with its accuracy and loss on the validation images, or without such on the training images;
  /// epoch 0: none is done.
  public var best: (epoch: Int, accuracy: Double, loss: Double) {
    (progress.bestEpoch, progress.bestAccuracy, progress.bestLoss)
  }

  // MARK: the order of images

  /// How many training images an epoch has. A batch norm learns nothing from a pass of a single image: when one would be left,
  /// it is left out, another one in each epoch.
  private static func usable(_ images: Int, _ options: RunOptions) -> Int {
    let left = images % options.batch
    let (rest, passes) = (left == 0 ? options.batch : left, options.imagesPerPass)
    return passes > 1 && rest % passes == 1 ? images - 1 : images
  }

  /// The training images of an epoch in their order.
  func order(epoch: Int) -> ArraySlice<Int> {
    RandomOrder.shuffled(split.training, seed: options.seed, stream: "epoch \(epoch)")
      .prefix(Self.usable(split.training.count, options))
  }
}
