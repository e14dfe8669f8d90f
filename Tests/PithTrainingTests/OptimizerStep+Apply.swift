import PithTraining

extension OptimizerStep {
  /// Makes the step for some weights.
  func apply(to weights: inout [Float], gradients: [Float], slots: inout [[Float]]) {
    let count = weights.count
    let memory = slots.map { slot in
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
      memory.update(from: slot, count: count)
      return memory
    }
    update(&weights, gradients: gradients, slots: memory, count: count)
    for (index, memory) in memory.enumerated() {
      slots[index] = Array(UnsafeBufferPointer(start: memory, count: count))
      memory.deallocate()
    }
  }
}
