package import PithTensor

extension Preprocessing {
  /// The version of Pillow whose resize is reproduced.
  package static let pillowVersion = "13.0"

  /// The recipe in words, in the order in which it is done: one line for `inspect`.
  ///
  /// For example `decode, drop alpha, RGB, resize shorter side to 256 (bilinear, Pillow 13.0), crop 224x224,
  /// over 255, minus mean 0.485, 0.456, 0.406, over std 0.229, 0.224, 0.225`.
  package var text: String {
    var steps = ["decode"]
    switch alpha {
    case .drop: steps.append("drop alpha")
    case .composite(let red, let green, let blue):
      steps.append("lay over colour \(red), \(green), \(blue)")
    }
    steps.append(color == .gray ? "gray" : "RGB")
    let filter = "(\(interpolation.name), Pillow \(Self.pillowVersion))"
    switch resize {
    case nil: steps.append("no resize")
    case .exact(let size): steps.append("resize to \(size) \(filter)")
    case .shorterSide(let side): steps.append("resize shorter side to \(side) \(filter)")
    }
    if let crop { steps.append("crop \(crop)") }
    if color == .bgr { steps.append("reorder to BGR") }
    if range == .unit { steps.append("over 255") }
    switch mean {
    case .none: break
    case .channel(let values): steps.append("minus mean \(Self.list(values))")
    case .image(let image): steps.append("minus mean image \(image.shape)")
    }
    if let standardDeviation { steps.append("over std \(Self.list(standardDeviation))") }
    return steps.joined(separator: ", ")
  }

  /// Whole numbers without `.0`.
  private static func list(_ values: [Float]) -> String {
    values.map { Int(exactly: $0).map(String.init) ?? String($0) }.joined(separator: ", ")
  }
}
