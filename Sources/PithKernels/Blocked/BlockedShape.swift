/// The sizes of an activation in channel blocks of eight: `[blocks][height][width][8]`, see `pith_blocked.h`.
package struct BlockedShape: Sendable, Hashable {
  package var channels: Int
  package var height: Int
  package var width: Int

  package init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  package var blocks: Int { (channels + 7) / 8 }
  package var pixels: Int { height * width }
  /// The floats from one block to the next.
  package var blockStride: Int { pixels * 8 }
  /// The floats of one image, unused lanes included.
  package var count: Int { blocks * blockStride }
}
