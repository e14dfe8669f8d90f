import PithTensor

extension RunReport {
  /// Sizes, weights and, from the start, signals of each layer.
  var layers: String {
    let values = Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0.values) })
    let signals = Dictionary(
      (record.start?.layers ?? []).map { ($0.layer, $0) }, uniquingKeysWith: { first, _ in first })
    let rows = sizes.map { size in
      let histogram = values["\(size.name).weight"].map { $0.withValues(Histogram.init).svg } ?? ""
      return [
        Markup.escaped(size.name), size.operation, "\(size.output)",
        size.parameters == 0 ? "" : "\(size.parameters)", histogram,
      ] + (signals.isEmpty ? [] : Self.cells(signals[size.name]))
        + [size.remainders.joined(separator: ", ")]
    }
    let start = signals.isEmpty ? [] : ["values at the start", "gradients at the start", ""]
    return HTMLPage.table(
      ["layer", "operation", "output", "parameters", "weights now"] + start + [""], rows, left: 2)
      + (signals.isEmpty
        ? "" : HTMLPage.paragraph("Values and gradients: mean ± standard deviation."))
  }

  /// The sizes of signals, and the share of those that say nothing.
  private static func cells(_ signals: LayerStatistics?) -> [String] {
    guard let signals else { return ["", "", ""] }
    let sizes = [signals.values, signals.gradient].map {
      "\(TrainingWatch.short($0.mean)) ± \(TrainingWatch.short($0.standardDeviation))"
    }
    if let dead = signals.dead { return sizes + ["\(TrainingWatch.percent(dead)) dead"] }
    let saturated = signals.saturated.map { "\(TrainingWatch.percent($0)) saturated" }
    return sizes + [saturated ?? ""]
  }

  /// What the first layer looks for.
  var filters: String {
    guard let first = weights.first else { return "" }
    let channels = preprocessing.color.channels
    let shape: Shape
    if first.values.shape.rank == 4 {
      shape = first.values.shape
    } else if first.values.shape.rank == 2, first.values.shape[1] == data.imageShape.count {
      // A fully connected layer looks at the whole image.
      shape = [first.values.shape[0], channels, data.imageShape[1], data.imageShape[2]]
    } else {
      return ""
    }
    guard shape[2] * shape[3] > 1 else { return "" }
    let pictures = FilterPictures(
      first.values, shape: shape, isReversed: preprocessing.color == .bgr)
    let shown = min(shape[0], 256)
    return "<div class=\"filters\">\n"
      + (0..<shown).map { "<img alt=\"filter \($0)\" src=\"\(pictures.uri($0))\"/>\n" }.joined()
      + "</div>\n"
      + HTMLPage.paragraph(
        "\(shown) of the \(shape[0]) filters of '\(first.name)'; gray is 0, and the greatest weight of all is bright or dark."
      )
  }
}

/// How often weights of each size occur.
struct Histogram {
  static let bins = 40

  let range: ClosedRange<Float>
  let counts: [Int]

  /// - Parameter values: finite ones are counted.
  init(_ values: UnsafeBufferPointer<Float>) {
    let finite = values.lazy.filter(\.isFinite)
    let (least, greatest) = (finite.min() ?? 0, finite.max() ?? 0)
    range = least...greatest
    let width = (Double(greatest) - Double(least)) / Double(Self.bins)
    counts = finite.reduce(into: [Int](repeating: 0, count: Self.bins)) { counts, value in
      let bin = width > 0 ? Int((Double(value) - Double(least)) / width) : Self.bins / 2
      counts[min(max(bin, 0), Self.bins - 1)] += 1
    }
  }

  /// A picture for a line of text.
  var svg: String {
    let (greatest, height) = (max(1, counts.max() ?? 1), 28)
    let steps = counts.map { "V\(height - $0 * height / greatest)h3" }.joined()
    let ends = [range.lowerBound, range.upperBound].map { TrainingWatch.short(Double($0)) }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"histogram from "
      + "\(ends[0]) to \(ends[1])\" width=\"\(3 * Self.bins)\" height=\"\(height)\">"
      + "<path d=\"M0 \(height)\(steps)V\(height)z\" fill=\"currentColor\" fill-opacity=\"0.6\"/>"
      + "</svg><br/><span class=\"soft\">\(ends[0]) to \(ends[1])</span>"
  }
}
