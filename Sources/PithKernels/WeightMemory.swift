import PithTensor

/// Memory for everything that a plan keeps, piece after piece, so that small pieces share huge pages.
///
/// A class because the pieces are counted where they are asked for. Used by one thread.
package final class WeightMemory {
  /// The floats that have been given away.
  package private(set) var count = 0
  private var slab: FloatBuffer?
  /// How much of the slab is given away.
  private var used = 0

  /// Large enough that little is lost at the end of one.
  private static let slabFloats = 8 << 20

  package init() {}

  /// A piece of unspecified content.
  package func floats(_ count: Int) -> FloatBuffer {
    self.count += count
    // Sixteen fill a cache line.
    let rounded = (max(1, count) + 15) / 16 * 16
    guard rounded <= Self.slabFloats else { return FloatBuffer(count: count) }
    if let slab, used + rounded <= slab.count {
      defer { used += rounded }
      return FloatBuffer(slab, offset: used, count: count)
    }
    let slab = FloatBuffer(count: Self.slabFloats)
    self.slab = slab
    used = rounded
    return FloatBuffer(slab, offset: 0, count: count)
  }

  /// A piece of zeros for numbers of single channels: whole blocks of eight.
  package func lanes(_ channels: Int) -> FloatBuffer {
    let buffer = floats((channels + 7) / 8 * 8)
    buffer.start.update(repeating: 0, count: buffer.count)
    return buffer
  }
}
