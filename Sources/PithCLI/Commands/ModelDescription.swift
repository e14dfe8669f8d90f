import Pith
import PithFormat
import PithGraph
import PithImage

/// What a model file says about itself, for `inspect` and `convert`.
struct ModelDescription {
  let model: Model

  init(_ model: Model) { self.model = model }

  /// The numbers that a trainer changes: weights, biases, gamma and beta, not the running statistics.
  var parameters: Int { model.resolved.layers.reduce(0) { $0 + Self.parameters(of: $1) } }

  /// The multiplications with an addition for one image.
  var multiplyAdds: Int { model.resolved.layers.reduce(0) { $0 + $1.multiplyAdds } }

  /// The bytes that all values, running statistics included, would take as binary32.
  var rawBytes: Int { model.container.tensors.reduce(0) { $0 + 4 * $1.shape.count } }

  /// The numbers of a layer that a trainer changes.
  static func parameters(of layer: ResolvedGraph.ResolvedLayer) -> Int {
    layer.parameters.reduce(0) { sum, parameter in
      switch parameter.name.split(separator: ".").last {
      case "weight", "bias": sum + parameter.shape.count
      default: sum
      }
    }
  }

  var recipeText: String {
    model.preprocessing?.text ?? "none: the model takes tensors, no images"
  }

  var labelText: String {
    let labels = model.labels
    let shown = labels.prefix(10).joined(separator: ", ")
    return labels.isEmpty
      ? "none" : "\(labels.count): \(shown)\(labels.count > 10 ? ", ..." : "")"
  }

  /// The members that `inspect` and `convert` have in common.
  var summaryMembers: [(String, JSON)] {
    [
      ("parameters", .integer(parameters)),
      ("multiply_adds", .integer(multiplyAdds)),
      ("file_bytes", .integer(model.container.byteCount)),
      ("tensor_bytes", .integer(model.container.tensorByteCount)),
      ("raw_bytes", .integer(rawBytes)),
      ("preprocessing", model.preprocessing.map(Self.json) ?? .null),
      ("output", .string(model.output.name)),
      ("labels", .array(model.labels.map { .string($0) })),
      ("identity", .string(model.identity)),
      (
        "provenance",
        .array(
          model.provenance.map {
            .object([("name", .string($0.name)), ("value", .string($0.value))])
          })
      ),
      (
        "samples",
        .array(
          model.samples.map {
            .object([
              ("name", .string($0.name)), ("origin", .string($0.origin)),
              ("tolerance", .float($0.tolerance)), ("image_bytes", .integer($0.png.count)),
            ])
          })
      ),
    ]
  }

  private static func json(_ recipe: Preprocessing) -> JSON {
    func size(_ size: Preprocessing.Size) -> JSON {
      .object([("height", .integer(size.height)), ("width", .integer(size.width))])
    }
    let alpha: JSON =
      switch recipe.alpha {
      case .drop: .string("drop")
      case .composite(let red, let green, let blue):
        .array([red, green, blue].map { .integer(Int($0)) })
      }
    let resize: JSON =
      switch recipe.resize {
      case nil: .null
      case .exact(let exact): size(exact)
      case .shorterSide(let side): .object([("shorter_side", .integer(side))])
      }
    let mean: JSON =
      switch recipe.mean {
      case .none: .null
      case .channel(let values): .array(values.map { .float($0) })
      case .image: .string("image")
      }
    return .object([
      ("text", .string(recipe.text)),
      ("alpha", alpha),
      ("color", .string(recipe.color.name)),
      ("resize", resize),
      ("interpolation", .string(recipe.interpolation.name)),
      ("crop", recipe.crop.map(size) ?? .null),
      ("range", .integer(recipe.range == .unit ? 1 : 255)),
      ("mean", mean),
      ("std", recipe.standardDeviation.map { .array($0.map { .float($0) }) } ?? .null),
    ])
  }
}
