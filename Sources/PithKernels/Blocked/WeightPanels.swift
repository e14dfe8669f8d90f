import CPithKernels

/// Weights in the order in which the product kernels read them: `[panel][blocks][taps][8][2][8]`, a panel for each two
/// blocks of outputs; the last one is `[blocks][taps][8][1][8]` when their number is odd.
///
/// The layer that made them keeps their memory: they are read for every panel by all threads, which had better not count who
/// uses it.
struct WeightPanels: @unchecked Sendable {
  /// The outputs of a panel.
  static let outputsPerPanel = 16

  private let start: UnsafeMutablePointer<Float>
  let outputBlocks: Int
  /// How many values an output sums.
  let depth: Int

  /// Room for the weights of so many outputs, in several copies: groups, or the positions of Winograd's convolution.
  ///
  /// - Returns: the copies, and the memory to be kept for them.
  static func several(
    _ number: Int, outputs: Int, depth: Int, memory: WeightMemory
  ) -> (panels: [WeightPanels], buffer: FloatBuffer) {
    // Sixteen floats keep copies from falling onto the same lines of a cache.
    let stride = (outputs + 7) / 8 * 8 * depth + (number > 1 ? 16 : 0)
    let buffer = memory.floats(number * stride)
    let panels = (0..<number).map {
      WeightPanels(at: buffer.start + $0 * stride, outputs: outputs, depth: depth)
    }
    return (panels, buffer)
  }

  private init(at start: UnsafeMutablePointer<Float>, outputs: Int, depth: Int) {
    self.start = start
    self.depth = depth
    outputBlocks = (outputs + 7) / 8
  }

  var panels: Int { (outputBlocks + 1) / 2 }

  /// One or two.
  func blocks(of panel: Int) -> Int { min(2, outputBlocks - 2 * panel) }

  func start(of panel: Int) -> UnsafePointer<Float> { UnsafePointer(target(of: panel)) }

  /// What to bring nearer while a panel is used in so many runs: a part of the next panel in each; nothing where all
  /// panels together stay in a second-level cache.
  func next(after panel: Int, runs: Int = 1) -> (start: UnsafePointer<Float>?, floats: Int) {
    guard count > Self.cachedFloats, panel + 1 < panels, runs > 0 else { return (nil, 0) }
    let floats = depth * 8 * blocks(of: panel + 1)
    return (start(of: panel + 1), (floats / 16 + runs - 1) / runs * 16)
  }

  /// The first panel, likewise.
  var first: (start: UnsafePointer<Float>?, floats: Int) {
    count > Self.cachedFloats ? (start(of: 0), depth * 8 * blocks(of: 0)) : (nil, 0)
  }

  private static let cachedFloats = 64 << 10

  /// The floats of all panels.
  var count: Int { outputBlocks * 8 * depth }

  /// Where the weights of a panel are written.
  func target(of panel: Int) -> UnsafeMutablePointer<Float> {
    start + panel * depth * Self.outputsPerPanel
  }
}

/// Weights that are laid out for kernels, some outputs at a time and on any thread.
package protocol PackedWeights: Sendable {
  /// Outputs are laid out from a multiple of so many.
  var outputsTogether: Int { get }
  /// How many weights an output has.
  var weightsPerOutput: Int { get }
  /// Whether outputs lie one behind the other, so that a part of them takes a part of the memory.
  var liesInOrder: Bool { get }

  /// Lays out the weights of some outputs.
  ///
  /// - Parameters:
  ///   - rows: `[outputs.count, weightsPerOutput]`.
  ///   - scales: what each output's weights are multiplied by, in double precision, and sixteen numbers
  ///     more; nil: 1.
  func pack(
    _ outputs: Range<Int>, _ rows: UnsafePointer<Float>, scales: UnsafePointer<Double>?)
}

extension PackedWeights {
  package var liesInOrder: Bool { true }
}
