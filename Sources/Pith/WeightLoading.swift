import PithGraph
import PithKernels
import PithThreads

/// What a plan wants of its model's parameters, gathered while it is built, and what becomes of them when they come.
struct WeightLoading {
  /// A matrix that is laid out for a kernel.
  fileprivate struct Packing {
    let name: String
    let norms: [LoadedNorm]
    let weights: any PackedWeights
    /// How many weights there are.
    let count: Int
    /// In which pages of the memory they lie.
    let pages: Range<Int>
  }

  /// Everything that the plan keeps.
  let memory = WeightMemory()
  private var copies: [(name: String, buffer: FloatBuffer, pages: Range<Int>)] = []
  private var copyIndices: [String: Int] = [:]
  private var packings: [Packing] = []
  private var endings: [() -> Void] = []
  private var pageCount = 0

  /// A parameter as it is, which will be in the buffer when everything was read.
  ///
  /// - Parameter isKept: whether the plan keeps it.
  mutating func copy(of name: String, count: Int, isKept: Bool) -> FloatBuffer {
    if let index = copyIndices[name] { return copies[index].buffer }
    let buffer = isKept ? memory.floats(count) : FloatBuffer(count: count)
    copyIndices[name] = copies.count
    copies.append((name, buffer, isKept ? newPages() : 0..<0))
    return buffer
  }

  /// A batch norm of so many channels, which can be computed with when everything was read.
  mutating func norm(_ norm: FoldedNorm, channels: Int) -> LoadedNorm {
    LoadedNorm(
      statistics: FoldedNorm.roles.map {
        copy(of: "\(norm.name).\($0)", count: channels, isKept: false)
      }, names: FoldedNorm.roles.map { "\(norm.name).\($0)" }, epsilon: norm.epsilon)
  }

  /// Lays a matrix out as its pieces come, with the scales of batch norms folded into it.
  ///
  /// - Parameter outputs: how many there are.
  mutating func pack(
    _ name: String, outputs: Int, norms: [LoadedNorm], into weights: any PackedWeights
  ) {
    packings.append(
      Packing(
        name: name, norms: norms, weights: weights, count: outputs * weights.weightsPerOutput,
        pages: newPages()))
  }

  /// Those of the memory that were given away since the last time, and the one that was not full then.
  private mutating func newPages() -> Range<Int> {
    let first = max(0, pageCount - 1)
    pageCount = memory.pageCount
    return first..<pageCount
  }

  /// Does something when everything was read.
  mutating func atEnd(_ body: @escaping () -> Void) { endings.append(body) }

  /// Reads everything.
  ///
  /// - Throws: ``PithError`` when the values cannot be had.
  func run(from source: any ParameterSource, pool: ThreadPool) throws {
    memory.prepare()
    let requests =
      copies.map { ParameterRequest(name: $0.name, unit: 1, after: []) }
      + packings.map { packing in
        ParameterRequest(
          name: packing.name,
          unit: packing.weights.outputsTogether * packing.weights.weightsPerOutput,
          after: packing.norms.flatMap(\.names).compactMap { copyIndices[$0] })
      }
    try source.forEachPiece(of: requests, pool: pool) { request, range, values in
      if request < copies.count {
        let copy = copies[request]
        memory.commit(copy.pages)
        (copy.buffer.start + range.lowerBound).update(from: values, count: range.count)
      } else {
        let packing = packings[request - copies.count]
        memory.commit(packing.pages(of: range))
        packing.pack(range, values)
      }
    }
    memory.commitAll()
    for ending in endings { ending() }
  }
}

extension WeightLoading.Packing {
  /// In which pages of the memory some of the weights are laid out.
  fileprivate func pages(of range: Range<Int>) -> Range<Int> {
    guard weights.liesInOrder, count > 0 else { return pages }
    let first = pages.lowerBound
    return first + pages.count * range.lowerBound / count..<first
      + (pages.count * range.upperBound + count - 1) / count
  }

  /// - Parameter range: whole outputs.
  fileprivate func pack(_ range: Range<Int>, _ values: UnsafePointer<Float>) {
    let row = weights.weightsPerOutput
    let outputs = range.lowerBound / row..<range.upperBound / row
    guard !norms.isEmpty else {
      weights.pack(outputs, values, scales: nil)
      return
    }
    // Kernels read the scales of whole panels.
    let scales =
      LoadedNorm.fold(norms, outputs).scales
      + [Double](repeating: 1, count: weights.outputsTogether)
    weights.pack(outputs, values, scales: scales)
  }
}

/// A batch norm whose parameters are being read.
struct LoadedNorm: Sendable {
  /// In the order of ``FoldedNorm/roles``.
  let statistics: [FloatBuffer]
  let names: [String]
  let epsilon: Double

  /// What norms that follow one another do to some channels.
  static func fold(_ norms: [LoadedNorm], _ channels: Range<Int>) -> NormFold {
    var fold = NormFold(outputs: channels.count)
    for norm in norms {
      let starts = norm.statistics.map { $0.start + channels.lowerBound }
      fold.add(
        gamma: starts[0], beta: starts[1], mean: starts[2], variance: starts[3],
        epsilon: norm.epsilon)
    }
    return fold
  }
}

/// A matrix that stays as it is, for operations without a fast kernel.
struct PlainWeights: PackedWeights {
  let buffer: FloatBuffer
  let weightsPerOutput: Int
  let outputsTogether = 1

  func pack(
    _ outputs: Range<Int>, _ rows: UnsafePointer<Float>, scales: UnsafePointer<Double>?
  ) {
    let target = buffer.start + outputs.lowerBound * weightsPerOutput
    for index in 0..<outputs.count * weightsPerOutput {
      target[index] = Float(Double(rows[index]) * (scales?[index / weightsPerOutput] ?? 1))
    }
  }
}
