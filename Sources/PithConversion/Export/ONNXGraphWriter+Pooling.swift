import PithGraph
import PithTensor

extension ONNXGraphWriter {
  /// A pool with the padding that its output needs, spelled out: runtimes do not agree on what `ceil_mode` does.
  mutating func addPool(
    _ operation: String, _ window: Window, _ resolved: ResolvedGraph.ResolvedLayer,
    _ more: [(String, NodeAttribute)] = []
  ) {
    addPool(
      operation, window, padding: explicitPadding(window, resolved),
      from: resolved.layer.inputs[0], to: resolved.layer.name, more)
  }

  private mutating func addPool(
    _ operation: String, _ window: Window, padding: Padding, from input: String, to name: String,
    _ more: [(String, NodeAttribute)]
  ) {
    var attributes: [(String, NodeAttribute)] = [
      ("kernel_shape", .integers([window.kernel.height, window.kernel.width])),
      ("strides", .integers([window.stride.height, window.stride.width])),
      (
        "pads",
        .integers([padding.top, padding.left, padding.bottom, padding.right])
      ),
    ]
    if window.dilation != Extent(1) {
      attributes.append(
        ("dilations", .integers([window.dilation.height, window.dilation.width])))
    }
    let greatest = (max(padding.top, padding.bottom), max(padding.left, padding.right))
    guard greatest.0 < window.kernel.height, greatest.1 < window.kernel.width else {
      problems.append(
        "'\(name)': a pool whose padding \(padding.top),\(padding.left),\(padding.bottom),\(padding.right) is not smaller than its kernel"
      )
      return
    }
    node(operation, [input], name, attributes + more)
  }

  mutating func addAveragePool(
    _ pool: AveragePool, _ resolved: ResolvedGraph.ResolvedLayer
  ) {
    let explicit = explicitPadding(pool.window, resolved)
    guard pool.includePadding, explicit != pool.window.padding else {
      let counts = pool.includePadding ? 1 : 0
      return addPool(
        "AveragePool", pool.window, resolved, [("count_include_pad", .integer(counts))])
    }
    // Zeros of the padding count, what a last partial window reaches beyond it does not: the former become values.
    let name = resolved.layer.name
    var input = resolved.layer.inputs[0]
    let given = pool.window.padding
    if given != Padding(0) {
      let padded = fresh("\(name).padded")
      let amounts = integers(
        "\(name).pads", [0, 0, given.top, given.left, 0, 0, given.bottom, given.right])
      node("Pad", [input, amounts], padded)
      input = padded
    }
    addPool(
      "AveragePool", pool.window,
      padding: Padding(
        top: 0, left: 0, bottom: explicit.bottom - given.bottom,
        right: explicit.right - given.right), from: input, to: name,
      [("count_include_pad", .integer(0))])
  }

  /// As an average pool where the output divides the input, else as products with the matrices that average rows and columns.
  mutating func addAdaptivePool(_ size: Extent, _ resolved: ResolvedGraph.ResolvedLayer) {
    let (name, input) = (resolved.layer.name, resolved.layer.inputs[0])
    let (height, width) = (resolved.inputShapes[0][1], resolved.inputShapes[0][2])
    guard size != Extent(1) else { return node("GlobalAveragePool", [input], name) }
    if height % size.height == 0, width % size.width == 0 {
      let kernel = [height / size.height, width / size.width]
      return node(
        "AveragePool", [input], name,
        [("kernel_shape", .integers(kernel)), ("strides", .integers(kernel))])
    }
    let averages = AdaptivePoolAverages(of: (height, width), to: size)
    let partial = fresh("\(name).rows")
    let left = reals("\(name).row_averages", averages.rows, sizes: [size.height, height])
    let right = reals("\(name).column_averages", averages.columns, sizes: [width, size.width])
    node("MatMul", [left, input], partial)
    node("MatMul", [partial, right], name)
  }

  /// The padding of a window, at its end as far as the last window reaches where that is further.
  private func explicitPadding(
    _ window: Window, _ resolved: ResolvedGraph.ResolvedLayer
  ) -> Padding {
    let (input, output) = (resolved.inputShapes[0], resolved.outputShape)
    func end(_ axis: Int, _ before: Int, _ after: Int, _ kernel: Int, _ stride: Int, _ step: Int)
      -> Int
    {
      max(after, (output[axis] - 1) * stride + (kernel - 1) * step + 1 - input[axis] - before)
    }
    var padding = window.padding
    padding.bottom = end(
      1, padding.top, padding.bottom, window.kernel.height, window.stride.height,
      window.dilation.height)
    padding.right = end(
      2, padding.left, padding.right, window.kernel.width, window.stride.width,
      window.dilation.width)
    return padding
  }
}
