import CPithKernels
package import PithThreads

/// A convolution and a window over its results - a depthwise convolution or a pool: what lies between them is a few rows of
/// a panel of channels, or some tiles of Winograd's, in a core's cache, and no activation.
///
/// The results have the same bits as those of the two layers one after the other.
package struct WindowFusion: Sendable {
  package let first: BlockedConvolution
  package let window: BlockedWindow
  private let way: Way

  /// What of the first layer's results is held at a time.
  private enum Way {
    /// So many rows of a panel; the layer is direct.
    case rows(Int)
    /// Tiles of so many rows and columns, of Winograd's.
    case tiles(Int)
  }

  /// The most that is held, so that it stays in the second-level cache with the input's rows.
  private static let greatestFloats = 48 << 10

  /// - Parameters: two layers that ``computes(_:_:)`` says yes to.
  package init(_ first: BlockedConvolution, _ window: BlockedWindow) {
    self.first = first
    self.window = window
    if case .winograd(let m) = first.algorithm {
      way = .tiles(m)
    } else {
      let most = first.strip.flatMap { $0.isCopied ? $0.rows : nil } ?? first.output.height
      way = .rows(min(most, Self.greatestFloats / Self.floatsPerRow(of: first)))
    }
  }

  /// Whether a convolution is Winograd's and the window halves its tiles, or it is direct and its rows can be held.
  ///
  /// The latter is so when it is pointwise - 1x1, of one group, each pixel for itself - or the first layer, whose weights are few,
  /// and when of its results the rows that one row of a window needs are few enough. Padded rows of its input are copied for
  /// every panel: with many panels that costs what the fusion saves.
  package static func computes(_ first: BlockedConvolution, _ window: SlidingWindow) -> Bool {
    if case .winograd = first.algorithm { return window.halves }
    let reach = Double(window.kernelHeight - 1) * Double(window.dilationHeight) + 1
    guard first.groups == 1, let strip = first.strip,
      first.algorithm == .planar || DirectRows(first).isPointwise
    else { return false }
    return reach * Double(floatsPerRow(of: first)) <= Double(greatestFloats)
      && (!strip.isCopied
        || first.weights[0].panels <= mostPanelsOfCopies
          && (strip.rows == first.output.height || reach <= Double(strip.rows)))
  }

  /// The most panels for which rows are copied: first layers in front of a depthwise convolution have no more.
  private static let mostPanelsOfCopies = 2

  /// The floats of one row of two blocks.
  private static func floatsPerRow(of layer: BlockedConvolution) -> Int {
    WeightPanels.outputsPerPanel * layer.output.width
  }

  package var scratchFloatsPerWorker: Int {
    switch way {
    case .rows(let height): 2 * blockStride(height) + first.scratchFloatsPerWorker
    case .tiles(let m): first.scratchFloatsPerWorker + WinogradTasks.floatsBeforeWindow(m)
    }
  }

  private func blockStride(_ height: Int) -> Int { height * first.output.width * 8 }

  /// What listings call it.
  package var kernelName: String {
    let panelWindow = window.output.blocks > 1 ? PanelWindow(window) : nil
    return "\(first.kernelName) \(panelWindow?.kernelName ?? window.kernelName)"
  }
}

extension WindowFusion {
  /// What follows each of the two layers.
  package struct Tail {
    package let clamp: ClosedClamp
    package let function: MapFunction?

    package init(clamp: ClosedClamp, function: MapFunction?) {
      self.clamp = clamp
      self.function = function
    }
  }

  /// Computes a batch. Allocates nothing.
  ///
  /// - Parameters:
  ///   - input: blocked; images follow one another `inputStride` apart.
  ///   - between: what follows the convolution; no function behind Winograd's.
  ///   - output: blocked, images `outputStride` apart; overlaps nothing else.
  ///   - residual: added to a depthwise sum before its clamp; laid out as the output, or nil.
  package func run(
    images: Int, input: UnsafePointer<Float>, inputStride: Int, between: Tail,
    output: UnsafeMutablePointer<Float>, outputStride: Int, residual: UnsafePointer<Float>?,
    residualStride: Int, clamp: ClosedClamp, function: MapFunction?, pool: ThreadPool,
    scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    let data = BlockedData(
      input: input, inputStride: inputStride, output: output, outputStride: outputStride,
      residual: residual, residualStride: residualStride, clamp: clamp, function: function)
    switch way {
    case .rows(let height):
      let tasks = RowTasks(
        layer: self, height: height, data: data, between: between, scratch: scratch,
        images: images, threads: pool.threads)
      pool.forEach(tasks.count, tasks)
    case .tiles(let m):
      WinogradTasks(
        first, m, data, images: images, threads: pool.threads, scratch: scratch,
        window: (window, between.clamp)
      ).run(on: pool)
    }
  }

  /// (image, share of the panels, part of the rows).
  private struct RowTasks: ParallelTasks {
    private let layer: WindowFusion
    private let rows: DirectRows
    private let panelWindow: PanelWindow?
    /// How many rows of the first layer's results are held.
    private let height: Int
    private let data: BlockedData
    private let between: Tail
    private let scratch: WorkerScratch
    private let division: WorkDivision

    var count: Int { division.count }

    init(
      layer: WindowFusion, height: Int, data: BlockedData, between: Tail, scratch: WorkerScratch,
      images: Int, threads: Int
    ) {
      self.layer = layer
      self.rows = DirectRows(layer.first)
      panelWindow = PanelWindow(layer.window)
      self.height = height
      self.data = data
      self.between = between
      self.scratch = scratch
      let panels = layer.first.weights[0].panels
      let outputRows = layer.window.output.height
      let wanted = threads == 1 ? 1 : max(1, (3 * threads + images - 1) / images)
      if images == 1, layer.dividesRows(threads: threads) {
        division = WorkDivision(
          images: 1, rows: outputRows, parts: threads, panels: panels,
          panelsPerTask: max(1, (panels + 2) / 3), isByRows: true)
      } else {
        let share = DirectRows.panelsPerTask(panels, tasks: wanted, threads: threads)
        let tasks = images * ((panels + share - 1) / share)
        division = WorkDivision(
          images: images, rows: outputRows, parts: layer.parts(tasks: tasks, threads: threads),
          panels: panels, panelsPerTask: share, isByRows: true)
      }
    }

    func run(task: Int, worker: Int) {
      let part = division.part(task)
      for panel in part.panels {
        layer.compute(
          part.rows, panel: panel, of: rows, panelWindow, holding: height, data,
          image: part.image, between, scratch: scratch.base(of: worker))
      }
    }
  }

  /// Whether threads had better compute some rows each of all channels, although rows at the borders are computed twice.
  private func dividesRows(threads: Int) -> Bool {
    first.algorithm == .direct && first.dividesRows(threads: threads)
      && WorkDivision.isEven(window.output.height, threads: threads)
      && 6 * sharedRows * (threads - 1) <= first.output.height
  }

  /// The rows of the first layer's results that two neighbouring rows of results need both.
  private var sharedRows: Int {
    let window = self.window.window
    return max(0, (window.kernel_height - 1) * window.dilation_y + 1 - window.stride_y)
  }

  /// Into how many parts the rows of each task are cut so that no thread waits long for the last one: what lies between two
  /// parts is computed twice.
  private func parts(tasks: Int, threads: Int) -> Int {
    func time(_ parts: Int) -> Double {
      let rounds = (tasks * parts + threads - 1) / threads
      return Double(rounds) / Double(parts)
        * (1 + Double(parts - 1) * Double(sharedRows) / Double(first.output.height))
    }
    return (1...min(4, max(1, window.output.height / 4))).min { time($0) < time($1) } ?? 1
  }

  /// Computes rows of the results of one panel.
  private func compute(
    _ range: Range<Int>, panel: Int, of rows: DirectRows, _ panelWindow: PanelWindow?,
    holding height: Int, _ data: BlockedData, image: Int, _ between: Tail,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var part = window.window
    let reach = (part.kernel_height - 1) * part.dilation_y + 1
    let blocks = min(2, first.output.blocks - 2 * panel)
    // One vector for both blocks of a pixel where the window takes that, else block after block.
    let panelWindow = blocks == 2 ? panelWindow : nil
    let isPanel = panelWindow != nil
    let (pixelStride, blockStride) = isPanel ? (16, 8) : (8, blockStride(height))
    let rowFloats = first.output.width * pixelStride
    // Of the first layer's results, the rows that are held.
    var held = 0..<0
    var row = range.lowerBound
    while row < range.upperBound {
      let start = row * part.stride_y - window.window.top
      let top = min(max(0, start), first.output.height)
      // As many rows of results as the held rows give.
      let fitting = (top + height - start - reach) / part.stride_y + 1
      let end = min(range.upperBound, row + max(1, fitting))
      let bottom = max(
        top, min(first.output.height, (end - 1 - row) * part.stride_y + start + reach))
      let kept = top < held.upperBound ? held.upperBound - top : 0
      if kept > 0, top > held.lowerBound {
        for run in 0..<(isPanel ? 1 : blocks) {
          let place = scratch + run * blockStride
          place.update(from: place + (top - held.lowerBound) * rowFloats, count: kept * rowFloats)
        }
      }
      if top + kept < bottom {
        rows.compute(
          top + kept..<bottom, panels: panel..<panel + 1, of: 0,
          input: data.input + image * data.inputStride,
          DirectRows.Target(
            output: scratch + kept * rowFloats, residual: nil, blockStride: blockStride,
            pixelStride: pixelStride, clamp: between.clamp, function: between.function),
          scratch: scratch + 2 * self.blockStride(height))
      }
      held = top..<bottom

      // The same window on an image that has only these rows.
      part.height = bottom - top
      part.top = top - start
      let place = 2 * panel * window.output.blockStride + row * window.output.width * 8
      let output = data.output + image * data.outputStride + place
      let residual = data.residual.map { $0 + image * data.residualStride + place }
      panelWindow?.compute(
        part, rows: 0..<end - row, panel: panel, scratch, residual, data.clamp, output)
      for block in 0..<blocks {
        let offset = block * window.output.blockStride
        if !isPanel {
          window.compute(
            part, rows: 0..<end - row, block: 2 * panel + block, scratch + block * blockStride,
            residual.map { $0 + offset }, data.clamp, output + offset)
        }
        data.function?.apply(
          window.kernels, count: (end - row) * window.output.width * 8, output + offset,
          to: output + offset)
      }
      row = end
    }
  }
}

extension SlidingWindow {
  /// Whether each result is of a 2x2 of its own.
  fileprivate var halves: Bool {
    kernelHeight == 2 && kernelWidth == 2 && strideHeight == 2 && strideWidth == 2
      && dilationHeight == 1 && dilationWidth == 1 && top == 0 && left == 0
      && outputHeight == inputHeight / 2 && outputWidth == inputWidth / 2
  }
}
