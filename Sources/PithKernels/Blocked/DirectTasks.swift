import PithThreads

/// The tasks of a direct convolution: of each group of each image, strips of rows and shares of the panels.
struct DirectTasks: ParallelTasks {
  private let rows: DirectRows
  private let data: BlockedData
  private let scratch: WorkerScratch
  private let division: WorkDivision

  var count: Int { division.count }

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
    var panelsPerTask = panels
    var isByRows = false
    if others * strips < wanted {
      if others == 1, rows.isPointwise, layer.dividesRows(threads: threads) {
        isByRows = true
        strips = (strips + threads - 1) / threads * threads
      } else if others == 1, rows.isPointwise, WorkDivision.isEven(panels, threads: threads) {
        // Where panels are enough for all threads, each computes some channels of all pixels: weights are read once.
        panelsPerTask = DirectRows.panelsPerTask(panels, tasks: wanted, threads: threads)
      } else {
        // Not so small that the weights are read again for a few pixels.
        let smallest = max(1, 24 / max(1, output.width))
        strips = min(
          max(strips, (wanted + others - 1) / others), max(strips, output.height / smallest))
      }
    }
    if panelsPerTask == panels {
      let share = max(1, (wanted + others * strips - 1) / (others * strips))
      panelsPerTask = max(1, (panels + share - 1) / share)
    }
    division = WorkDivision(
      images: others, rows: output.height, parts: strips, panels: panels,
      panelsPerTask: panelsPerTask, isByRows: isByRows)
  }

  func run(task: Int, worker: Int) {
    let layer = rows.layer
    let part = division.part(task)
    let (image, group) = part.image.quotientAndRemainder(dividingBy: layer.groups)
    let place =
      layer.block(of: part.panels.lowerBound, in: group) * layer.output.blockStride
      + part.rows.lowerBound * layer.output.width * 8
    rows.compute(
      part.rows, panels: part.panels, of: group,
      input: data.input + image * data.inputStride,
      DirectRows.Target(
        output: data.output + image * data.outputStride + place,
        residual: data.residual.map { $0 + image * data.residualStride + place },
        blockStride: layer.output.blockStride, pixelStride: 8, clamp: data.clamp,
        function: data.function),
      scratch: scratch.base(of: worker))
  }
}

extension BlockedConvolution {
  /// Whether threads that share one image had better compute some rows of all channels each than some channels of all rows.
  ///
  /// Workers take tasks from both ends (`ThreadPool`), so that of two threads one computes the upper rows and the other one
  /// the lower, in one layer after the other: each then reads what it wrote itself. Lines of the cache that another core has
  /// read take long to be written: measured on a Zen 4, 150 KB took 22 microseconds and not 1.4. Every thread reads all
  /// weights then, though, so they should not be more than the activations.
  func dividesRows(threads: Int) -> Bool {
    threads > 1 && WorkDivision.isEven(output.height, threads: threads)
      && weights[0].count <= input.count + output.count
  }
}
