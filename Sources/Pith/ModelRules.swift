import PithGraph
import PithImage
import PithTensor

/// What the parts of a model owe each other; the same when a file is read and before one is written.
struct ModelRules {
  let graph: ResolvedGraph
  let preprocessing: Preprocessing?
  let labels: [String]
  let samples: [GoldenSample]
  let provenance: [ProvenanceEntry]
  /// The shape of every tensor of the file by name.
  let shapes: [String: Shape]
  let limits: Limits

  func check() throws {
    try checkOutputs()
    try checkTensors()
    try checkRecipe()
    try checkLabels()
    try checkSamples()
    try checkProvenance()
  }

  // F-69: each result is given once. Passes may make two outputs one value, so graphs in general need not.
  private func checkOutputs() throws {
    var names: Set<String> = []
    for output in graph.graph.outputs where !names.insert(output).inserted {
      throw PithError(
        .invalidGraph, place: "graph", "the output '\(output)' is given twice", rule: "F-69")
    }
  }

  private func checkTensors() throws {
    var shapes = shapes
    if case .image = preprocessing?.mean { shapes[Preprocessing.meanImageName] = nil }
    do {
      // F-71: the tensors are those that the graph needs, in the shapes that it needs, and no others.
      try graph.checkParameters(shapes)
    } catch let error as PithError {
      throw error.underRule("F-71")
    }
  }

  private func checkRecipe() throws {
    guard let preprocessing else { return }
    // F-73: a recipe makes the one input of the graph.
    guard graph.graph.inputs.count == 1, let input = graph.graph.inputs.first, input.shape.rank == 3
    else {
      throw PithError(
        .invalidGraph,
        "the file has a recipe, but its graph does not have one input of channels x height x width",
        rule: "F-73")
    }
    do {
      // F-72: the recipe makes sense by itself.
      try preprocessing.validate(limits: limits)
    } catch let error as PithError {
      throw error.underRule("F-72")
    }
    do {
      _ = try preprocessing.validate(input: input.shape, limits: limits)
    } catch let error as PithError {
      throw error.at("preprocessing").underRule("F-73")
    }
  }

  private func checkLabels() throws {
    // F-75: a label for each output, or none at all.
    guard labels.isEmpty || labels.count == graph.outputCount else {
      throw PithError(
        .shapeMismatch,
        "there are \(labels.count) labels but the network has \(graph.outputCount) outputs",
        rule: "F-75")
    }
  }

  // F-76: what a sample expects can be made, and compared.
  private func checkSamples() throws {
    guard !samples.isEmpty else { return }
    guard preprocessing != nil else {
      throw PithError(
        .missingPreprocessing, "the file has samples but no recipe to make inputs of them",
        rule: "F-76")
    }
    guard graph.graph.outputs.count == 1 else {
      throw PithError(
        .invalidGraph,
        "the file has samples, so its graph must have one output, not \(graph.graph.outputs.count)",
        rule: "F-76")
    }
    for (index, sample) in samples.enumerated() {
      guard !sample.name.isEmpty, !sample.origin.isEmpty else {
        throw PithError(
          .malformedFile, place: "sample \(index)", "has no name or no origin", rule: "F-76")
      }
      let place = "sample '\(sample.name)'"
      guard sample.expected.count == graph.outputCount else {
        throw PithError(
          .shapeMismatch, place: place,
          "expects \(sample.expected.count) outputs but the network has \(graph.outputCount)",
          rule: "F-76")
      }
      guard sample.tolerance.isFinite, sample.tolerance >= 0 else {
        throw PithError(
          .invalidValue, place: place,
          "the tolerance is \(sample.tolerance); it must be a finite number of at least 0",
          rule: "F-76")
      }
      if let output = sample.expected.firstIndex(where: { !$0.isFinite }) {
        throw PithError(
          .invalidValue, place: place,
          "output \(output) is expected to be \(sample.expected[output]), which cannot be compared",
          rule: "F-76")
      }
    }
  }

  // F-77: an entry is found by its name.
  private func checkProvenance() throws {
    var names: Set<String> = []
    for (index, entry) in provenance.enumerated() {
      guard !entry.name.isEmpty, names.insert(entry.name).inserted else {
        throw PithError(
          .malformedFile, place: "section 'provenance'",
          "the name '\(entry.name)' of entry \(index) is empty or given twice", rule: "F-77")
      }
    }
  }
}
