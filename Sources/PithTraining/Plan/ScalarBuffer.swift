import PithTensor

/// Values at an address that stays, aligned to a cache line of 64 bytes; zero at first.
///
/// A class because it owns memory.
package final class ScalarBuffer<Scalar: TrainingScalar> {
  package let start: UnsafeMutablePointer<Scalar>
  package let count: Int

  package init(count: Int) {
    self.count = count
    start = LargeMemory.allocate(byteCount: count * MemoryLayout<Scalar>.stride)
      .bindMemory(to: Scalar.self, capacity: count)
    start.initialize(repeating: 0, count: count)
  }

  /// Gives up what the values are, and until they are written again the memory, too.
  func empty() { LargeMemory.empty(start, byteCount: count * MemoryLayout<Scalar>.stride) }

  /// The same values in memory of their own.
  func copy() -> ScalarBuffer {
    let copy = ScalarBuffer(count: count)
    copy.start.update(from: start, count: count)
    return copy
  }

  /// Takes over the values of another of the same size; nil: all are 0.
  func set(to other: ScalarBuffer?) {
    if let other {
      start.update(from: other.start, count: count)
    } else {
      start.update(repeating: 0, count: count)
    }
  }

  /// Whether all values are 0, and none is -0.
  var isZero: Bool {
    UnsafeBufferPointer(start: start, count: count).allSatisfy { $0 == 0 && $0.sign == .plus }
  }

  deinit { LargeMemory.deallocate(start, byteCount: count * MemoryLayout<Scalar>.stride) }
}
