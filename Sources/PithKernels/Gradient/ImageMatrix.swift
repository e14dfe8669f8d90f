import CPithKernels
package import PithThreads

/// Products of a matrix of weights with the values of many images at a time.
///
/// The images are the pixels of the product kernels: their values lie as `[blocks][images][8]`. Panels of the weights are laid
/// out as they are used, so that no other copy of the weights exists.
package struct ImageMatrix: Sendable {
  package let inputs: Int
  package let outputs: Int
  private let kernels: BlockedKernelSet
  private let gradients: GradientKernelSet
  private let taps = TapOffsets([0])

  package init(
    inputs: Int, outputs: Int, kernels: BlockedKernelSet, gradients: GradientKernelSet
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernels = kernels
    self.gradients = gradients
  }

  /// The rows or columns of weights that are laid out together.
  private static let panel = 16

  /// `count` rounded up to whole blocks.
  package static func padded(_ count: Int) -> Int { (count + 7) / 8 * 8 }

  /// The scratch floats that each worker needs.
  package var scratchFloatsPerWorker: Int {
    Self.panel * (max(Self.padded(inputs), Self.padded(outputs)) + 1)
  }

  // MARK: layouts

  /// `[images][count]` to blocks; lanes beyond the last value become zero.
  package static func gather(
    _ values: UnsafePointer<Float>, count: Int, images: Int,
    to blocks: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach((count + 7) / 8) { block, _ in
      let present = min(8, count - block * 8)
      for image in 0..<images {
        let to = blocks + (block * images + image) * 8
        if present < 8 { to.update(repeating: 0, count: 8) }
        to.update(from: values + image * count + block * 8, count: present)
      }
    }
  }

  /// Blocks to `[images][count]`, written or added.
  package static func scatter(
    _ blocks: UnsafePointer<Float>, count: Int, images: Int, adds: Bool,
    to values: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach((count + 7) / 8) { block, _ in
      let present = min(8, count - block * 8)
      for image in 0..<images {
        let from = blocks + (block * images + image) * 8
        let to = values + image * count + block * 8
        for lane in 0..<present { to[lane] = adds ? to[lane] + from[lane] : from[lane] }
      }
    }
  }

  // MARK: products

  /// `y = W x + bias`, where `W` is `[outputs][inputs]`; x and y in blocks.
  package func forward(
    images: Int, x: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, y: UnsafeMutablePointer<Float>, pool: ThreadPool,
    scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    let depth = Self.padded(inputs)
    pool.forEach((outputs + Self.panel - 1) / Self.panel) { task, worker in
      let first = task * Self.panel
      let rows = min(Self.panel, outputs - first)
      let panel = scratch.base(of: worker)
      var source = pith_weight_rows(
        start: weights + first * inputs, stride: inputs, rows: rows, channels: inputs, taps: 1,
        scales: nil)
      kernels.pack(&source, rows > 8 ? 2 : 1, depth, panel)
      let lanes = panel + Self.panel * depth
      lanes.update(repeating: 0, count: Self.panel)
      if let bias { lanes.update(from: bias + first, count: rows) }
      multiply(
        panel, blocks: rows > 8 ? 2 : 1, depth: depth, images: images, values: x, bias: lanes,
        results: y + first * images)
    }
  }

  /// `dx = W^T dy`, in blocks.
  package func inputGradient(
    images: Int, dy: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    dx: UnsafeMutablePointer<Float>, pool: ThreadPool, scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    let depth = Self.padded(outputs)
    pool.forEach((inputs + Self.panel - 1) / Self.panel) { task, worker in
      let first = task * Self.panel
      let columns = min(Self.panel, inputs - first)
      let lanes = columns > 8 ? 16 : 8
      let panel = scratch.base(of: worker)
      for k in 0..<depth {
        let row = panel + k * lanes
        let present = k < outputs ? columns : 0
        if present < lanes { row.update(repeating: 0, count: lanes) }
        row.update(from: weights + min(k, outputs - 1) * inputs + first, count: present)
      }
      multiply(
        panel, blocks: lanes / 8, depth: depth, images: images, values: dy, bias: nil,
        results: dx + first * images)
    }
  }

  private func multiply(
    _ panel: UnsafePointer<Float>, blocks: Int, depth: Int, images: Int,
    values: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    results: UnsafeMutablePointer<Float>
  ) {
    var input = pith_product_input(
      taps: taps.start, tap_count: 1, blocks: depth / 8, block_stride: images * 8,
      pixel_stride: 8, row_pixels: 0, row_stride: 0, next: nil, next_floats: 0)
    var shape = pith_product_output(
      bias: bias, residual: nil, block_stride: images * 8, pixel_stride: 8, low: -.infinity,
      high: .infinity)
    kernels.product.function(blocks, images, &input, values, panel, &shape, results)
  }

  /// Adds the sum over the images of `dy x^T` to `[outputs][inputs]`.
  package func weightGradient(
    images: Int, x: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    addTo target: UnsafeMutablePointer<Float>, pool: ThreadPool, scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    let offsets = TapOffsets((0..<Self.padded(outputs) / 8).map { $0 * images * 8 })
    // Inputs are the lanes, so that sums lie as weights do.
    pool.forEach((inputs + Self.panel - 1) / Self.panel) { task, worker in
      let first = task * Self.panel
      let columns = min(Self.panel, inputs - first)
      let lanes = columns > 8 ? 16 : 8
      let sums = scratch.base(of: worker)
      sums.update(repeating: 0, count: lanes * Self.padded(outputs))
      var pixels = pith_gradient_pixels(
        rows: 1, columns: images, dy_block_stride: images * 8, dy_row_stride: 0, x_row_stride: 0,
        x_pixel_stride: 8, taps: offsets.start, tap_count: offsets.count)
      gradients.weightGradient(lanes / 8, &pixels, dy, x + first * images, sums)
      for k in 0..<outputs {
        let row = target + k * inputs + first
        for i in 0..<columns { row[i] += sums[k * lanes + i] }
      }
    }
  }
}
