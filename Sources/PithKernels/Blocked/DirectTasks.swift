import PithThreads

/// The tasks of a direct convolution: (image, group, share of the panels, strip of rows).
struct DirectTasks: ParallelTasks {
  private let rows: DirectRows
  private let data: BlockedData
  private let scratch: WorkerScratch
  private let rowsPerTask: Int
  private let strips: Int
  private let panelsPerTask: Int
  private let shares: Int
  let count: Int

  init(
    _ layer: BlockedConvolution, _ data: BlockedData, images: Int, threads: Int,
    scratch: WorkerScratch
  ) {
    rows = DirectRows(layer)
    self.data = data
    self.scratch = scratch
    let output = layer.output
    let panels = layer.weights[0].panels
    let wanted = threads == 1 ? 1 : 3 * threads
    let others = images * layer.groups
    var strips = (output.height + rows.strip.rows - 1) / rows.strip.rows
    // Where panels are enough for all threads, each computes some channels of all pixels: weights are read once.
    let perThread = (panels + threads - 1) / threads
    let isByPanel =
      rows.isPointwise && others == 1 && 15 * perThread * threads <= 16 * panels
    if others * strips < wanted, !isByPanel {
      // Not so small that the weights are read again for a few pixels.
      let smallest = max(1, 24 / max(1, output.width))
      strips = min(
        max(strips, (wanted + others - 1) / others), max(strips, output.height / smallest))
    }
    rowsPerTask = (output.height + strips - 1) / strips
    self.strips = (output.height + rowsPerTask - 1) / rowsPerTask
    let share =
      isByPanel ? wanted : max(1, (wanted + others * self.strips - 1) / (others * self.strips))
    panelsPerTask =
      isByPanel
      ? DirectRows.panelsPerTask(panels, tasks: share, threads: threads)
      : max(1, (panels + share - 1) / share)
    shares = (panels + panelsPerTask - 1) / panelsPerTask
    count = images * layer.groups * self.strips * shares
  }

  func run(task: Int, worker: Int) {
    let layer = rows.layer
    var rest = task
    let strip = rest % strips
    rest /= strips
    let share = rest % shares
    rest /= shares
    let group = rest % layer.groups
    let image = rest / layer.groups
    let first = strip * rowsPerTask
    let panels =
      share * panelsPerTask..<min(layer.weights[group].panels, (share + 1) * panelsPerTask)
    let place =
      layer.block(of: panels.lowerBound, in: group) * layer.output.blockStride
      + first * layer.output.width * 8
    rows.compute(
      first..<min(layer.output.height, first + rowsPerTask), panels: panels, of: group,
      input: data.input + image * data.inputStride,
      DirectRows.Target(
        output: data.output + image * data.outputStride + place,
        residual: data.residual.map { $0 + image * data.residualStride + place },
        blockStride: layer.output.blockStride, clamp: data.clamp, function: data.function),
      scratch: scratch.base(of: worker))
  }
}
