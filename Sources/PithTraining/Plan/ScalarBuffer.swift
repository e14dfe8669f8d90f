/// Values at an address that stays, aligned to a cache line of 64 bytes; zero at first.
///
/// A class because it owns memory.
package final class ScalarBuffer<Scalar: TrainingScalar> {
  package let start: UnsafeMutablePointer<Scalar>
  package let count: Int

  package init(count: Int) {
    self.count = count
    start = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Scalar>.stride, alignment: 64
    ).bindMemory(to: Scalar.self, capacity: max(1, count))
    start.initialize(repeating: 0, count: count)
  }

  deinit {
    UnsafeMutableRawPointer(start).deallocate()
  }
}
