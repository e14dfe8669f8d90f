import CPithKernels

/// Some rows of the output of a direct convolution.
struct DirectRows: Sendable {
  /// Where results go, and what is done to them.
  struct Target {
    /// The first pixel of the first row, in the first block.
    let output: UnsafeMutablePointer<Float>
    /// The same place of what is added before the clamp, or nil.
    let residual: UnsafePointer<Float>?
    /// From one block to the next and from one pixel to the next, in both.
    let blockStride: Int
    /// 8; or 16, where both blocks of a panel lie side by side, for one panel.
    let pixelStride: Int
    let clamp: ClosedClamp
    /// Applied to what has been written.
    let function: MapFunction?

    /// In how many runs so many blocks of neighbouring pixels lie.
    func runs(ofBlocks blocks: Int) -> Int { pixelStride == 8 ? blocks : 1 }
  }

  let layer: BlockedConvolution
  let strip: DirectStrip
  private let product: ProductFunction
  /// Whether a pixel's inputs stand alone in the image, so that rows are one long run.
  let isPointwise: Bool
  private let isPlanar: Bool
  /// Whether the kernel puts several rows into one of its tiles.
  private let goTogether: Bool

  /// The pixels of two blocks that a function is applied to at once, which then are still in the first-level cache.
  private static let pixelsInCache = 112

  init(_ layer: BlockedConvolution) {
    self.layer = layer
    let strip = layer.strip ?? DirectStrip(layer.window, lanes: 8, planes: 1)
    self.strip = strip
    isPlanar = layer.algorithm == .planar
    isPointwise =
      !strip.isCopied && layer.taps.count == 1 && layer.window.strideWidth == 1
      && layer.window.strideHeight == 1 && layer.algorithm == .direct
    product = isPlanar ? layer.kernels.productPlanar.function : layer.kernels.product.function
    goTogether =
      !isPointwise && !strip.isSampled && !isPlanar
      && layer.kernels.takesRows(of: layer.output.width)
  }

  /// How many panels a task takes so that no thread has more to do than it must: as many as leave about `tasks` tasks, or
  /// fewer.
  static func panelsPerTask(_ panels: Int, tasks: Int, threads: Int) -> Int {
    let most = max(1, (panels + tasks - 1) / tasks)
    func greatestShare(_ count: Int) -> Int {
      let tasks = (panels + count - 1) / count
      return (tasks + threads - 1) / threads * count
    }
    return (1...most).reversed().min { greatestShare($0) < greatestShare($1) } ?? 1
  }

  /// Computes rows for some panels of outputs.
  ///
  /// - Parameters:
  ///   - rows: at most as many as the strip has, where that is copied.
  ///   - input: the image.
  ///   - scratch: `strip.floats` values, overwritten.
  func compute(
    _ rows: Range<Int>, panels: Range<Int>, of group: Int, input: UnsafePointer<Float>,
    _ target: Target, scratch: UnsafeMutablePointer<Float>
  ) {
    precondition(target.pixelStride == 8 || panels.count == 1)
    let window = layer.window
    let groupBlocks = layer.input.blocks / layer.groups
    let source = input + (isPlanar ? 0 : group * groupBlocks * layer.input.blockStride)
    let rowStride = strip.width * strip.lanes
    let x: UnsafePointer<Float>
    var blockStride = layer.input.blockStride
    if strip.isCopied {
      strip.copy(
        source, of: window, planes: isPlanar ? layer.input.channels : groupBlocks,
        firstRow: rows.lowerBound, endRow: rows.upperBound, to: scratch)
      x = UnsafePointer(scratch)
      blockStride = strip.height * rowStride
    } else {
      x = source + rows.lowerBound * window.strideHeight * rowStride
    }
    var input = pith_product_input(
      taps: layer.taps.start, tap_count: layer.taps.count,
      blocks: isPlanar ? 1 : groupBlocks, block_stride: blockStride,
      pixel_stride: (strip.isSampled ? 1 : window.strideWidth) * strip.lanes, row_pixels: 0,
      row_stride: 0, next: nil, next_floats: 0)
    let weights = layer.weights[group]
    let pixels = layer.output.width
    let rowStep = window.strideHeight * rowStride
    if goTogether { (input.row_pixels, input.row_stride) = (pixels, rowStep) }
    let isOneRun = isPointwise || strip.isSampled || goTogether
    let runs = isOneRun ? 1 : rows.count
    let run = isOneRun ? rows.count * pixels : pixels
    // Whole rows of those that go together: their widths divide it.
    let piece = target.function == nil ? run : min(run, Self.pixelsInCache)
    let pieces = (run + piece - 1) / piece
    for panel in panels {
      let blocks = weights.blocks(of: panel)
      let origin = 2 * (panel - panels.lowerBound) * target.blockStride
      let bias = layer.bias.start + layer.block(of: panel, in: group) * 8
      let next = weights.next(after: panel, runs: runs * pieces)
      for index in 0..<runs * pieces {
        let (row, part) = index.quotientAndRemainder(dividingBy: pieces)
        let first = part * piece
        let count = min(piece, run - first)
        input.next = next.start.map { $0 + index * next.floats }
        input.next_floats = next.floats
        let place = origin + (row * pixels + first) * target.pixelStride
        var shape = pith_product_output(
          bias: bias, residual: target.residual.map { $0 + place },
          block_stride: target.blockStride, pixel_stride: target.pixelStride,
          low: target.clamp.low, high: target.clamp.high)
        let output = target.output + place
        product(
          blocks, count, &input,
          x + (goTogether ? first / pixels * rowStep : row * rowStep + first * input.pixel_stride),
          weights.start(of: panel), &shape, output)
        guard let function = target.function else { continue }
        for b in 0..<target.runs(ofBlocks: blocks) {
          let start = output + b * target.blockStride
          function.apply(layer.kernels, count: count * target.pixelStride, start, to: start)
        }
      }
    }
  }
}

extension BlockedConvolution {
  /// The first block of outputs of a panel.
  func block(of panel: Int, in group: Int) -> Int { group * weights[0].outputBlocks + 2 * panel }
}
