import CPithKernels
import PithThreads

/// Some tiles that are transformed, multiplied and transformed back together.
enum WinogradChunk {
  /// The floats that a chunk's input and output positions should take at most, unless it has fewest tiles.
  private static let greatestFloats = 384 << 10
  /// Fewer would read the weights too often, unless even they take too much.
  private static let fewestTiles = 48
  private static let fewestFloats = 4 << 20

  /// Sixteen floats keep positions from falling onto the same lines of a cache.
  static func stride(blocks: Int, tiles: Int) -> Int { blocks * tiles * 8 + 16 }

  static func tiles(_ m: Int, input: BlockedShape, output: BlockedShape) -> Int {
    let positions = (m + 2) * (m + 2)
    let perTile = positions * (input.blocks + output.blocks) * 8
    return max(6, min(fewestTiles, fewestFloats / perTile), greatestFloats / perTile / 6 * 6)
  }

  static func floats(_ m: Int, input: BlockedShape, output: BlockedShape) -> Int {
    let tiles = tiles(m, input: input, output: output)
    let positions = (m + 2) * (m + 2)
    return positions
      * (stride(blocks: input.blocks, tiles: tiles) + stride(blocks: output.blocks, tiles: tiles))
  }
}

/// The tasks of Winograd's convolution: a chunk of tiles each, which may be of several images; or all tiles in three
/// stages, in which threads share out the blocks of the input, the positions, and the blocks of the output.
struct WinogradTasks: ParallelTasks {
  private let layer: BlockedConvolution
  private let m: Int
  private let data: BlockedData
  private let scratch: WorkerScratch
  private let tilesAcross: Int
  private let tilesPerImage: Int
  private let tiles: Int
  private let chunk: Int
  private let window: (layer: BlockedWindow, between: ClosedClamp)?
  private let isStaged: Bool
  private let count: Int

  /// - Parameters:
  ///   - data: where results go, and what follows the sums; with a window, those of the window.
  ///   - window: takes 2x2 of what is between, which is clamped; nil: nothing follows.
  init(
    _ layer: BlockedConvolution, _ m: Int, _ data: BlockedData, images: Int, threads: Int,
    scratch: WorkerScratch, window: (layer: BlockedWindow, between: ClosedClamp)? = nil
  ) {
    self.layer = layer
    self.window = window
    self.m = m
    self.data = data
    self.scratch = scratch
    tilesAcross = (layer.output.width + m - 1) / m
    tilesPerImage = tilesAcross * ((layer.output.height + m - 1) / m)
    tiles = images * tilesPerImage
    let most = WinogradChunk.tiles(m, input: layer.input, output: layer.output)
    isStaged =
      threads > 1
      && layer.weights.count * layer.weights[0].count >= layer.kernels.leastSharedWeights
      && tiles <= min(most, threads * Self.mostStagedTiles)
    // As many for one thread as for another.
    let tasks = isStaged ? 1 : (tiles + most * threads - 1) / (most * threads) * threads
    // Rounded up to the tiles of a product kernel where that costs no task.
    let even = (tiles + tasks - 1) / tasks
    chunk = min(most, even)
    count = (tiles + chunk - 1) / chunk
  }

  /// With more tiles for each thread the weights, which every thread reads then, are used often enough.
  private static let mostStagedTiles = 14

  /// Computes everything.
  func run(on pool: ThreadPool) {
    guard isStaged else { return pool.forEach(count, self) }
    pool.forEach(layer.input.blocks, Stage(tasks: self, part: .input))
    pool.forEach(positionCount, Stage(tasks: self, part: .products))
    pool.forEach(layer.output.blocks, Stage(tasks: self, part: .output))
  }

  func run(task: Int, worker: Int) {
    let place = chunk(task, scratch: scratch.base(of: worker))
    transformInput(place, blocks: 0..<layer.input.blocks)
    multiply(place, positions: 0..<positionCount)
    transformOutput(place, blocks: 0..<layer.output.blocks, worker: worker)
  }

  /// A stage of the only chunk, which is in the memory of the first worker.
  private struct Stage: ParallelTasks {
    enum Part {
      case input
      case products
      case output
    }

    let tasks: WinogradTasks
    let part: Part

    func run(task: Int, worker: Int) {
      let place = tasks.chunk(0, scratch: tasks.scratch.base(of: 0))
      switch part {
      case .input: tasks.transformInput(place, blocks: task..<task + 1)
      case .products: tasks.multiply(place, positions: task..<task + 1)
      case .output: tasks.transformOutput(place, blocks: task..<task + 1, worker: worker)
      }
    }
  }

  /// Some tiles and where their positions are.
  private struct Chunk {
    let first: Int
    let number: Int
    let inputs: UnsafeMutablePointer<Float>
    let inputStride: Int
    let results: UnsafeMutablePointer<Float>
    let resultStride: Int
  }

  private var positionCount: Int { (m + 2) * (m + 2) }

  private func chunk(_ index: Int, scratch: UnsafeMutablePointer<Float>) -> Chunk {
    let number = min(chunk, tiles - index * chunk)
    let inputStride = WinogradChunk.stride(blocks: layer.input.blocks, tiles: number)
    return Chunk(
      first: index * chunk, number: number, inputs: scratch, inputStride: inputStride,
      results: scratch + positionCount * inputStride,
      resultStride: WinogradChunk.stride(blocks: layer.output.blocks, tiles: number))
  }

  /// The most tiles side by side whose outputs a window takes at once: they stay in the first-level cache.
  private static let tilesBeforeWindow = 12

  /// The scratch floats that a window behind the tiles needs.
  static func floatsBeforeWindow(_ m: Int) -> Int { tilesBeforeWindow * m * m * 8 }

  /// The image of a tile, and the row and column of its first output.
  private func place(of tile: Int) -> (image: Int, row: Int, column: Int) {
    let (image, rest) = tile.quotientAndRemainder(dividingBy: tilesPerImage)
    let (row, column) = rest.quotientAndRemainder(dividingBy: tilesAcross)
    return (image, row * m, column * m)
  }

  /// To the next tile.
  private func advance(_ place: inout (image: Int, row: Int, column: Int)) {
    place.column += m
    guard place.column >= layer.output.width else { return }
    place.column = 0
    place.row += m
    guard place.row >= layer.output.height else { return }
    place.row = 0
    place.image += 1
  }

  private func transformInput(_ chunk: Chunk, blocks: Range<Int>) {
    let window = layer.window
    let transform = layer.kernels.winogradInput(m)
    let rowStride = window.inputWidth * 8
    // Tile after tile in each block: what is written then lies side by side.
    for block in blocks {
      let image = data.input + block * layer.input.blockStride
      var place = self.place(of: chunk.first)
      for index in 0..<chunk.number {
        let (row, column) = (place.row - window.top, place.column - window.left)
        var shape = pith_winograd_input(
          row_stride: rowStride, first_row: -row, end_row: window.inputHeight - row,
          first_column: -column, end_column: window.inputWidth - column)
        transform(
          &shape, image + place.image * data.inputStride + row * rowStride + column * 8,
          chunk.inputs + (block * chunk.number + index) * 8, chunk.inputStride)
        advance(&place)
      }
    }
  }

  private func multiply(_ chunk: Chunk, positions: Range<Int>) {
    let product = layer.kernels.product.function
    let number = chunk.number
    var input = pith_product_input(
      taps: layer.taps.start, tap_count: 1, blocks: layer.input.blocks, block_stride: number * 8,
      pixel_stride: 8, row_pixels: 0, row_stride: 0, next: nil, next_floats: 0)
    var shape = pith_product_output(
      bias: nil, residual: nil, block_stride: number * 8, pixel_stride: 8, low: -.infinity,
      high: .infinity)
    for position in positions {
      let weights = layer.weights[position]
      for panel in 0..<weights.panels {
        var next = weights.next(after: panel)
        if panel + 1 == weights.panels, position + 1 < layer.weights.count {
          next = layer.weights[position + 1].first
        }
        (input.next, input.next_floats) = next
        product(
          weights.blocks(of: panel), number, &input, chunk.inputs + position * chunk.inputStride,
          weights.start(of: panel), &shape,
          chunk.results + position * chunk.resultStride + 2 * panel * number * 8)
      }
    }
  }

  private func transformOutput(_ chunk: Chunk, blocks: Range<Int>, worker: Int) {
    if let window {
      return transformOutput(
        chunk, blocks: blocks, window.layer, window.between,
        scratch.base(of: worker) + layer.scratchFloatsPerWorker)
    }
    let transform = layer.kernels.winogradOutput(m)
    let rowStride = layer.output.width * 8
    for block in blocks {
      var place = self.place(of: chunk.first)
      for index in 0..<chunk.number {
        let offset =
          block * layer.output.blockStride + place.row * rowStride + place.column * 8
        var shape = pith_winograd_output(
          residual: data.residual.map { $0 + place.image * data.residualStride + offset },
          row_stride: rowStride, rows: min(m, layer.output.height - place.row),
          columns: min(m, layer.output.width - place.column), low: data.clamp.low,
          high: data.clamp.high)
        transform(
          &shape, chunk.results + (block * chunk.number + index) * 8, chunk.resultStride,
          layer.bias.start + block * 8, data.output + place.image * data.outputStride + offset)
        advance(&place)
      }
    }
  }

  /// The same with a window over what is between, which is never stored as a whole.
  private func transformOutput(
    _ chunk: Chunk, blocks: Range<Int>, _ window: BlockedWindow, _ clamp: ClosedClamp,
    _ between: UnsafeMutablePointer<Float>
  ) {
    let transform = layer.kernels.winogradOutput(m)
    for block in blocks {
      var place = self.place(of: chunk.first)
      var index = 0
      while index < chunk.number {
        // Tiles side by side.
        let tiles = min(
          Self.tilesBeforeWindow, chunk.number - index, tilesAcross - place.column / m)
        var part = window.window
        part.height = min(m, layer.output.height - place.row)
        part.width = min(tiles * m, layer.output.width - place.column)
        (part.output_height, part.output_width) = (part.height / 2, part.width / 2)
        for tile in 0..<tiles {
          var shape = pith_winograd_output(
            residual: nil, row_stride: part.width * 8, rows: part.height,
            columns: min(m, part.width - tile * m), low: clamp.low, high: clamp.high)
          transform(
            &shape, chunk.results + (block * chunk.number + index + tile) * 8, chunk.resultStride,
            layer.bias.start + block * 8, between + tile * m * 8)
        }
        store(part, of: place, block: block, window, UnsafePointer(between))
        index += tiles
        place.column += (tiles - 1) * m
        advance(&place)
      }
    }
  }

  /// Computes what a window gives for some tiles.
  private func store(
    _ part: pith_sliding_window, of place: (image: Int, row: Int, column: Int), block: Int,
    _ window: BlockedWindow, _ between: UnsafePointer<Float>
  ) {
    let width = window.output.width
    for row in 0..<part.output_height {
      let offset =
        block * window.output.blockStride + ((place.row / 2 + row) * width + place.column / 2) * 8
      let output = data.output + place.image * data.outputStride + offset
      // Where the kernel takes its row 0 to be.
      let before = row * part.output_width * 8
      window.compute(
        part, rows: row..<row + 1, block: block, between,
        data.residual.map { $0 + place.image * data.residualStride + offset - before }, data.clamp,
        output - before)
      data.function?.apply(window.kernels, count: part.output_width * 8, output, to: output)
    }
  }
}
