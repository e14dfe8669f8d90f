import CPith
import Pith
import PithTensor
import PithThreads

/// What a `pith_session` points to: a session of a model with one input and one output.
final class OpenSession {
  /// The most images that are computed together; activations take memory for each.
  static let greatestBatch = 4096

  let session: Session
  let input: Shape
  let output: Shape

  /// - Throws: ``PithError`` as ``Model`` and ``Plan`` do, with the code `unsupported` when the model has several
  ///   inputs or outputs, and `limitExceeded` when a batch of its activations is too large.
  init(path: String, options: Options) throws {
    let model = try Model(contentsOf: path)
    guard model.graph.inputs.count == 1, model.graph.outputs.count == 1 else {
      throw PithError(
        .unsupported, file: path,
        "the model has \(model.graph.inputs.count) inputs and \(model.graph.outputs.count) outputs, "
          + "but the C library runs models with one of each",
        advice: "use the Swift library or 'pith run'")
    }
    do {
      let pool = ThreadPool(threads: options.threads)
      let plan = try Plan(model, pool: pool, isExact: options.isExact)
      let bytes = try plan.activationBytes(batch: options.batch, threads: pool.threads)
      guard bytes <= model.limits.activationBytes else {
        throw PithError(
          .limitExceeded,
          "the activations of \(options.batch) images take \(bytes) bytes, more than "
            + "\(model.limits.activationBytes)",
          advice: "choose a smaller batch")
      }
      input = plan.inputs[0].shape
      output = plan.outputs[0].shape
      session = Session(plan, pool: pool, batch: options.batch)
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Computes images that lie one after the other.
  ///
  /// - Throws: ``PithError`` with the code `limitExceeded` when no memory could hold so many.
  func run(
    input source: UnsafePointer<Float>, images: Int, output target: UnsafeMutablePointer<Float>
  ) throws {
    let most = Int.max / (max(1, input.count, output.count) * MemoryLayout<Float>.stride)
    guard 0...most ~= images else {
      throw PithError(
        .limitExceeded, "'images' is \(UInt(bitPattern: images)), more than any memory holds",
        advice: "it counts images, not values or bytes")
    }
    session.run(images: images, inputs: [source], outputs: [target])
  }
}
