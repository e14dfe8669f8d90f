import PithGraph
import PithImage
import PithTensor

/// What the parts of a model owe each other; the same when a file is read and before one is written.
struct ModelRules {
  let graph: ResolvedGraph
  let preprocessing: Preprocessing?
  let labels: [String]
  let samples: [GoldenSample]
  /// The shape of every tensor of the file by name.
  let shapes: [String: Shape]
  let limits: Limits

  func check() throws {
    try checkTensors()
    try checkRecipe()
    try checkLabelsAndSamples()
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
      throw error.at("section 'recipe'").underRule("F-72")
    }
    do {
      _ = try preprocessing.validate(input: input.shape, limits: limits)
    } catch let error as PithError {
      throw error.at("section 'recipe'").underRule("F-73")
    }
  }

  private func checkLabelsAndSamples() throws {
    // F-75: a label for each output, or none at all.
    guard labels.isEmpty || labels.count == graph.outputCount else {
      throw PithError(
        .shapeMismatch,
        "there are \(labels.count) labels but the network has \(graph.outputCount) outputs",
        rule: "F-75")
    }
    // F-76: what a sample expects can be compared, and made.
    for sample in samples where sample.expected.count != graph.outputCount {
      throw PithError(
        .shapeMismatch, place: "sample '\(sample.name)'",
        "expects \(sample.expected.count) outputs but the network has \(graph.outputCount)",
        rule: "F-76")
    }
    guard samples.isEmpty || preprocessing != nil else {
      throw PithError(
        .missingPreprocessing, "the file has samples but no recipe to make inputs of them",
        rule: "F-76")
    }
  }
}
