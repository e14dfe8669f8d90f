import PithGraph
import PithImage
public import PithTensor

/// A model's recipe by itself: PNG in, the network's input out.
///
/// One thread at a time may use a preprocessor.
public final class Preprocessor {
  private let plan: PreprocessingPlan
  private var scratch = PreprocessingScratch()

  /// - Throws: ``PithError`` with the code `missingPreprocessing` when the model has no recipe.
  public init(_ model: Model) throws {
    guard let recipe = model.preprocessing else {
      throw PithError(
        .missingPreprocessing, "the model has no preprocessing recipe, so it cannot take images",
        advice: "give it tensors with 'pith run', or convert it again with a recipe")
    }
    plan = try PreprocessingPlan(recipe, input: model.graph.inputs[0].shape, limits: model.limits)
  }

  /// The network's input `[channels, height, width]` for the PNG in `bytes`.
  ///
  /// - Throws: ``PithError`` with the codes `malformedImage`, `imageSize` or `limitExceeded`.
  public func tensor(pngBytes bytes: [UInt8]) throws -> Tensor {
    var values = [Float](repeating: 0, count: plan.outputShape.count)
    _ = try values.withUnsafeMutableBufferPointer { output in
      try bytes.withUnsafeBytes { try plan.run(png: $0, &scratch, into: output) }
    }
    return try Tensor(shape: plan.outputShape, values: values)
  }
}
