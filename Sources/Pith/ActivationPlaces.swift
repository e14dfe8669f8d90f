/// The activations of a plan, of which some lie inside of another: the parts of a concatenation.
struct ActivationPlaces {
  /// The floats from one image to the next of each activation that stands alone, and of each part by itself.
  private(set) var counts: [Int] = []
  private var parents: [(index: Int, offset: Int)?] = []

  /// Whole lines of a cache, so that whole blocks may be written.
  private static let alignment = 16

  /// A new activation of so many values.
  mutating func add(_ count: Int) -> Int {
    counts.append(Self.aligned(count))
    parents.append(nil)
    return counts.count - 1
  }

  /// Lays an activation, or what it already lies in, into another one; false when it has a place elsewhere.
  ///
  /// - Parameter count: the values of the activation; one that fills only a part of what it lies in cannot be moved.
  mutating func put(_ index: Int, into parent: Int, at offset: Int, count: Int) -> Bool {
    guard parents[index] == nil, index != parent, counts[index] == Self.aligned(count) else {
      return false
    }
    parents[index] = (parent, offset)
    return true
  }

  private static func aligned(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  /// The activation in whose memory one lies, and how many values after its start.
  func root(of index: Int) -> (index: Int, offset: Int) {
    var (current, offset) = (index, 0)
    while let parent = parents[current] {
      offset += parent.offset
      current = parent.index
    }
    return (current, offset)
  }

  /// For each activation that stands alone the steps during which it, or one of its parts, is needed; nil for parts.
  func lives(steps: [Plan.Step], keeping results: [Plan.Source]) -> [ClosedRange<Int>?] {
    var lives = [ClosedRange<Int>?](repeating: nil, count: counts.count)
    func use(_ index: Int, at step: Int) {
      let root = root(of: index).index
      lives[root] =
        lives[root].map { min($0.lowerBound, step)...max($0.upperBound, step) } ?? step...step
    }
    for (index, step) in steps.enumerated() {
      use(step.output, at: index)
      for case .activation(let used) in step.inputs { use(used, at: index) }
    }
    for case .activation(let kept) in results { use(kept, at: steps.count) }
    return lives
  }

  /// Memory for those that have a life.
  func memoryPlan(_ lives: [ClosedRange<Int>?]) -> MemoryPlan {
    MemoryPlan(
      counts.indices.map { index in
        MemoryPlan.Activation(
          count: lives[index] == nil ? 0 : counts[index], life: lives[index] ?? 0...0)
      })
  }
}
