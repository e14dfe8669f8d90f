import CPithKernels
import PithTensor
package import PithThreads

/// A convolution of blocked activations with its weights laid out for one set of kernels.
///
/// `y = clamp(x * weights + bias + residual)`. The result for an image has the same bits whatever the batch around it and
/// however many threads.
package struct BlockedConvolution: Sendable {
  /// Which way the sums are computed.
  package enum Algorithm: Sendable, Hashable {
    /// Tap by tap from the image itself, or from a copy of some rows with their padding.
    case direct
    /// Likewise, from an input of planes that are not in blocks: for the first layer.
    case planar
    /// For 3x3: tiles of so many outputs squared (Lavin and Gray 2016).
    case winograd(Int)
  }

  package let window: SlidingWindow
  package let input: BlockedShape
  package let output: BlockedShape
  package let groups: Int
  package let algorithm: Algorithm
  /// The scratch floats that each worker needs.
  package let scratchFloatsPerWorker: Int
  let kernels: BlockedKernelSet
  let bias: FloatBuffer
  /// For each group; of Winograd, for each position.
  let weights: [WeightPanels]
  let taps: TapOffsets
  /// The rows and columns of a copy with padding; nil: the image is read where it is.
  let strip: DirectStrip?

  /// - Parameters:
  ///   - weights: `[outputs, channels / groups, kernel height, kernel width]`.
  ///   - bias: one value an output channel, or nil.
  ///   - pool: whose threads lay the weights out.
  package init(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, weights: [Float],
    bias: [Float]?, algorithm: Algorithm, kernels: BlockedKernelSet, pool: ThreadPool? = nil
  ) {
    self.window = window
    self.groups = groups
    self.algorithm = algorithm
    self.kernels = kernels
    input = BlockedShape(channels: channels, height: window.inputHeight, width: window.inputWidth)
    output = BlockedShape(
      channels: outputs, height: window.outputHeight, width: window.outputWidth)
    self.bias = lanes(bias, outputs: outputs)
    let (groupChannels, groupOutputs) = (channels / groups, outputs / groups)
    let tapCount = window.kernelHeight * window.kernelWidth
    let isPlanar = algorithm == .planar
    let strip = DirectStrip(
      window, lanes: isPlanar ? 1 : 8,
      planes: isPlanar ? channels : (groupChannels + 7) / 8)
    self.strip = algorithm.isDirect ? strip : nil
    switch algorithm {
    case .direct:
      taps = TapOffsets(strip.offsets(of: window, planes: 1))
      self.weights = (0..<groups).map { _ in
        WeightPanels(outputs: groupOutputs, depth: (groupChannels + 7) / 8 * tapCount * 8)
      }
    case .planar:
      taps = TapOffsets(strip.offsets(of: window, planes: channels))
      self.weights = [WeightPanels(outputs: outputs, depth: channels * tapCount)]
    case .winograd(let m):
      taps = TapOffsets([0])
      self.weights = (0..<(m + 2) * (m + 2)).map { _ in
        WeightPanels(outputs: outputs, depth: (channels + 7) / 8 * 8)
      }
    }
    switch algorithm {
    case .direct, .planar: scratchFloatsPerWorker = strip.floats
    case .winograd(let m):
      scratchFloatsPerWorker = WinogradChunk.floats(m, input: input, output: output)
    }
    pack(weights, pool: pool)
  }

  /// Lays the weights out, the outputs of a panel by one thread: they share lines of memory.
  private func pack(_ weights: [Float], pool: ThreadPool?) {
    let outputs = output.channels
    let row = weights.count / outputs
    let panels = (outputs + 15) / 16
    weights.withUnsafeBufferPointer { weights in
      guard let start = weights.baseAddress else { return }
      func pack(_ panel: Int) {
        for output in panel * 16..<min(outputs, panel * 16 + 16) {
          packRow(of: output, start + output * row)
        }
      }
      if let pool {
        pool.forEach(panels) { panel, _ in pack(panel) }
      } else {
        for panel in 0..<panels { pack(panel) }
      }
    }
  }

  /// - Parameter source: `[channels / groups, kernel height, kernel width]`.
  private func packRow(of output: Int, _ source: UnsafePointer<Float>) {
    let channels = input.channels / groups
    let taps = window.kernelHeight * window.kernelWidth
    switch algorithm {
    case .direct:
      let groupOutputs = self.output.channels / groups
      let row = weights[output / groupOutputs].row(of: output % groupOutputs)
      var target = row.start
      for block in 0..<(channels + 7) / 8 {
        for tap in 0..<taps {
          for channel in block * 8..<block * 8 + 8 {
            target.pointee = channel < channels ? source[channel * taps + tap] : 0
            target += row.step
          }
        }
      }
    case .planar:
      let row = weights[0].row(of: output)
      for place in 0..<channels * taps { row.start[place * row.step] = source[place] }
    case .winograd(let m):
      WinogradWeights(m).transform(
        source, channels: channels, to: weights.map { $0.row(of: output) })
    }
  }

  /// Whether there are kernels for these sizes: groups have whole blocks, and what is copied is not too much.
  package static func computes(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int
  ) -> Bool {
    (groups == 1 || (channels / groups % 8 == 0 && outputs / groups % 8 == 0))
      && DirectStrip.fits(window, planes: channels)
  }

  /// What listings call it.
  package var kernelName: String {
    switch algorithm {
    case .direct: kernels.product.name
    case .planar: kernels.productPlanar.name
    case .winograd(let m): "winograd_\(m)x\(m) \(kernels.product.name)"
    }
  }

  /// Convolves a batch. Allocates nothing.
  ///
  /// - Parameters:
  ///   - input: blocked, or planes with the algorithm ``Algorithm/planar``; images follow one another `inputStride` apart.
  ///   - output: blocked, images `outputStride` apart; overlaps nothing else.
  ///   - residual: added before the clamp; laid out as the output, or nil.
  package func run(
    images: Int, input: UnsafePointer<Float>, inputStride: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int, residual: UnsafePointer<Float>?,
    residualStride: Int, clamp: ClosedClamp, function: MapFunction?, pool: ThreadPool,
    scratch: WorkerScratch
  ) {
    scratch.require(workers: pool.threads, floatsPerWorker: scratchFloatsPerWorker)
    let data = BlockedData(
      input: input, inputStride: inputStride, output: output, outputStride: outputStride,
      residual: residual, residualStride: residualStride, clamp: clamp, function: function)
    switch algorithm {
    case .direct, .planar:
      let tasks = DirectTasks(self, data, images: images, threads: pool.threads, scratch: scratch)
      pool.forEach(tasks.count, tasks)
    case .winograd(let m):
      let tasks = WinogradTasks(
        self, m, data, images: images, threads: pool.threads, scratch: scratch)
      pool.forEach(tasks.count, tasks)
    }
  }
}

extension BlockedConvolution.Algorithm {
  fileprivate var isDirect: Bool {
    switch self {
    case .direct, .planar: true
    case .winograd: false
    }
  }
}

/// Where the values of one call are.
struct BlockedData {
  let input: UnsafePointer<Float>
  let inputStride: Int
  let output: UnsafeMutablePointer<Float>
  let outputStride: Int
  let residual: UnsafePointer<Float>?
  let residualStride: Int
  let clamp: ClosedClamp
  /// Applied to what has been written.
  let function: MapFunction?
}

/// Offsets at an address that stays, for kernels.
///
/// A class because it owns memory, which is written once, before anybody else knows it.
final class TapOffsets: @unchecked Sendable {
  let start: UnsafeMutablePointer<Int>
  let count: Int

  init(_ offsets: [Int]) {
    count = offsets.count
    start = .allocate(capacity: max(1, count))
    start.initialize(from: offsets, count: count)
  }

  deinit { start.deallocate() }
}
