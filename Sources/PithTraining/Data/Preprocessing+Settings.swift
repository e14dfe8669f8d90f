package import PithTensor

extension Preprocessing {
  /// How a file becomes pixels, by the names of the command's options and in their words.
  package var geometrySettings: [String: String] {
    let alpha =
      switch alpha {
      case .drop: "drop"
      case .composite(let red, let green, let blue): "\(red),\(green),\(blue)"
      }
    let resize =
      switch resize {
      case .exact(let size): "\(size)"
      case .shorterSide(let side): "\(side)"
      case nil: "none"
      }
    return [
      "alpha": alpha, "color": color.name, "crop": crop.map { "\($0)" } ?? "none",
      "interpolation": interpolation.name, "resize": resize,
    ]
  }
}
