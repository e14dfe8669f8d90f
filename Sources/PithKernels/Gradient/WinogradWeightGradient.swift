import CPithKernels
import PithThreads

/// The gradient by the weights of a 3x3 convolution in tiles of 4x4 outputs: 36 products for each pair of channels instead
/// of 144 (Lavin and Gray 2016, transposed; see `pith_gradient.h`).
///
/// Each shard of the images has sums for every position, outputs and inputs, which are transformed back at the end.
struct WinogradWeightGradient: Sendable {
  static let positions = 36
  /// The outputs of a tile, in both directions.
  static let tile = 4
  /// What one position of a tile costs to transform, in multiply-adds.
  private static let transformCost = 12.0
  /// The most shards, the fewest that keep several threads busy, and the floats that the sums of all should take.
  private static let mostShards = 8
  private static let fewestShards = 4
  private static let sumFloats = 1 << 20
  /// With more sums than these there are too few shards.
  private static let greatestSumFloats = 4 << 20
  /// The floats that the positions of some tiles should take.
  private static let chunkFloats = 256 << 10

  let window: SlidingWindow
  let input: BlockedShape
  let output: BlockedShape
  let kernels: GradientKernelSet
  let inputTransform: WinogradInputFunction
  /// Tiles that are transformed and multiplied together.
  let chunk: Int
  /// Where the blocks of inputs lie.
  let blockOffsets: TapOffsets
  let greatestShards: Int

  /// Nil where it is no gain.
  init?(
    _ window: SlidingWindow, input: BlockedShape, output: BlockedShape, groups: Int,
    kernels: GradientKernelSet, blocked: BlockedKernelSet
  ) {
    guard groups == 1, window.kernelHeight == 3, window.kernelWidth == 3,
      window.strideHeight == 1, window.strideWidth == 1, window.dilationHeight == 1,
      window.dilationWidth == 1
    else { return nil }
    self.window = window
    self.input = input
    self.output = output
    self.kernels = kernels
    inputTransform = blocked.winogradInput4.function
    let sums = Self.positions * input.blocks * output.blocks * 64
    let perTile = Self.positions * (input.blocks + output.blocks) * 8
    chunk = min(128, max(64, Self.chunkFloats / perTile / 8 * 8))
    blockOffsets = TapOffsets((0..<input.blocks).map { [chunk] in $0 * chunk * 8 })
    greatestShards = max(Self.fewestShards, min(Self.mostShards, Self.sumFloats / sums))
    let (channels, outputs) = (Double(input.blocks * 8), Double(output.blocks * 8))
    let transformed = Double(Self.positions * tilesPerImage)
    let cost =
      transformed * (channels * outputs + Self.transformCost * (channels + outputs))
    guard cost < 9 * Double(output.pixels) * channels * outputs,
      greatestShards * sums <= Self.greatestSumFloats
    else { return nil }
  }

  var tilesAcross: Int { (output.width + Self.tile - 1) / Self.tile }
  var tilesPerImage: Int { tilesAcross * ((output.height + Self.tile - 1) / Self.tile) }
  /// Sixteen floats keep positions from falling onto the same lines of a cache.
  var inputStride: Int { input.blocks * chunk * 8 + 16 }
  var outputStride: Int { output.blocks * chunk * 8 + 16 }
  /// The sums of one position: `[panel][block of inputs][8][1 or 2][8]`.
  var sumsPerPosition: Int { input.blocks * output.blocks * 64 }
  var sumsPerShard: Int { Self.positions * sumsPerPosition }

  var scratchFloatsPerWorker: Int { Self.positions * (inputStride + outputStride) }
  var sharedFloats: Int { greatestShards * sumsPerShard }

  /// As ``BlockedWeightGradient/run(images:x:dy:addTo:shared:pool:scratch:)``.
  func run(
    _ batch: WeightGradientBatch, addTo target: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach(batch.shards, WinogradGradientTasks(layer: self, batch: batch))
    pool.forEach(input.blocks) { block, _ in
      add(block: block, of: batch, to: target)
    }
  }

  /// Transforms the sums of one block of inputs back and adds them to the gradient.
  private func add(
    block: Int, of batch: WeightGradientBatch, to target: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 9 * 8) { taps in
      guard let taps = taps.baseAddress else { return }
      for outputBlock in 0..<output.blocks {
        let panel = outputBlock / 2
        let vectors = min(2, output.blocks - 2 * panel)
        let first =
          batch.sums + panel * 2 * input.blocks * 64 + block * 64 * vectors + outputBlock % 2 * 8
        for c in 0..<min(8, input.channels - block * 8) {
          kernels.winogradWeightGradient(
            batch.shards, sumsPerShard, first + c * vectors * 8, sumsPerPosition, taps)
          for lane in 0..<min(8, output.channels - outputBlock * 8) {
            let row = target + ((outputBlock * 8 + lane) * input.channels + block * 8 + c) * 9
            for tap in 0..<9 { row[tap] += taps[tap * 8 + lane] }
          }
        }
      }
    }
  }
}

/// The tasks: shards of the images.
private struct WinogradGradientTasks: ParallelTasks {
  let layer: WinogradWeightGradient
  let batch: WeightGradientBatch

  func run(task: Int, worker: Int) {
    let sums = batch.sums + task * layer.sumsPerShard
    sums.update(repeating: 0, count: layer.sumsPerShard)
    let inputs = batch.scratch.base(of: worker)
    let outputs = inputs + WinogradWeightGradient.positions * layer.inputStride
    let images = batch.images(of: task)
    var tile = images.lowerBound * layer.tilesPerImage
    let end = images.upperBound * layer.tilesPerImage
    while tile < end {
      let number = min(layer.chunk, end - tile)
      transform(
        tile, number, of: batch.x, layer.input, top: layer.window.top, left: layer.window.left,
        layer.inputTransform, to: inputs, stride: layer.inputStride)
      transform(
        tile, number, of: batch.dy, layer.output, top: 0, left: 0, layer.kernels.winogradGradient,
        to: outputs, stride: layer.outputStride)
      multiply(number, inputs, outputs, to: sums)
      tile += number
    }
  }

  /// Transforms some tiles of inputs or of gradients, block after block.
  private func transform(
    _ first: Int, _ number: Int, of values: UnsafePointer<Float>, _ shape: BlockedShape, top: Int,
    left: Int, _ function: WinogradInputFunction, to positions: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    let rowStride = shape.width * 8
    for block in 0..<shape.blocks {
      var (image, rest) = first.quotientAndRemainder(dividingBy: layer.tilesPerImage)
      for index in 0..<number {
        let (tileRow, tileColumn) = rest.quotientAndRemainder(dividingBy: layer.tilesAcross)
        let row = tileRow * WinogradWeightGradient.tile - top
        let column = tileColumn * WinogradWeightGradient.tile - left
        var place = pith_winograd_input(
          row_stride: rowStride, first_row: -row, end_row: shape.height - row,
          first_column: -column, end_column: shape.width - column)
        function(
          &place,
          values + image * shape.count + block * shape.blockStride + row * rowStride + column * 8,
          positions + (block * layer.chunk + index) * 8, stride)
        rest += 1
        if rest == layer.tilesPerImage { (image, rest) = (image + 1, 0) }
      }
    }
  }

  private func multiply(
    _ number: Int, _ inputs: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let blocks = layer.output.blocks
    var pixels = pith_gradient_pixels(
      rows: 1, columns: number, dy_block_stride: layer.chunk * 8, dy_row_stride: 0,
      x_row_stride: 0, x_pixel_stride: 8, taps: layer.blockOffsets.start,
      tap_count: layer.input.blocks)
    for position in 0..<WinogradWeightGradient.positions {
      for panel in 0..<(blocks + 1) / 2 {
        layer.kernels.weightGradient(
          min(2, blocks - 2 * panel), &pixels, inputs + position * layer.inputStride,
          outputs + position * layer.outputStride + 2 * panel * layer.chunk * 8,
          sums + position * layer.sumsPerPosition + panel * 2 * layer.input.blocks * 64)
      }
    }
  }
}
