/// A part of one trained parameter: what one task of a step works on, and the unit of sums over all parameters.
///
/// Where parameters are cut depends on nothing but their sizes, and sums of chunks are added in order: neither depends on
/// threads.
struct ParameterChunk: Sendable {
  let range: Range<Int>
  /// Whether L1 and L2 apply.
  let isRegularized: Bool

  static func chunks(of parameter: TrainingParameter) -> [ParameterChunk] {
    guard parameter.isTrained else { return [] }
    let size = 1 << 14
    return stride(from: parameter.range.lowerBound, to: parameter.range.upperBound, by: size).map {
      ParameterChunk(
        range: $0..<min($0 + size, parameter.range.upperBound),
        isRegularized: parameter.kind == .weight)
    }
  }
}
