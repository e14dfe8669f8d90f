import PithFormat
import PithGraph
import PithTensor
import PithThreads

/// A parameter that is wanted, piece by piece.
struct ParameterRequest {
  let name: String
  /// A piece begins at a multiple of so many values.
  let unit: Int
  /// The requests before it, by index, all of whose values must have been handed over before.
  let after: [Int]
}

/// Where the values of a model's parameters come from.
protocol ParameterSource {
  /// Whether there is a parameter of a name.
  func has(_ name: String) -> Bool

  /// Hands over what is wanted, in pieces and on the threads of a pool.
  ///
  /// - Parameter body: is given the index of a request, which of its values these are, and the values, which are valid
  ///   only during the call.
  /// - Throws: ``PithError`` when the values cannot be had.
  func forEachPiece(
    of requests: [ParameterRequest], pool: ThreadPool,
    _ body: (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void) throws
}

/// Tensors of a file, decoded straight from its chunks.
struct StoredParameters: ParameterSource {
  let container: Container

  func has(_ name: String) -> Bool { container.entry(named: name) != nil }

  func forEachPiece(
    of requests: [ParameterRequest], pool: ThreadPool,
    _ body: (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void
  ) throws {
    let wanted = try requests.map { request in
      guard let entry = container.entry(named: request.name) else {
        throw PithError(.tensorMismatch, "the tensor '\(request.name)' is missing")
      }
      return TensorRequest(entry, unit: request.unit, after: request.after)
    }
    try container.forEachPiece(
      of: wanted, workers: pool.threads, forEach: { pool.forEach($0, $1) }, body)
  }
}

/// Tensors in memory.
struct LoadedParameters: ParameterSource {
  let tensors: [String: Tensor]

  func has(_ name: String) -> Bool { tensors[name] != nil }

  func forEachPiece(
    of requests: [ParameterRequest], pool: ThreadPool,
    _ body: (_ request: Int, _ range: Range<Int>, _ values: UnsafePointer<Float>) -> Void
  ) throws {
    for (index, request) in requests.enumerated() {
      guard let values = tensors[request.name]?.values else {
        throw PithError(.tensorMismatch, "the tensor '\(request.name)' is missing")
      }
      values.withUnsafeBufferPointer { values in
        guard let start = values.baseAddress else { return }
        body(index, 0..<values.count, start)
      }
    }
  }
}
