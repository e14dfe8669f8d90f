import PithGraph
import PithImage
import PithKernels
public import PithTensor
package import PithThreads

/// An image to be classified.
public enum ImageSource: Sendable, Hashable {
  /// The path of a PNG file.
  case file(String)
  /// The bytes of a PNG file.
  case bytes([UInt8])
}

/// A recipe, a session and labels: PNG in, classes out.
///
/// One thread at a time may use a classifier; make one for each thread from a shared ``Plan``.
public final class Classifier {
  /// The names of the classes, or none at all.
  public let labels: [String]
  /// What the numbers that the network puts out mean.
  public let output: OutputMeaning
  private let session: Session
  private let pool: ThreadPool
  private let preprocessing: PreprocessingPlan
  private var scratches: [PreprocessingScratch]
  private let input: FloatBuffer
  private let result: FloatBuffer
  private let imageLimit: Int

  /// Makes plan and memory, once.
  ///
  /// - Parameters:
  ///   - threads: how many threads decode and compute; nil: as many as the process may use.
  ///   - batch: how many images are computed together at most.
  /// - Throws: ``PithError`` with the code `missingPreprocessing` when the model has no recipe, and as ``Plan``.
  public convenience init(_ model: Model, threads: Int? = nil, batch: Int = 1) throws {
    let pool = ThreadPool(threads: threads ?? ThreadCount.available)
    try self.init(
      model, plan: Plan(model, pool: pool), pool: pool,
      batch: batch)
  }

  /// Uses a plan that was made before, for example by another classifier of the same model.
  ///
  /// - Parameter plan: made from `model`.
  public convenience init(
    _ model: Model, plan: Plan, threads: Int? = nil, batch: Int = 1
  ) throws {
    let pool = ThreadPool(threads: threads ?? ThreadCount.available)
    try self.init(model, plan: plan, pool: pool, batch: batch)
  }

  package init(_ model: Model, plan: Plan, pool: ThreadPool, batch: Int) throws {
    guard let recipe = model.preprocessing else {
      throw PithError(
        .missingPreprocessing, "the model has no preprocessing recipe, so it cannot take images",
        advice: "give it tensors with 'pith run', or convert it again with a recipe")
    }
    guard plan.outputs.count == 1 else {
      throw PithError(
        .invalidGraph,
        "the model has \(plan.outputs.count) outputs; a classifier needs one",
        advice: "use a session")
    }
    labels = model.labels
    output = model.output
    self.pool = pool
    session = Session(plan, pool: pool, batch: batch)
    preprocessing = try PreprocessingPlan(
      recipe, input: plan.inputs[0].shape, limits: model.limits)
    scratches = [PreprocessingScratch](repeating: PreprocessingScratch(), count: pool.threads)
    input = FloatBuffer(count: plan.inputs[0].shape.count * session.batch)
    result = FloatBuffer(count: plan.outputs[0].shape.count * session.batch)
    imageLimit = model.limits.imageBytes
  }

  /// How many images are computed together at most.
  public var batch: Int { session.batch }

  /// The classes of the PNG in `bytes`.
  ///
  /// - Parameter top: how many; nil: all.
  /// - Throws: ``PithError`` with the codes `malformedImage`, `imageSize`, `limitExceeded` or `invalidValue`.
  public func classify(
    pngBytes bytes: [UInt8], top: Int? = 5, scores: ScoreKind = .probability
  ) throws -> [Prediction] {
    try classify([.bytes(bytes)], top: top, scores: scores)[0].get()
  }

  /// The classes of a PNG file.
  ///
  /// - Throws: as ``classify(pngBytes:top:scores:)``, and `fileAccess`; the error names the path.
  public func classify(
    contentsOf path: String, top: Int? = 5, scores: ScoreKind = .probability
  ) throws -> [Prediction] {
    try classify([.file(path)], top: top, scores: scores)[0].get()
  }

  /// The classes of any number of images; one that fails does not stop the others.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument` when such scores cannot be had.
  public func classify(
    _ images: [ImageSource], top: Int? = 5, scores kind: ScoreKind = .probability
  ) throws -> [Result<[Prediction], PithError>] {
    try Scoring.check(kind, of: output)
    return zip(images, outputs(of: images)).map { image, result in
      result.flatMap { outputs in
        Self.capturing(image) {
          let scores = try Scoring.scores(outputs, meaning: output, kind: kind)
          return Scoring.top(top, of: scores, labels: labels)
        }
      }
    }
  }

  /// The network's outputs for any number of images; one that fails does not stop the others.
  public func outputs(of images: [ImageSource]) -> [Result<[Float], PithError>] {
    var results: [Result<[Float], PithError>] = []
    results.reserveCapacity(images.count)
    for start in stride(from: 0, to: images.count, by: batch) {
      results += outputsOfBatch(images[start..<min(start + batch, images.count)])
    }
    return results
  }

  private func outputsOfBatch(_ images: ArraySlice<ImageSource>) -> [Result<[Float], PithError>] {
    let perInput = preprocessing.outputShape.count
    let perOutput = result.count / batch
    var failures = [PithError?](repeating: nil, count: images.count)
    failures.withUnsafeMutableBufferPointer { failures in
      scratches.withUnsafeMutableBufferPointer { scratches in
        pool.forEach(images.count) { task, worker in
          let target = UnsafeMutableBufferPointer(
            start: input.start + task * perInput, count: perInput)
          let image = images[images.startIndex + task]
          if case .failure(let error) = prepare(image, &scratches[worker], into: target) {
            // The batch is computed with an empty image in this one's place.
            target.update(repeating: 0)
            failures[task] = error
          }
        }
      }
    }
    session.run(images: images.count, inputs: [UnsafePointer(input.start)], outputs: [result.start])
    return failures.enumerated().map { index, failure in
      if let failure { return .failure(failure) }
      return .success(
        Array(UnsafeBufferPointer(start: result.start + index * perOutput, count: perOutput)))
    }
  }

  private func prepare(
    _ image: ImageSource, _ scratch: inout PreprocessingScratch,
    into target: UnsafeMutableBufferPointer<Float>
  ) -> Result<Void, PithError> {
    Self.capturing(image) {
      switch image {
      case .file(let path): try preprocessing.run(file: path, &scratch, into: target)
      case .bytes(let bytes):
        guard bytes.count <= imageLimit else {
          throw PithError(
            .limitExceeded, "has \(bytes.count) bytes but at most \(imageLimit) are read")
        }
        _ = try bytes.withUnsafeBytes { try preprocessing.run(png: $0, &scratch, into: target) }
      }
    }
  }

  /// The result of `body`, or its error, with the image's path when there is one.
  private static func capturing<Value>(
    _ image: ImageSource, _ body: () throws -> Value
  ) -> Result<Value, PithError> {
    do {
      return .success(try body())
    } catch let error as PithError {
      guard case .file(let path) = image else { return .failure(error) }
      return .failure(error.inFile(path))
    } catch {
      return .failure(PithError(.malformedImage, "\(error)"))
    }
  }
}
