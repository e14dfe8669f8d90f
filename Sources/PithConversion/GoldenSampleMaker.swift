import Pith
import PithGraph
import PithTensor

/// Makes golden samples of images, with the outputs of the source or, without them, of the reference
/// operations in double precision.
struct GoldenSampleMaker {
  let contents: ModelContents
  let options: Conversion.Options
  let limits: Limits

  /// How far a plan may be from the source, relative to the greatest output: what `Format.md` grants
  /// single precision.
  private static let relativeTolerance: Float = 1e-4

  /// - Throws: ``PithError`` with the code `verificationFailed` when the source's outputs are not met.
  func samples(_ notes: inout [String]) throws -> [GoldenSample] {
    guard !options.samples.isEmpty else {
      guard options.expected == nil else {
        throw PithError(
          .invalidArgument, "outputs were given but no images that they belong to",
          advice: "name the images with --sample, in the order of the outputs")
      }
      return []
    }
    let exact = try Model(bytes: contents.encoded(limits: limits), limits: limits)
    let expected = try expectedOutputs(of: exact)
    var samples = zip(options.samples, expected).map { sample, outputs in
      GoldenSample(
        name: sample.name, png: sample.png, expected: outputs,
        origin: options.expected == nil ? "pith reference" : options.expectedOrigin,
        tolerance: Self.relativeTolerance * max(1, outputs.reduce(0) { max($0, abs($1)) }))
    }
    try checkSource(exact, samples)
    if let weights = options.weights {
      try widen(&samples, weights: weights, &notes)
    }
    return samples
  }

  /// Without loss of weights, what the source computed must come out.
  private func checkSource(_ model: Model, _ samples: [GoldenSample]) throws {
    for (sample, difference) in zip(samples, try differences(of: model, samples)) {
      guard difference <= sample.tolerance else {
        throw PithError(
          .verificationFailed, place: "sample '\(sample.name)'",
          "the outputs differ by \(difference) from what \(sample.origin) gave; \(sample.tolerance) is allowed",
          advice:
            "check --color, --range, --mean, --std, --resize and --crop against the source's preprocessing, and --architecture"
        )
      }
    }
  }

  /// Rounded weights differ from the source; the tolerance says by how much, and so do the notes.
  private func widen(
    _ samples: inout [GoldenSample], weights: ElementType, _ notes: inout [String]
  ) throws {
    let rounded = try Model(
      bytes: contents.encoded(weights: weights, limits: limits), limits: limits)
    for (index, difference) in try differences(of: rounded, samples).enumerated() {
      notes.append(
        "sample '\(samples[index].name)': outputs differ by \(difference) after the weights were rounded to \(weights.name)"
      )
      samples[index].tolerance += difference
    }
  }

  private func differences(of model: Model, _ samples: [GoldenSample]) throws -> [Float] {
    let classifier = try Classifier(model)
    let outputs = classifier.outputs(of: samples.map { .bytes($0.png) })
    return try zip(samples, outputs).map { sample, outputs in
      zip(try inSample(sample.name) { try outputs.get() }, sample.expected).reduce(0) {
        let distance = abs($1.0 - $1.1)
        return distance <= $0 ? $0 : distance
      }
    }
  }

  private func expectedOutputs(of model: Model) throws -> [[Float]] {
    guard let expected = options.expected else { return try referenceOutputs(of: model) }
    let outputs = try model.graph.resolved(limits: limits).outputCount
    let count = options.samples.count
    guard expected.shape.count == count * outputs, expected.shape.dimensions.last == outputs else {
      throw PithError(
        .shapeMismatch,
        "the expected outputs have shape \(expected.shape) but \(count) samples of \(outputs) outputs need \(count)x\(outputs)"
      )
    }
    return (0..<count).map { Array(expected.values[$0 * outputs..<($0 + 1) * outputs]) }
  }

  private func referenceOutputs(of model: Model) throws -> [[Float]] {
    let reference = try ReferenceNetwork<Double>(contents.network, limits: limits)
    let preprocessor = try Preprocessor(model)
    return try options.samples.map { sample in
      let input = try inSample(sample.name) { try preprocessor.tensor(pngBytes: sample.png) }
      let name = contents.graph.inputs[0].name
      let outputs = try reference.run([name: input.values.map(Double.init)])
      return (outputs[contents.graph.outputs[0]] ?? []).map { Float($0) }
    }
  }

  private func inSample<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as PithError {
      throw error.at("sample '\(name)'")
    }
  }
}
