/// The left matrix of a product, cut into blocks of depth and these into panels of rows.
///
/// Layout: `[block][panel][depth of the block][tile rows]`, rows beyond the last are zero.
struct PackedRows: Sendable {
  let values: [Float]
  /// The first depth of each block, and the depth itself as the last.
  let blockStarts: [Int]
  let rows: Int
  let tileRows: Int

  /// - Parameters:
  ///   - matrix: `rows` rows of `depth` values, row-major.
  ///   - blockStarts: from 0 to `depth`, ascending.
  init(
    _ matrix: UnsafeBufferPointer<Float>, rows: Int, depth: Int, blockStarts: [Int], tileRows: Int
  ) {
    let panels = Self.panels(rows, tileRows)
    var packed = [Float](repeating: 0, count: panels * tileRows * depth)
    packed.withUnsafeMutableBufferPointer { packed in
      for block in 0..<blockStarts.count - 1 {
        let start = blockStarts[block]
        let blockDepth = blockStarts[block + 1] - start
        let base = panels * tileRows * start
        for row in 0..<rows {
          let panel = base + row / tileRows * tileRows * blockDepth + row % tileRows
          for k in 0..<blockDepth {
            packed[panel + k * tileRows] = matrix[row * depth + start + k]
          }
        }
      }
    }
    values = packed
    self.blockStarts = blockStarts
    self.rows = rows
    self.tileRows = tileRows
  }

  /// The number of panels of `rows` rows.
  static func panels(_ rows: Int, _ tileRows: Int) -> Int {
    (rows + tileRows - 1) / tileRows
  }
}

/// How the depth of a product is cut so that a panel of each side fits the first-level cache together.
enum DepthBlocks {
  /// 320 * (16 + 6) floats are 28 KB.
  static let greatestDepth = 320

  /// Blocks of nearly equal numbers of `units` of `unitDepth` each; their first depths, and the whole depth.
  ///
  /// The cut depends on the depth alone, and with it the order in which every element is summed.
  static func starts(units: Int, unitDepth: Int) -> [Int] {
    let most = max(1, greatestDepth / unitDepth)
    let blocks = (units + most - 1) / most
    return (0...blocks).map { (units / blocks * $0 + min($0, units % blocks)) * unitDepth }
  }

  /// The greatest depth of a block.
  static func greatest(_ starts: [Int]) -> Int {
    zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0
  }
}
