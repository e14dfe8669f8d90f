import PithTensor

/// Values at an address that stays, aligned to a cache line of 64 bytes.
///
/// A class because it owns memory, or keeps that of another one. Whoever writes to it sees to it that nobody reads
/// meanwhile; plans fill theirs before they are shared.
package final class FloatBuffer: @unchecked Sendable {
  package let start: UnsafeMutablePointer<Float>
  package let count: Int
  /// Whose memory this is a part of; nil: its own.
  private let owner: FloatBuffer?

  /// Memory of unspecified content.
  package convenience init(count: Int) {
    self.init(uncommitted: count)
    LargeMemory.commitAll(start, byteCount: byteCount)
  }

  /// The same in pages of whatever size the system gives.
  init(uncommitted count: Int) {
    self.count = count
    owner = nil
    start = LargeMemory.allocate(byteCount: count * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: max(1, count))
  }

  /// `count` values of another buffer, from `offset` on.
  init(_ owner: FloatBuffer, offset: Int, count: Int) {
    self.owner = owner
    self.count = count
    start = owner.start + offset
  }

  package convenience init(_ values: [Float]) {
    self.init(count: values.count)
    values.withUnsafeBufferPointer { source in
      if let address = source.baseAddress { start.update(from: address, count: source.count) }
    }
  }

  /// Lets pages that are still to come be huge ones.
  func allowHugePages() { LargeMemory.allowHugePages(start, byteCount: byteCount) }

  deinit {
    if owner == nil { LargeMemory.deallocate(start, byteCount: byteCount) }
  }

  private var byteCount: Int { count * MemoryLayout<Float>.stride }
}
