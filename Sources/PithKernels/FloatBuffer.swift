/// Values at an address that stays, aligned to a cache line of 64 bytes.
///
/// A class because it owns memory. Whoever writes to it sees to it that nobody reads meanwhile; plans fill
/// theirs before they are shared.
package final class FloatBuffer: @unchecked Sendable {
  package let start: UnsafeMutablePointer<Float>
  package let count: Int

  /// Memory of unspecified content.
  package init(count: Int) {
    self.count = count
    start = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64
    ).bindMemory(to: Float.self, capacity: max(1, count))
  }

  package convenience init(_ values: [Float]) {
    self.init(count: values.count)
    values.withUnsafeBufferPointer { source in
      if let address = source.baseAddress { start.update(from: address, count: source.count) }
    }
  }

  deinit {
    UnsafeMutableRawPointer(start).deallocate()
  }
}
