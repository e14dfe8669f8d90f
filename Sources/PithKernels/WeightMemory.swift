import PithTensor
import Synchronization

/// Memory for everything that a plan keeps, piece after piece, so that small pieces share huge pages.
///
/// A class because the pieces are counted where they are asked for. Used by one thread, but for ``commit(_:)``.
package final class WeightMemory: @unchecked Sendable {
  /// The floats that have been given away since the beginning, or ``reuse()``.
  package private(set) var count = 0
  private var slabs: [(memory: FloatBuffer, used: Int, most: Int)] = []
  private var zeros: [FloatBuffer] = []
  private var isShared = false
  private var pages: [UnsafeMutableRawBufferPointer] = []
  private let isCommitted = Mutex<[Bool]>([])

  /// The floats that have been given away at most, those that share memory once.
  package var most: Int { slabs.reduce(0) { $0 + $1.most } }

  /// Large enough that little is lost at the end of one.
  private static let slabFloats = 8 << 20

  package init() {}

  /// A piece of unspecified content, to be written after ``prepare()``.
  package func floats(_ count: Int) -> FloatBuffer {
    self.count += count
    // Sixteen fill a cache line.
    let rounded = (max(1, count) + 15) / 16 * 16
    let slab = slabs.count - 1
    if slab >= 0, slabs[slab].used + rounded <= slabs[slab].memory.count {
      let offset = slabs[slab].used
      slabs[slab].used += rounded
      slabs[slab].most = max(slabs[slab].most, slabs[slab].used)
      return FloatBuffer(slabs[slab].memory, offset: offset, count: count)
    }
    let memory = FloatBuffer(uncommitted: max(rounded, Self.slabFloats))
    slabs.append((memory, rounded, rounded))
    return FloatBuffer(memory, offset: 0, count: count)
  }

  /// Lets the next pieces share memory with all before: for layers that write theirs each time before they use it.
  package func reuse() {
    if let last = slabs.indices.last { slabs[last].used = 0 }
    count = 0
    isShared = true
  }

  /// A piece for numbers of single channels, in whole blocks of eight: zeros after ``prepare()``.
  package func lanes(_ channels: Int) -> FloatBuffer {
    let buffer = floats((channels + 7) / 8 * 8)
    zeros.append(buffer)
    return buffer
  }

  /// The pages in which the pieces so far lie.
  package var pageCount: Int {
    slabs.reduce(0) { $0 + LargeMemory.pages(of: $1.memory.start, byteCount: bytes($1.used)).count }
  }

  /// To be called when everything has been asked for and nothing is written yet.
  package func prepare() {
    pages = slabs.flatMap {
      LargeMemory.pages(of: $0.memory.start, byteCount: bytes($0.most))
    }
    isCommitted.withLock { $0 = pages.map { _ in false } }
    // Memory that nobody else writes comes with zeros.
    guard isShared else { return }
    commitAll()
    for buffer in zeros { buffer.start.update(repeating: 0, count: buffer.count) }
  }

  /// Has some of the first ``pageCount`` pages in memory, which after ``prepare()`` come when they are written, but more
  /// slowly. On any threads.
  package func commit(_ range: Range<Int>) {
    for index in range.clamped(to: pages.indices) {
      let isNew = isCommitted.withLock { flags in
        defer { flags[index] = true }
        return !flags[index]
      }
      if isNew { LargeMemory.commit(pages[index]) }
    }
  }

  /// Has all pages in memory that are not yet.
  package func commitAll() {
    commit(pages.indices)
    for slab in slabs {
      LargeMemory.allowHugePages(slab.memory.start, byteCount: bytes(slab.most))
    }
  }

  private func bytes(_ floats: Int) -> Int { floats * MemoryLayout<Float>.stride }
}
