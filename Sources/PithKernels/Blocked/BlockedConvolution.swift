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
  /// A number for each output and zeros up to whole blocks; zero until somebody writes it.
  package let bias: FloatBuffer
  /// For each group; of Winograd, for each position.
  let weights: [WeightPanels]
  /// The memory of the weights, for as long as the layer lives.
  private let weightBuffer: FloatBuffer
  let taps: TapOffsets
  /// The rows and columns of a copy with padding; nil: the image is read where it is.
  let strip: DirectStrip?

  /// A convolution whose weights and bias are still to be written.
  package init(
    _ window: SlidingWindow, channels: Int, outputs: Int, groups: Int, algorithm: Algorithm,
    kernels: BlockedKernelSet, memory: WeightMemory
  ) {
    self.window = window
    self.groups = groups
    self.algorithm = algorithm
    self.kernels = kernels
    input = BlockedShape(channels: channels, height: window.inputHeight, width: window.inputWidth)
    output = BlockedShape(
      channels: outputs, height: window.outputHeight, width: window.outputWidth)
    bias = memory.lanes(outputs)
    let (groupChannels, groupOutputs) = (channels / groups, outputs / groups)
    let tapCount = window.kernelHeight * window.kernelWidth
    let isPlanar = algorithm == .planar
    let strip = DirectStrip(
      window, lanes: isPlanar ? 1 : 8,
      planes: isPlanar ? channels : (groupChannels + 7) / 8,
      weights: groupChannels * tapCount * groupOutputs, maySample: !isPlanar)
    self.strip = algorithm.isDirect ? strip : nil
    switch algorithm {
    case .direct:
      taps = TapOffsets(strip.offsets(of: window, planes: 1))
      (weights, weightBuffer) = WeightPanels.several(
        groups, outputs: groupOutputs, depth: (groupChannels + 7) / 8 * tapCount * 8,
        memory: memory)
    case .planar:
      taps = TapOffsets(strip.offsets(of: window, planes: channels))
      (weights, weightBuffer) = WeightPanels.several(
        1, outputs: outputs, depth: channels * tapCount, memory: memory)
    case .winograd(let m):
      taps = TapOffsets([0])
      (weights, weightBuffer) = WeightPanels.several(
        (m + 2) * (m + 2), outputs: outputs, depth: (channels + 7) / 8 * 8, memory: memory)
    }
    switch algorithm {
    case .direct, .planar: scratchFloatsPerWorker = strip.floats
    case .winograd(let m):
      scratchFloatsPerWorker = WinogradChunk.floats(m, input: input, output: output)
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
      WinogradTasks(self, m, data, images: images, threads: pool.threads, scratch: scratch)
        .run(on: pool)
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
