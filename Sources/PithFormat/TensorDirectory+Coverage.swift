import PithTensor

extension TensorDirectory {
  /// A run of values of one stream, with the scales that turn its integers into values.
  private struct Extent {
    let name: String
    let range: Range<Int>
    let scale: TensorEntry.Scale?
  }

  /// Checks that every value of every stream belongs to a tensor, and that two tensors have either no value or
  /// all their values in common.
  static func checkCoverage(_ entries: [TensorEntry], valueCounts: [Int]) throws {
    var streams = [[Extent]](repeating: [], count: ElementType.allCases.count)
    for entry in entries {
      streams[entry.storedType.streamIndex].append(
        Extent(name: entry.name, range: entry.range, scale: entry.scale))
      if let scale = entry.scale {
        streams[ElementType.float32.streamIndex].append(
          Extent(
            name: entry.name, range: scale.position..<scale.position + scale.count, scale: nil))
      }
    }
    for type in ElementType.allCases {
      let extents = streams[type.streamIndex].filter { !$0.range.isEmpty }.sorted {
        ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
      }
      try check(extents, cover: valueCounts[type.streamIndex], of: type)
    }
  }

  private static func check(
    _ extents: [Extent], cover valueCount: Int, of type: ElementType
  ) throws {
    var previous: Extent?
    for extent in extents {
      let end = previous?.range.upperBound ?? 0
      if let previous, previous.range == extent.range {
        // F-43
        guard previous.scale == extent.scale else {
          throw malformed(
            "F-43", at: "tensor '\(extent.name)', \(place)",
            "its \(type.name) values are those of '\(previous.name)' but its scales are not")
        }
        continue
      }
      // F-41: sorted, so that an overlap shows between neighbours.
      guard extent.range.lowerBound >= end else {
        throw malformed(
          "F-41", at: "tensor '\(extent.name)', \(place)",
          "its \(type.name) values from position \(extent.range.lowerBound) overlap those of"
            + " '\(previous?.name ?? "")', which end at \(end)")
      }
      try checkNoHole(from: end, to: extent.range.lowerBound, of: type)
      previous = extent
    }
    try checkNoHole(from: previous?.range.upperBound ?? 0, to: valueCount, of: type)
  }

  private static func checkNoHole(from start: Int, to end: Int, of type: ElementType) throws {
    // F-42: nothing is stored that no tensor names.
    guard start == end else {
      throw malformed(
        "F-42", at: place,
        "the \(type.name) values from position \(start) to \(end) belong to no tensor")
    }
  }
}
