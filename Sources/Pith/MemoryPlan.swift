/// Where each activation lies in memory that all of them share.
///
/// Two activations overlap only when one is no longer needed before the other is made. Placed largest first,
/// each at the lowest offset that is free during its life (Pisarchyk and Lee 2020, greedy by size).
package struct MemoryPlan {
  /// An activation and the steps during which it must stay.
  package struct Activation {
    /// The number of values, for one image or for as many as the caller plans for.
    package var count: Int
    /// From the step that makes it to the last one that reads it.
    package var life: ClosedRange<Int>

    package init(count: Int, life: ClosedRange<Int>) {
      self.count = count
      self.life = life
    }
  }

  /// The offset of each activation, in values.
  package private(set) var offsets: [Int]
  /// The values that all of them need together.
  package private(set) var total = 0

  /// Sixteen values fill a cache line.
  private static let alignment = 16

  package init(_ activations: [Activation]) {
    offsets = [Int](repeating: 0, count: activations.count)
    let order = activations.indices.sorted {
      (activations[$1].count, $0) < (activations[$0].count, $1)
    }
    var placed: [Int] = []
    for index in order {
      let activation = activations[index]
      let neighbours = placed.filter { activations[$0].life.overlaps(activation.life) }
        .sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for other in neighbours {
        if offset + activation.count <= offsets[other] { break }
        offset = max(offset, Self.aligned(offsets[other] + activations[other].count))
      }
      offsets[index] = offset
      total = max(total, Self.aligned(offset + activation.count))
      placed.append(index)
    }
  }

  private static func aligned(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }
}
