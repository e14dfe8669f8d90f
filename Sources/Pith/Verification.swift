import PithFormat
import PithGraph
public import PithTensor
import PithThreads

/// Whether a model is what its file says: the identity of its content, the values of its weights, and its golden
/// samples run anew.
public struct Verification: Sendable {
  /// How one golden sample went.
  public struct SampleReport: Sendable {
    public let name: String
    /// Who computed what is expected.
    public let origin: String
    public let tolerance: Float
    /// The largest difference between an output and what is expected; NaN when it could not be computed.
    public let difference: Float
    /// The output where the difference is largest.
    public let worstOutput: Int
    /// Why the sample could not be run.
    public let error: PithError?

    /// Whether the difference is within the tolerance.
    public var passes: Bool { error == nil && difference <= tolerance }
  }

  /// The identity that follows from the content.
  public let identity: String
  /// What is wrong, each with what to do; empty when everything passes.
  public private(set) var problems: [PithError] = []
  /// The golden samples in the order of the file.
  public private(set) var samples: [SampleReport] = []

  /// Whether everything passes.
  public var passes: Bool { problems.isEmpty }

  /// Decodes and hashes everything, looks at every value, and runs the samples.
  ///
  /// - Throws: ``PithError`` with the code `checksumMismatch` or `malformedFile` when a chunk is damaged.
  public init(_ model: Model, threads: Int? = nil) throws {
    let pool = ThreadPool(threads: threads ?? ThreadCount.available)
    let decoded = try model.container.decodeAll(workers: pool.threads) { count, body in
      pool.forEach(count, body)
    }
    identity = model.container.identity(of: decoded)
    do {
      try model.container.checkIdentity(of: decoded)
    } catch let error as PithError {
      problems.append(error)
    }
    for entry in decoded.entries {
      let problem = decoded.withValues(of: entry) {
        ValueCheck.error($0, shape: entry.shape, of: entry.name)
      }
      if let problem { problems.append(problem) }
    }
    try run(model, pool)
  }

  private mutating func run(_ model: Model, _ pool: ThreadPool) throws {
    guard !model.samples.isEmpty else { return }
    let plan = try Plan(model, pool: pool)
    let classifier = try Classifier(model, plan: plan, pool: pool, batch: 1)
    for sample in model.samples {
      let report = Self.report(sample, classifier.outputs(of: [.bytes(sample.png)])[0])
      samples.append(report)
      guard !report.passes else { continue }
      let place = "sample '\(sample.name)'"
      problems.append(
        report.error?.within(place)
          ?? PithError(
            .verificationFailed, place: place,
            "output \(report.worstOutput) differs by \(report.difference) from what \(sample.origin) gave; \(sample.tolerance) is allowed",
            advice: "the weights or the recipe are not those of the source: convert it again"))
    }
  }

  private static func report(
    _ sample: GoldenSample, _ result: Result<[Float], PithError>
  ) -> SampleReport {
    var (difference, worst): (Float, Int) = (.nan, 0)
    var failure: PithError?
    switch result {
    case .failure(let error): failure = error
    case .success(let outputs):
      difference = 0
      for (index, (output, expected)) in zip(outputs, sample.expected).enumerated() {
        let distance = abs(output - expected)
        if !(distance <= difference) { (difference, worst) = (distance, index) }
        if distance.isNaN { break }
      }
    }
    return SampleReport(
      name: sample.name, origin: sample.origin, tolerance: sample.tolerance, difference: difference,
      worstOutput: worst, error: failure)
  }
}
