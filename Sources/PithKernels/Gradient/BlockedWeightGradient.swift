import CPithKernels
package import PithThreads

/// The gradient of a loss by the weights of a convolution of blocked activations.
///
/// `dw[k, c, r, s]` is the sum over images and pixels of `dy` times the `x` that it met. The images are cut into a number of
/// shards that follows from the sizes alone, and the sums of the shards are added in order: the result has the same bits
/// on any number of threads. Convolutions of 3x3 go Winograd's way where that is less work.
package struct BlockedWeightGradient: Sendable {
  let window: SlidingWindow
  let input: BlockedShape
  let output: BlockedShape
  let groups: Int
  let kernels: GradientKernelSet
  /// The other way; nil: tap by tap.
  private let winograd: WinogradWeightGradient?
  let strip: DirectStrip
  let taps: TapOffsets
  /// How many shards a batch of many images is cut into.
  private let greatestShards: Int

  /// Tasks that suffice for a few threads.
  private static let wantedTasks = 16

  package init(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int,
    kernels: GradientKernelSet, blocked: BlockedKernelSet
  ) {
    self.window = window
    self.groups = groups
    self.kernels = kernels
    input = BlockedShape(channels: channels, height: window.inputHeight, width: window.inputWidth)
    output = BlockedShape(
      channels: outputs, height: window.outputHeight, width: window.outputWidth)
    strip = DirectStrip(window, lanes: 8, planes: 1)
    taps = TapOffsets(strip.offsets(of: window, planes: 1))
    greatestShards = max(1, Self.wantedTasks / ((channels + 7) / 8))
    winograd = WinogradWeightGradient(
      window, input: input, output: output, groups: groups, kernels: kernels, blocked: blocked)
  }

  /// The scratch floats that each worker needs, such as a block of some rows with their padding.
  package var scratchFloatsPerWorker: Int { winograd?.scratchFloatsPerWorker ?? strip.floats }

  /// The scratch floats that all workers share: the sums of each shard.
  package var sharedFloats: Int { winograd?.sharedFloats ?? greatestShards * sumsPerShard }

  var groupOutputs: Int { output.channels / groups }
  var groupOutputBlocks: Int { (groupOutputs + 7) / 8 }
  var groupInputBlocks: Int { (input.channels / groups + 7) / 8 }
  /// The sums of one input block: `[panel][tap][8][1 or 2][8]`, where a panel is two blocks of outputs.
  var sumsPerBlock: Int { groupOutputBlocks * taps.count * 64 }
  var sumsPerShard: Int { groups * groupInputBlocks * sumsPerBlock }

  /// Adds the gradient of a batch.
  ///
  /// - Parameters:
  ///   - x: the inputs in blocks, image after image; `dy` likewise by the outputs.
  ///   - target: `[outputs, channels / groups, kernel height, kernel width]`.
  ///   - shared: ``sharedFloats`` of any content.
  package func run(
    images: Int, x: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    addTo target: UnsafeMutablePointer<Float>, shared: UnsafeMutablePointer<Float>,
    pool: ThreadPool, scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    let batch = WeightGradientBatch(
      images: images, shards: min(winograd?.greatestShards ?? greatestShards, images), x: x, dy: dy,
      sums: shared, scratch: scratch)
    if let winograd { return winograd.run(batch, addTo: target, pool: pool) }
    let blocks = groups * groupInputBlocks
    pool.forEach(batch.shards * blocks, WeightGradientTasks(layer: self, batch: batch))
    pool.forEach(blocks) { block, _ in
      add(block: block, of: batch, to: target)
    }
  }

  /// Adds the sums of one input block over all shards to the gradient.
  private func add(
    block: Int, of batch: WeightGradientBatch, to target: UnsafeMutablePointer<Float>
  ) {
    let (group, inputBlock) = block.quotientAndRemainder(dividingBy: groupInputBlocks)
    let groupChannels = input.channels / groups
    let channels = min(8, groupChannels - inputBlock * 8)
    for k in 0..<groupOutputs {
      let panel = k / 16
      let lanes = 8 * min(2, groupOutputBlocks - 2 * panel)
      let row =
        target + ((group * groupOutputs + k) * groupChannels + inputBlock * 8) * taps.count
      let first = batch.sums + block * sumsPerBlock + panel * 16 * 8 * taps.count + k % 16
      for c in 0..<channels {
        for tap in 0..<taps.count {
          let place = first + (tap * 8 + c) * lanes
          var sum: Float = 0
          for shard in 0..<batch.shards { sum += place[shard * sumsPerShard] }
          row[c * taps.count + tap] += sum
        }
      }
    }
  }
}

/// The tasks: (shard of the images, block of inputs).
private struct WeightGradientTasks: ParallelTasks {
  let layer: BlockedWeightGradient
  let batch: WeightGradientBatch

  func run(task: Int, worker: Int) {
    let blocks = layer.groups * layer.groupInputBlocks
    let (shard, block) = task.quotientAndRemainder(dividingBy: blocks)
    let group = block / layer.groupInputBlocks
    let sums = batch.sums + shard * layer.sumsPerShard + block * layer.sumsPerBlock
    sums.update(repeating: 0, count: layer.sumsPerBlock)
    for image in batch.images(of: shard) {
      let source = batch.x + image * layer.input.count + block * layer.input.blockStride
      let gradient =
        batch.dy + image * layer.output.count
        + group * layer.groupOutputBlocks * layer.output.blockStride
      var row = 0
      while row < layer.window.outputHeight {
        let end = min(row + layer.strip.rows, layer.window.outputHeight)
        add(rows: row..<end, source, gradient, to: sums, copy: batch.scratch.base(of: worker))
        row = end
      }
    }
  }

  /// Adds the sums over some rows of one image.
  private func add(
    rows: Range<Int>, _ source: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
    to sums: UnsafeMutablePointer<Float>, copy: UnsafeMutablePointer<Float>
  ) {
    let (window, strip) = (layer.window, layer.strip)
    let rowStride = strip.width * 8
    let x: UnsafePointer<Float>
    if strip.isCopied {
      strip.copy(
        source, of: window, planes: 1, firstRow: rows.lowerBound, endRow: rows.upperBound, to: copy)
      x = UnsafePointer(copy)
    } else {
      x = source + rows.lowerBound * window.strideHeight * rowStride
    }
    let width = window.outputWidth
    var pixels = pith_gradient_pixels(
      rows: rows.count, columns: width, dy_block_stride: layer.output.blockStride,
      dy_row_stride: width * 8, x_row_stride: window.strideHeight * rowStride,
      x_pixel_stride: window.strideWidth * 8, taps: layer.taps.start, tap_count: layer.taps.count)
    if pixels.x_row_stride == width * pixels.x_pixel_stride {
      // Rows that follow one another are one.
      (pixels.rows, pixels.columns) = (1, rows.count * width)
    }
    for panel in 0..<(layer.groupOutputBlocks + 1) / 2 {
      let dy =
        gradient + 2 * panel * layer.output.blockStride + rows.lowerBound * width * 8
      layer.kernels.weightGradient(
        min(2, layer.groupOutputBlocks - 2 * panel), &pixels, x, dy,
        sums + panel * 16 * 8 * layer.taps.count)
    }
  }
}
