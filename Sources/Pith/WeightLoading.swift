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
  }

  /// Everything that the plan keeps.
  let memory = WeightMemory()
  private var copies: [(name: String, buffer: FloatBuffer)] = []
  private var copyIndices: [String: Int] = [:]
  private var packings: [Packing] = []
  private var endings: [() -> Void] = []

  /// A parameter as it is, which will be in the buffer when everything was read.
  ///
  /// - Parameter isKept: whether the plan keeps it.
  mutating func copy(of name: String, count: Int, isKept: Bool) -> FloatBuffer {
    if let index = copyIndices[name] { return copies[index].buffer }
    let buffer = isKept ? memory.floats(count) : FloatBuffer(count: count)
    copyIndices[name] = copies.count
    copies.append((name, buffer))
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
  mutating func pack(_ name: String, norms: [LoadedNorm], into weights: any PackedWeights) {
    packings.append(Packing(name: name, norms: norms, weights: weights))
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
        (copies[request].buffer.start + range.lowerBound).update(from: values, count: range.count)
      } else {
        packings[request - copies.count].pack(range, values)
      }
    }
    for ending in endings { ending() }
  }
}

extension WeightLoading.Packing {
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
