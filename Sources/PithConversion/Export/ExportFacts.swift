import Pith
import PithGraph
import PithTensor

/// What a model says beside its tensors, as names and texts: the metadata of the files of others.
struct ExportFacts {
  /// In a fixed order; names begin with `pith.`.
  let entries: [(name: String, text: String)]

  init(_ model: Model) {
    var entries = [("pith.network", model.graph.text), ("pith.output", model.output.name)]
    if let recipe = model.preprocessing { entries.append(("pith.recipe", Self.text(recipe))) }
    if !model.labels.isEmpty {
      entries.append(("pith.labels", model.labels.joined(separator: "\n")))
    }
    entries += model.provenance.map { ("pith.provenance.\($0.name)", $0.value) }
    entries.append(("pith.identity", model.identity))
    self.entries = entries.map { (name: $0.0, text: $0.1) }
  }

  /// The recipe in the options of `pith convert`, which makes the same recipe of them. A mean image has none and is named.
  static func text(_ recipe: Preprocessing) -> String {
    var words: [String] = []
    switch recipe.alpha {
    case .drop: break
    case .composite(let red, let green, let blue): words += ["--alpha", "\(red),\(green),\(blue)"]
    }
    words += ["--color", recipe.color.name]
    switch recipe.resize {
    case .exact(let size): words += ["--resize", "\(size)"]
    case .shorterSide(let side): words += ["--resize", "\(side)"]
    case nil: break
    }
    if recipe.resize != nil { words += ["--interpolation", recipe.interpolation.name] }
    if let crop = recipe.crop { words += ["--crop", "\(crop)"] }
    words += ["--range", recipe.range == .unit ? "1" : "255", "--mean"]
    switch recipe.mean {
    case .none: words.append("none")
    case .channel(let values): words.append(list(values))
    case .image: words.append("tensor '\(Preprocessing.meanImageName)'")
    }
    if let deviation = recipe.standardDeviation { words += ["--std", list(deviation)] }
    return words.joined(separator: " ")
  }

  private static func list(_ values: [Float]) -> String {
    values.map { "\($0)" }.joined(separator: ",")
  }
}
