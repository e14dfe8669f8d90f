import PithGraph
import PithTensor

/// The attributes that convolutions and pools share, with automatic padding worked out.
struct ONNXWindow {
  var kernel: Extent
  var stride: Extent
  var padding: Padding
  var dilation: Extent

  /// - Parameters:
  ///   - kernel: nil: the attribute `kernel_shape` says.
  ///   - input: channels x height x width.
  init(_ node: ONNXNode, kernel: Extent? = nil, input: Shape) throws {
    func pair(_ name: String) throws -> Extent? {
      guard let sides = try node.integers(name) else { return nil }
      guard sides.count == 2 else {
        throw PithError(
          .unsupported, "\(name) is \(sides); only windows of two dimensions are read")
      }
      return Extent(sides[0], sides[1])
    }
    guard let kernel = try kernel ?? pair("kernel_shape") else {
      throw PithError(.malformedCheckpoint, "kernel_shape is missing")
    }
    self.kernel = kernel
    stride = try pair("strides") ?? Extent(1)
    dilation = try pair("dilations") ?? Extent(1)
    padding = Padding(0)
    switch try node.text("auto_pad", default: "NOTSET") {
    case "NOTSET", "":
      guard let sides = try node.integers("pads") else { return }
      guard sides.count == 4 else {
        throw PithError(.unsupported, "pads is \(sides); only windows of two dimensions are read")
      }
      padding = Padding(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
    case "VALID": break
    case "SAME_UPPER": padding = try same(input, moreAtEnd: true)
    case "SAME_LOWER": padding = try same(input, moreAtEnd: false)
    case let other: throw PithError(.unsupported, "auto_pad '\(other)' is not known")
    }
  }

  /// Padding with which the output has `input / stride` rows and columns, rounded up.
  private func same(_ input: Shape, moreAtEnd: Bool) throws -> Padding {
    func sides(_ size: Int, kernel: Int, stride: Int, dilation: Int) throws -> (Int, Int) {
      guard kernel >= 1, stride >= 1, dilation >= 1 else {
        throw PithError(.malformedCheckpoint, "kernel, stride and dilation must be at least 1")
      }
      let outputs = (size - 1) / stride
      let reach = try (kernel - 1).checkedMultiplying(dilation, "the reach of the kernel")
      let total = max(
        0,
        try outputs.checkedMultiplying(stride, "the padding").checkedAdding(reach, "the padding")
          + 1 - size)
      return moreAtEnd ? (total / 2, total - total / 2) : (total - total / 2, total / 2)
    }
    let rows = try sides(
      input[1], kernel: kernel.height, stride: stride.height, dilation: dilation.height)
    let columns = try sides(
      input[2], kernel: kernel.width, stride: stride.width, dilation: dilation.width)
    return Padding(top: rows.0, left: columns.0, bottom: rows.1, right: columns.1)
  }
}

/// Pools.
extension ONNXImport {
  mutating func maxPool(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    let input = try image(node)
    return try layer(.maxPool(MaxPool(window(node, input))), [input], for: node)
  }

  mutating func averagePool(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    let input = try image(node)
    let window = try window(node, input)
    return try layer(
      .averagePool(
        AveragePool(
          window,
          includePadding: node.flag("count_include_pad", default: false)
            || (window.padding == Padding(0) && !window.ceil))),
      [input], for: node)
  }

  private func window(_ node: ONNXNode, _ input: Activation) throws -> Window {
    let window = try ONNXWindow(node, input: input.shape)
    return Window(
      kernel: window.kernel, stride: window.stride, padding: window.padding,
      dilation: window.dilation, ceil: try node.flag("ceil_mode", default: false))
  }

  mutating func globalAveragePool(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    let input = try activation(node, 0)
    guard input.shape.rank != 3 else { return try layer(.globalAveragePool, [input], for: node) }
    guard input.shape.rank > 1 else { return [.activation(input)] }
    return try layer(
      .mean(Mean(axes: Array(2...input.shape.rank))), [input], for: node)
  }

  mutating func globalMaxPool(_ node: ONNXNode) throws -> [Value] {
    try needBatch()
    return try layer(.globalMaxPool, [image(node)], for: node)
  }
}
