import PithTensor

/// Where the pixels of a recipe's result lie in the resized image: resize and crop, without pixels.
struct WindowGeometry: Sendable, Hashable {
  /// One side of the result.
  struct Axis: Sendable, Hashable {
    /// Pixels after the resize.
    let resized: Int
    /// Pixels after the crop.
    let count: Int
    /// Those of the resized pixels that are kept.
    let visible: Range<Int>
    /// Zeros before them; there are also zeros after them when `count` is not reached.
    let padding: Int

    /// - Parameter crop: nil keeps all.
    init(resized: Int, crop: Int?) {
      self.resized = resized
      let count = crop ?? resized
      self.count = count
      if count > resized {
        // torchvision's center_crop pads the smaller half in front.
        padding = (count - resized) / 2
        visible = 0..<resized
      } else {
        padding = 0
        let offset = Self.halfToEven(resized - count)
        visible = offset..<(offset + count)
      }
    }

    /// Python's `round(value / 2)` for a value that is not negative.
    private static func halfToEven(_ value: Int) -> Int {
      let half = value / 2
      return value % 2 == 1 && half % 2 == 1 ? half + 1 : half
    }
  }

  let rows: Axis
  let columns: Axis

  /// The size after the resize.
  var resized: Preprocessing.Size { .init(height: rows.resized, width: columns.resized) }
  /// The size after the crop.
  var size: Preprocessing.Size { .init(height: rows.count, width: columns.count) }
  /// No pixel is moved, filtered, cut or added.
  func isIdentity(for source: Preprocessing.Size) -> Bool { resized == source && size == source }

  /// - Throws: ``PithError`` with the code `limitExceeded` when the resized image is too large to be counted.
  init(_ recipe: Preprocessing, source: Preprocessing.Size) throws {
    let size = try Self.resized(recipe.resize, source)
    rows = Axis(resized: size.height, crop: recipe.crop?.height)
    columns = Axis(resized: size.width, crop: recipe.crop?.width)
  }

  private static func resized(
    _ resize: Preprocessing.Resize?, _ source: Preprocessing.Size
  ) throws -> Preprocessing.Size {
    switch resize {
    case nil:
      return source
    case .exact(let size):
      return size
    case .shorterSide(let side) where source.height <= source.width:
      return .init(height: side, width: try long(side, source.width, source.height))
    case .shorterSide(let side):
      return .init(height: try long(side, source.height, source.width), width: side)
    }
  }

  /// Python's `int(size * long / short)`, whose division is rounded to binary64 before it is cut.
  private static func long(_ side: Int, _ long: Int, _ short: Int) throws -> Int {
    let what = "the longer side of a resized image"
    let quotient = try Double(side.checkedMultiplying(long, what)) / Double(short)
    guard quotient < 0x1p31 else {
      throw PithError(
        .limitExceeded,
        "is \(long) pixels long and \(short) short: resized to \(side) on the shorter side, the "
          + "longer would have more than \(Int32.max)")
    }
    return Int(quotient)
  }
}
