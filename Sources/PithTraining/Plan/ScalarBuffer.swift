import PithTensor

/// Values at an address that stays, aligned to a cache line of 64 bytes; zero at first.
///
/// A class because it owns memory.
package final class ScalarBuffer<Scalar: TrainingScalar> {
  package let start: UnsafeMutablePointer<Scalar>
  package let count: Int

  package init(count: Int) {
    self.count = count
    let byteCount = count * MemoryLayout<Scalar>.stride
    let memory = LargeMemory.allocate(byteCount: byteCount)
    LargeMemory.commitAll(memory, byteCount: byteCount)
    start = memory.bindMemory(to: Scalar.self, capacity: count)
    start.initialize(repeating: 0, count: count)
  }

  /// Gives up what the values are, and until they are written again the memory, too.
  func empty() { LargeMemory.empty(start, byteCount: count * MemoryLayout<Scalar>.stride) }

  /// The memory of all values.
  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: start, count: count))
  }

  /// Sets all values to 0.
  func clear() { start.update(repeating: 0, count: count) }

  /// Whether all values are 0, and none is -0.
  var isZero: Bool {
    UnsafeBufferPointer(start: start, count: count).allSatisfy { $0 == 0 && $0.sign == .plus }
  }

  deinit { LargeMemory.deallocate(start, byteCount: count * MemoryLayout<Scalar>.stride) }
}
