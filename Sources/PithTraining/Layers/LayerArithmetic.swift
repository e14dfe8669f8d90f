package import PithKernels
package import PithThreads

/// The interface between a plan and the arithmetic of its layers: one layer, forwards and backwards, over a batch.
///
/// Values of a batch lie image after image, each row-major unless the layer says otherwise: an image is `[channels, height,
/// width]`. Whoever
/// implements it splits its work into tasks that do not depend on the number of threads, and lets each sum belong to
/// one task, so that the results have the same bits on any number of threads.
package protocol LayerArithmetic<Scalar> {
  associatedtype Scalar: TrainingScalar

  /// What ``backward(_:_:)`` reads of what ``forward(_:)`` has read and written; the rest is overwritten meanwhile.
  var retained: RetainedValues { get }

  /// The number of values that ``forward(_:)`` leaves for ``backward(_:_:)`` beside them.
  var stateCount: Int { get }

  /// Whether the output may lie where the first input lies, and the gradient by the first input where that by the output
  /// lies.
  var worksInPlace: Bool { get }

  /// Whether the gradient by the first input may lie where the values of that input lie, if nobody needs them afterwards.
  var gradientReplacesInput: Bool { get }

  /// The memory that a pass of the layer needs for itself.
  var scratch: ScratchNeed { get }

  /// Computes the outputs of all images.
  func forward(_ call: LayerCall<Scalar>)

  /// Computes the gradients of the loss by the inputs and parameters, given those by the outputs.
  func backward(_ call: LayerCall<Scalar>, _ gradients: LayerGradients<Scalar>)

  /// Tells which sides of its kinks the layer's values lie on, after ``forward(_:)``; smooth layers have none.
  func describeActiveSet(_ call: LayerCall<Scalar>, to activeSet: inout ActiveSet)
}

extension LayerArithmetic {
  package var stateCount: Int { 0 }
  package var worksInPlace: Bool { false }
  package var gradientReplacesInput: Bool { false }
  package var scratch: ScratchNeed { ScratchNeed() }

  package func describeActiveSet(_ call: LayerCall<Scalar>, to activeSet: inout ActiveSet) {}
}

/// Which values of the forward pass a layer's backward pass reads.
package struct RetainedValues: Sendable, Hashable {
  package var inputs: Bool
  package var output: Bool

  package static let nothing = RetainedValues(inputs: false, output: false)
  package static let inputs = RetainedValues(inputs: true, output: false)
  package static let output = RetainedValues(inputs: false, output: true)
}

/// Memory that layers use one after the other: floats for each thread, values for all.
package struct ScratchNeed: Sendable, Hashable {
  /// For each thread.
  package var perWorker = 0
  /// For all threads together.
  package var shared = 0

  /// What is enough for both.
  mutating func formUnion(_ other: ScratchNeed) {
    perWorker = max(perWorker, other.perWorker)
    shared = max(shared, other.shared)
  }
}

/// How a pass through the network is made.
package struct TrainingPass: Sendable, Hashable {
  /// Whether batch norm uses and updates statistics of the batch, and dropout drops.
  package var isTraining: Bool
  /// Whether dropout does nothing even so.
  package var keepsAll = false
  /// What random choices follow from, beside the layer's name and the position of a value.
  package var seed: UInt64
  package var step: Int
  /// The position of the first image in its step: a step may take several passes.
  package var firstImage: Int

  package init(isTraining: Bool, seed: UInt64 = 0, step: Int = 0, firstImage: Int = 0) {
    self.isTraining = isTraining
    self.seed = seed
    self.step = step
    self.firstImage = firstImage
  }
}

/// Where the values of one layer are for one pass.
package struct LayerCall<Scalar: TrainingScalar> {
  package let inputs: [UnsafePointer<Scalar>]
  /// In the order of the operation. Only running statistics are written.
  package let parameters: [UnsafeMutablePointer<Scalar>]
  package let output: UnsafeMutablePointer<Scalar>
  /// The ``LayerArithmetic/stateCount`` values of the layer.
  package let state: UnsafeMutablePointer<Scalar>
  /// How many images the batch has.
  package let images: Int
  package let pass: TrainingPass
  package let pool: ThreadPool
  /// The layer's ``ScratchNeed``, of any content.
  package let workers: WorkerScratch
  package let shared: UnsafeMutablePointer<Scalar>

  /// Runs a task for each image.
  func forEachImage(_ body: (_ image: Int) -> Void) {
    pool.forEach(images) { task, _ in body(task) }
  }

  /// Runs a task for each range of up to 16,384 positions, which together are `count`.
  func forEachRange(of count: Int, _ body: (Range<Int>) -> Void) {
    let size = 1 << 14
    pool.forEach((count + size - 1) / size) { task, _ in
      body(task * size..<min((task + 1) * size, count))
    }
  }
}

/// Where the gradients of one layer are.
package struct LayerGradients<Scalar: TrainingScalar> {
  /// Of the loss by the output.
  package let output: UnsafePointer<Scalar>
  /// By each input; nil when nobody needs it.
  package let inputs: [GradientTarget<Scalar>?]
  /// By each parameter, to be added to; nil for those that are not trained.
  package let parameters: [UnsafeMutablePointer<Scalar>?]
}

/// A gradient to be written.
package struct GradientTarget<Scalar: TrainingScalar> {
  package let start: UnsafeMutablePointer<Scalar>
  /// Whether another layer that uses the same value has written its part, so that this one's is added.
  package let adds: Bool

  /// Writes, or adds, one value.
  @inline(__always)
  package func store(_ value: Scalar, at index: Int) {
    start[index] = adds ? start[index] + value : value
  }

  /// Makes a range ready to be added to.
  @inline(__always)
  package func prepare(_ range: Range<Int>) {
    if !adds { (start + range.lowerBound).update(repeating: 0, count: range.count) }
  }
}

/// A digest of the sides of all kinks that the values of a pass lie on: of the signs under a ReLU, the winners of a max
/// pool, the classes within a hinge's margin.
package struct ActiveSet: Sendable, Hashable {
  private var digest: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  /// Adds a side; passes with the same sides in the same order have equal sets.
  package mutating func add(_ side: Int) {
    digest = (digest ^ UInt64(truncatingIfNeeded: side)) &* 0x100_0000_01B3
    digest ^= digest >> 29
  }
}
