import PithTensor

/// Memory for everything that a plan keeps, piece after piece, so that small pieces share huge pages.
///
/// A class because the pieces are counted where they are asked for. Used by one thread.
package final class WeightMemory {
  /// The floats that have been given away.
  package private(set) var count = 0
  private var slabs: [(memory: FloatBuffer, used: Int)] = []
  private var zeros: [FloatBuffer] = []

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
      defer { slabs[slab].used += rounded }
      return FloatBuffer(slabs[slab].memory, offset: slabs[slab].used, count: count)
    }
    let memory = FloatBuffer(uncommitted: max(rounded, Self.slabFloats))
    slabs.append((memory, rounded))
    return FloatBuffer(memory, offset: 0, count: count)
  }

  /// A piece for numbers of single channels, in whole blocks of eight; ``prepare()`` writes zeros.
  package func lanes(_ channels: Int) -> FloatBuffer {
    let buffer = floats((channels + 7) / 8 * 8)
    zeros.append(buffer)
    return buffer
  }

  /// To be called when everything has been asked for and nothing is written yet.
  package func prepare() {
    for slab in slabs {
      LargeMemory.useHugePages(slab.memory.start, byteCount: slab.used * MemoryLayout<Float>.stride)
    }
    for buffer in zeros { buffer.start.update(repeating: 0, count: buffer.count) }
  }
}
