import CPithKernels
import PithThreads

/// Some rows of an image with their padding, as the direct algorithms read them.
struct DirectStrip: Sendable {
  /// Output rows that are computed from one copy.
  let rows: Int
  /// The rows and columns of a copy.
  let height: Int
  let width: Int
  /// 8 for blocks, 1 for planes.
  let lanes: Int
  let planes: Int
  /// Whether a copy is needed: something outside of the image is read.
  let isCopied: Bool

  /// A copy stays in the second-level cache.
  private static let greatestFloats = 48 << 10

  /// Whether the rows that one output row needs are few enough to be copied: padding and dilation of a few bytes in a file
  /// may ask for any amount.
  static func fits(_ window: SlidingWindow, planes: Int) -> Bool {
    let rows = Double(window.kernelHeight - 1) * Double(window.dilationHeight) + 1
    let columns =
      Double(window.outputWidth - 1) * Double(window.strideWidth)
      + Double(window.kernelWidth - 1) * Double(window.dilationWidth) + 1
    return rows * columns * Double(planes) * 8 <= Double(1 << 26)
  }

  init(_ window: SlidingWindow, lanes: Int, planes: Int) {
    self.lanes = lanes
    self.planes = planes
    let reach = (window.kernelHeight - 1) * window.dilationHeight + 1
    let span =
      (window.outputWidth - 1) * window.strideWidth + (window.kernelWidth - 1)
      * window.dilationWidth + 1
    let lastRow = (window.outputHeight - 1) * window.strideHeight + reach
    isCopied =
      window.top > 0 || window.left > 0 || span > window.inputWidth || lastRow > window.inputHeight
    width = isCopied ? span : window.inputWidth
    let perRow = max(1, width * lanes * planes)
    let fitting = (Self.greatestFloats / perRow - reach) / window.strideHeight + 1
    rows = max(1, min(window.outputHeight, fitting))
    height = (rows - 1) * window.strideHeight + reach
  }

  var floats: Int { isCopied ? planes * height * width * lanes : 0 }

  /// Where the taps of a window lie from its first one, plane after plane.
  func offsets(of window: SlidingWindow, planes count: Int) -> [Int] {
    let planeStride =
      isCopied ? height * width * lanes : window.inputPixels * lanes
    return (0..<count).flatMap { plane in
      (0..<window.kernelHeight).flatMap { r in
        (0..<window.kernelWidth).map { s in
          plane * planeStride
            + (r * window.dilationHeight * width + s * window.dilationWidth) * lanes
        }
      }
    }
  }
}

/// The tasks of a direct convolution: (image, group, share of the panels, strip of rows).
struct DirectTasks: ParallelTasks {
  private let layer: BlockedConvolution
  private let data: BlockedData
  private let scratch: WorkerScratch
  private let strip: DirectStrip
  private let rowsPerTask: Int
  private let strips: Int
  private let panelsPerTask: Int
  private let shares: Int
  /// Whether a pixel's inputs stand alone, so that rows are one long run.
  private let isPointwise: Bool
  let count: Int

  init(
    _ layer: BlockedConvolution, _ data: BlockedData, images: Int, threads: Int,
    scratch: WorkerScratch
  ) {
    self.layer = layer
    self.data = data
    self.scratch = scratch
    let window = layer.window
    let strip = layer.strip ?? DirectStrip(window, lanes: 8, planes: 1)
    self.strip = strip
    isPointwise =
      !strip.isCopied && layer.taps.count == 1 && window.strideWidth == 1
      && window.strideHeight == 1 && layer.algorithm == .direct
    let panels = layer.weights[0].panels
    let wanted = threads == 1 ? 1 : 3 * threads
    let others = images * layer.groups
    var strips = (window.outputHeight + strip.rows - 1) / strip.rows
    // Where panels are enough for all threads, each computes some channels of all pixels: weights are read once, and a
    // depthwise convolution that follows finds its channels in the same thread's cache.
    let perThread = (panels + threads - 1) / threads
    let isByPanel = isPointwise && others == 1 && 15 * perThread * threads <= 16 * panels
    if others * strips < wanted, !isByPanel {
      // Not so small that the weights are read again for a few pixels.
      let smallest = max(1, 24 / max(1, window.outputWidth))
      strips = min(
        max(strips, (wanted + others - 1) / others),
        max(strips, window.outputHeight / smallest))
    }
    rowsPerTask = (window.outputHeight + strips - 1) / strips
    self.strips = (window.outputHeight + rowsPerTask - 1) / rowsPerTask
    let share =
      isByPanel ? wanted : max(1, (wanted + others * self.strips - 1) / (others * self.strips))
    panelsPerTask = max(1, (panels + share - 1) / share)
    shares = (panels + panelsPerTask - 1) / panelsPerTask
    count = images * layer.groups * self.strips * shares
  }

  func run(task: Int, worker: Int) {
    var rest = task
    let stripIndex = rest % strips
    rest /= strips
    let share = rest % shares
    rest /= shares
    let group = rest % layer.groups
    let image = rest / layer.groups
    let window = layer.window
    let firstRow = stripIndex * rowsPerTask
    let endRow = min(window.outputHeight, firstRow + rowsPerTask)
    let groupBlocks = layer.input.blocks / layer.groups
    let isPlanar = layer.algorithm == .planar
    let source =
      data.input + image * data.inputStride
      + (isPlanar ? 0 : group * groupBlocks * layer.input.blockStride)
    let rowStride = strip.width * strip.lanes
    let x: UnsafePointer<Float>
    var blockStride = layer.input.blockStride
    if strip.isCopied {
      let copy = scratch.base(of: worker)
      let planes = isPlanar ? layer.input.channels : groupBlocks
      strip.copy(
        source, of: window, planes: planes, firstRow: firstRow, endRow: endRow, to: copy)
      x = UnsafePointer(copy)
      blockStride = strip.height * rowStride
    } else {
      x = source + firstRow * window.strideHeight * rowStride
    }
    var input = pith_product_input(
      taps: layer.taps.start, tap_count: layer.taps.count,
      blocks: isPlanar ? 1 : groupBlocks, block_stride: blockStride,
      pixel_stride: window.strideWidth * strip.lanes, next: nil, next_floats: 0)
    let weights = layer.weights[isPlanar ? 0 : group]
    let product =
      isPlanar ? layer.kernels.productPlanar.function : layer.kernels.product.function
    let pixels = layer.output.width
    for panel in share * panelsPerTask..<min(weights.panels, (share + 1) * panelsPerTask) {
      let block = group * weights.outputBlocks + 2 * panel
      let blocks = weights.blocks(of: panel)
      let origin = block * layer.output.blockStride + firstRow * pixels * 8
      let runs = isPointwise ? 1 : endRow - firstRow
      let run = isPointwise ? (endRow - firstRow) * pixels : pixels
      // A function is applied to what is still in the first-level cache.
      let piece = data.function == nil ? run : min(run, Self.pixelsInCache)
      let pieces = (run + piece - 1) / piece
      let next = weights.next(after: panel, runs: runs * pieces)
      for index in 0..<runs * pieces {
        let (row, part) = index.quotientAndRemainder(dividingBy: pieces)
        let first = part * piece
        let count = min(piece, run - first)
        input.next = next.start.map { $0 + index * next.floats }
        input.next_floats = next.floats
        let place = origin + (row * pixels + first) * 8
        var shape = pith_product_output(
          bias: layer.bias.start + block * 8,
          residual: data.residual.map { $0 + image * data.residualStride + place },
          block_stride: layer.output.blockStride, pixel_stride: 8, low: data.clamp.low,
          high: data.clamp.high)
        let output = data.output + image * data.outputStride + place
        product(
          blocks, count, &input,
          x + row * window.strideHeight * rowStride + first * input.pixel_stride,
          weights.start(of: panel), &shape, output)
        guard let function = data.function else { continue }
        for b in 0..<blocks {
          let start = output + b * layer.output.blockStride
          function.apply(layer.kernels, count: count * 8, start, to: start)
        }
      }
    }
  }

  /// The pixels of two blocks that a function is applied to at once.
  private static let pixelsInCache = 112
}
