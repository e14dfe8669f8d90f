public import PithGraph
public import PithTensor

/// How large a layer's output is and how much it has to learn.
public struct LayerSize: Sendable, Hashable {
  public let name: String
  /// `convolution` and so on.
  public let operation: String
  /// Without the batch. The side of a feature map is `(i + 2p - k) / s + 1`: `i` pixels with `p` of padding on both ends, a kernel
  /// that reaches over `k`, and the stride `s` (Dumoulin and Visin 2016, relationship 6).
  public let output: Shape
  /// The numbers that are learned: for a convolution `(kh * kw * c / groups + bias) * n`.
  public let parameters: Int
  /// Says where the division by the stride leaves so great a rest that rows or columns of the input are never looked at. Empty
  /// where it does not.
  public let remainders: [String]

  /// The layers of a network in order.
  ///
  /// - Throws: ``PithError`` when the graph does not resolve.
  public static func all(of graph: Graph) throws -> [LayerSize] {
    try graph.resolved().layers.map { layer in
      let learned = layer.parameters.filter {
        !$0.name.hasSuffix(".running_mean") && !$0.name.hasSuffix(".running_var")
      }
      return LayerSize(
        name: layer.layer.name, operation: layer.layer.operation.name, output: layer.outputShape,
        parameters: learned.reduce(0) { $0 + $1.shape.count },
        remainders: remainders(layer.layer.operation, input: layer.inputShapes.first))
    }
  }

  private static func remainders(_ operation: Operation, input: Shape?) -> [String] {
    guard let input, input.rank == 3 else { return [] }
    switch operation {
    case .convolution(let convolution):
      return remainders(
        input, convolution.kernel, convolution.stride, convolution.padding, convolution.dilation)
    case .maxPool(let pool): return remainders(input, pool.window)
    case .averagePool(let pool): return remainders(input, pool.window)
    default: return []
    }
  }

  private static func remainders(_ input: Shape, _ window: Window) -> [String] {
    window.ceil
      ? [] : remainders(input, window.kernel, window.stride, window.padding, window.dilation)
  }

  /// Windows begin every `s` pixels: where the last one ends, `(i + p - k) mod s` pixels are left over, of which those beyond the
  /// padding at the end are of the image. As many as lie between two windows, when the stride is above the kernel, are no loss.
  private static func remainders(
    _ input: Shape, _ kernel: Extent, _ stride: Extent, _ padding: Padding, _ dilation: Extent
  ) -> [String] {
    func remainder(
      _ name: String, _ i: Int, _ pad: (begin: Int, end: Int), _ k: Int, _ d: Int, _ s: Int
    ) -> String? {
      let reach = d * (k - 1) + 1
      let rest = (i + pad.begin + pad.end - reach) % s
      let unseen = rest - pad.end - max(0, s - reach)
      guard unseen > 0 else {
        return rest > 0 && pad.end > 0
          ? "\(rest) of \(pad.begin + pad.end) \(name)s of padding not used" : nil
      }
      return unseen == 1
        ? "the last 1 \(name) is never seen" : "the last \(unseen) \(name)s are never seen"
    }
    return [
      remainder(
        "row", input[1], (padding.top, padding.bottom), kernel.height, dilation.height,
        stride.height),
      remainder(
        "column", input[2], (padding.left, padding.right), kernel.width, dilation.width,
        stride.width),
    ].compactMap { $0 }
  }
}
