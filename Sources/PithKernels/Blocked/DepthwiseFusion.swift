import CPithKernels
package import PithThreads

/// A pointwise convolution and the depthwise convolution of its results, panel by panel of channels: what lies between them
/// is a few rows in a core's cache, and no activation.
///
/// The results have the same bits as those of the two layers one after the other.
package struct DepthwiseFusion: Sendable {
  package let depthwise: BlockedWindow
  private let rows: DirectRows
  /// The rows of the first layer's results that are held at a time.
  private let height: Int

  /// The most that is held, so that it stays in the second-level cache with the input's rows.
  private static let greatestFloats = 48 << 10

  /// - Parameters: two layers that ``computes(_:_:)`` says yes to.
  package init(_ pointwise: BlockedConvolution, _ depthwise: BlockedWindow) {
    self.depthwise = depthwise
    rows = DirectRows(pointwise)
    height = min(
      pointwise.output.height, Self.greatestFloats / Self.floatsPerRow(of: pointwise))
  }

  /// Whether a convolution is pointwise - 1x1, of one group, each pixel for itself - and the rows of its results that one
  /// row of a window needs are few enough to be held.
  package static func computes(_ first: BlockedConvolution, _ window: SlidingWindow) -> Bool {
    let reach = Double(window.kernelHeight - 1) * Double(window.dilationHeight) + 1
    return first.groups == 1 && DirectRows(first).isPointwise
      && reach * Double(floatsPerRow(of: first)) <= Double(greatestFloats)
  }

  /// The floats of one row of two blocks.
  private static func floatsPerRow(of layer: BlockedConvolution) -> Int {
    WeightPanels.outputsPerPanel * layer.output.width
  }

  package var scratchFloatsPerWorker: Int { 2 * blockStride }

  package var pointwise: BlockedConvolution { rows.layer }
  private var blockStride: Int { height * pointwise.output.width * 8 }

  /// What listings call it.
  package var kernelName: String { "\(pointwise.kernelName) \(depthwise.kernelName)" }
}

extension DepthwiseFusion {
  /// What follows each of the two sums.
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
  ///   - between: what follows the first sum.
  ///   - output: blocked, images `outputStride` apart; overlaps nothing else.
  ///   - residual: added to the depthwise sum before its clamp; laid out as the output, or nil.
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
    let tasks = Tasks(
      layer: self, data: data, between: between, scratch: scratch, images: images,
      threads: pool.threads)
    pool.forEach(tasks.count, tasks)
  }

  /// (image, share of the panels, part of the rows).
  private struct Tasks: ParallelTasks {
    private let layer: DepthwiseFusion
    private let data: BlockedData
    private let between: Tail
    private let scratch: WorkerScratch
    private let panelsPerTask: Int
    private let shares: Int
    private let parts: Int
    let count: Int

    init(
      layer: DepthwiseFusion, data: BlockedData, between: Tail, scratch: WorkerScratch,
      images: Int, threads: Int
    ) {
      self.layer = layer
      self.data = data
      self.between = between
      self.scratch = scratch
      let panels = layer.pointwise.weights[0].panels
      let share = threads == 1 ? 1 : max(1, (3 * threads + images - 1) / images)
      panelsPerTask = DirectRows.panelsPerTask(panels, tasks: share, threads: threads)
      shares = (panels + panelsPerTask - 1) / panelsPerTask
      parts = layer.parts(tasks: images * shares, threads: threads)
      count = images * shares * parts
    }

    func run(task: Int, worker: Int) {
      let (rest, share) = task.quotientAndRemainder(dividingBy: shares)
      let (image, part) = rest.quotientAndRemainder(dividingBy: parts)
      let height = layer.depthwise.output.height
      let rows = height * part / parts..<height * (part + 1) / parts
      let panels =
        share * panelsPerTask..<min(layer.pointwise.weights[0].panels, (share + 1) * panelsPerTask)
      for panel in panels {
        layer.compute(
          rows, panel: panel, data, image: image, between, scratch: scratch.base(of: worker))
      }
    }
  }

  /// Into how many parts the rows of each task are cut so that no thread waits long for the last one: what lies between two
  /// parts is computed twice.
  private func parts(tasks: Int, threads: Int) -> Int {
    let window = depthwise.window
    let shared = Double((window.kernel_height - 1) * window.dilation_y + 1 - window.stride_y)
    func time(_ parts: Int) -> Double {
      let rounds = (tasks * parts + threads - 1) / threads
      return Double(rounds) / Double(parts)
        * (1 + Double(parts - 1) * max(0, shared) / Double(pointwise.output.height))
    }
    return (1...4).filter { $0 <= max(1, depthwise.output.height / 4) }
      .min { time($0) < time($1) } ?? 1
  }

  /// Computes rows of the results of one panel.
  private func compute(
    _ range: Range<Int>, panel: Int, _ data: BlockedData, image: Int, _ between: Tail,
    scratch: UnsafeMutablePointer<Float>
  ) {
    guard case .depthwise(let weights, let bias) = depthwise.kind else { return }
    var window = depthwise.window
    let rowFloats = pointwise.output.width * 8
    let taps = window.kernel_height * window.kernel_width
    let reach = (window.kernel_height - 1) * window.dilation_y + 1
    let blocks = pointwise.weights[0].blocks(of: panel)
    let kernels = depthwise.kernels
    // Of the first layer's results, the rows that are held.
    var held = 0..<0
    var row = range.lowerBound
    while row < range.upperBound {
      let start = row * window.stride_y - depthwise.window.top
      let top = min(max(0, start), pointwise.output.height)
      // As many rows of results as the held rows give.
      let fitting = (top + height - start - reach) / window.stride_y + 1
      let end = min(range.upperBound, row + max(1, fitting))
      let bottom = max(
        top, min(pointwise.output.height, (end - 1 - row) * window.stride_y + start + reach))
      let kept = top < held.upperBound ? held.upperBound - top : 0
      if kept > 0, top > held.lowerBound {
        for block in 0..<blocks {
          let place = scratch + block * blockStride
          place.update(from: place + (top - held.lowerBound) * rowFloats, count: kept * rowFloats)
        }
      }
      if top + kept < bottom {
        rows.compute(
          top + kept..<bottom, panels: panel..<panel + 1, of: 0,
          input: data.input + image * data.inputStride,
          DirectRows.Target(
            output: scratch + kept * rowFloats, residual: nil, blockStride: blockStride,
            clamp: between.clamp, function: between.function),
          scratch: scratch)
      }
      held = top..<bottom

      // The same window on an image that has only these rows.
      window.height = bottom - top
      window.top = top - start
      for block in 0..<blocks {
        let channel = 2 * panel + block
        let place =
          channel * depthwise.output.blockStride + row * depthwise.output.width * 8
        let output = data.output + image * data.outputStride + place
        kernels.depthwise(
          &window, 0, end - row, scratch + block * blockStride, weights.start + channel * taps * 8,
          bias.start + channel * 8, data.residual.map { $0 + image * data.residualStride + place },
          data.clamp.low, data.clamp.high, output)
        data.function?.apply(
          kernels, count: (end - row) * depthwise.output.width * 8, output, to: output)
      }
      row = end
    }
  }
}
