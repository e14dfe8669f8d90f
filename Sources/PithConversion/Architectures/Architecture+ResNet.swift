import PithGraph

extension Architecture {
  /// ResNets for small images (He et al. 2015, section 4.2): three stages of `(depth - 2) / 6` blocks, with
  /// parameter-free shortcuts (option A: every second pixel, new channels zero).
  static let cifarResNets: [Architecture] = [20, 32, 44, 56, 110].map { depth in
    Architecture(
      "resnet\(depth)-cifar", side: 32, first: "conv1.weight", last: "linear.weight"
    ) { settings in
      var builder = try GraphBuilder(settings)
      builder.convolution("conv1", outputs: 16, kernel: 3, padding: 1)
      builder.add("bn1", .batchNorm(BatchNorm()))
      builder.add("relu", .relu)
      var (channels, height, width) = (16, settings.size.height, settings.size.width)
      for (stage, outputs) in [16, 32, 64].enumerated() {
        for block in 0..<(depth - 2) / 6 {
          let name = "layer\(stage + 1).\(block)"
          let stride = stage > 0 && block == 0 ? 2 : 1
          let input = builder.last
          builder.convolution(
            "\(name).conv1", outputs: outputs, kernel: 3, stride: stride, padding: 1)
          builder.add("\(name).bn1", .batchNorm(BatchNorm()))
          builder.add("\(name).relu1", .relu)
          builder.convolution("\(name).conv2", outputs: outputs, kernel: 3, padding: 1)
          let residual = builder.add("\(name).bn2", .batchNorm(BatchNorm()))
          var shortcut = input
          if stride == 2 {
            builder.add(
              "\(name).shortcut.slice",
              .slice(
                Slice(starts: [0, 0, 0], ends: [channels, height, width], steps: [1, 2, 2])),
              from: input)
            let missing = (outputs - channels) / 2
            shortcut = builder.add(
              "\(name).shortcut.pad",
              .pad(Pad(before: [missing, 0, 0], after: [outputs - channels - missing, 0, 0])))
            (channels, height, width) = (outputs, height - height / 2, width - width / 2)
          }
          builder.add("\(name).add", .add, inputs: [residual, shortcut])
          builder.add("\(name).relu2", .relu)
        }
      }
      builder.add("pool", .globalAveragePool)
      builder.add("flatten", .flatten)
      builder.add("linear", .fullyConnected(FullyConnected(outputs: settings.classes)))
      return builder.finished()
    }
  }

  /// ResNets for ImageNet (He et al. 2015, table 1) with torchvision's names; the stride of a bottleneck is
  /// in its 3x3 convolution, as there.
  static let torchvisionResNets: [Architecture] = [
    resNet(18, blocks: [2, 2, 2, 2], bottleneck: false),
    resNet(34, blocks: [3, 4, 6, 3], bottleneck: false),
    resNet(50, blocks: [3, 4, 6, 3], bottleneck: true),
  ]

  private static func resNet(_ depth: Int, blocks: [Int], bottleneck: Bool) -> Architecture {
    Architecture(
      "resnet\(depth)", side: 224, first: "conv1.weight", last: "fc.weight"
    ) { settings in
      var builder = try GraphBuilder(settings)
      builder.convolution("conv1", outputs: 64, kernel: 7, stride: 2, padding: 3)
      builder.add("bn1", .batchNorm(BatchNorm()))
      builder.add("relu", .relu)
      builder.maxPool("maxpool", kernel: 3, stride: 2, padding: 1)
      var channels = 64
      for (stage, count) in blocks.enumerated() {
        for block in 0..<count {
          let unit = Residual(
            name: "layer\(stage + 1).\(block)", inputs: channels, width: 64 << stage,
            stride: stage > 0 && block == 0 ? 2 : 1, bottleneck: bottleneck)
          unit.add(to: &builder)
          channels = unit.outputs
        }
      }
      builder.add("avgpool", .globalAveragePool)
      builder.add("flatten", .flatten)
      builder.add("fc", .fullyConnected(FullyConnected(outputs: settings.classes)))
      return builder.finished()
    }
  }
}

/// A residual block with torchvision's names: two 3x3 convolutions, or a bottleneck of 1x1, 3x3 and 1x1.
private struct Residual {
  let name: String
  let inputs: Int
  let width: Int
  let stride: Int
  let bottleneck: Bool

  var outputs: Int { bottleneck ? 4 * width : width }

  func add(to builder: inout GraphBuilder) {
    let source = builder.last
    let steps: [(outputs: Int, kernel: Int, stride: Int)] =
      bottleneck
      ? [(width, 1, 1), (width, 3, stride), (outputs, 1, 1)] : [(width, 3, stride), (width, 3, 1)]
    for (index, step) in steps.enumerated() {
      builder.convolution(
        "\(name).conv\(index + 1)", outputs: step.outputs, kernel: step.kernel, stride: step.stride,
        padding: step.kernel / 2)
      builder.add("\(name).bn\(index + 1)", .batchNorm(BatchNorm()))
      if index < steps.count - 1 { builder.add("\(name).relu\(index + 1)", .relu) }
    }
    let residual = builder.last
    var shortcut = source
    if stride != 1 || inputs != outputs {
      builder.convolution(
        "\(name).downsample.0", outputs: outputs, kernel: 1, stride: stride, from: source)
      shortcut = builder.add("\(name).downsample.1", .batchNorm(BatchNorm()))
    }
    builder.add("\(name).add", .add, inputs: [residual, shortcut])
    builder.add("\(name).relu", .relu)
  }
}

extension GraphBuilder {
  init(_ settings: Architecture.Settings) throws {
    try self.init(
      channels: settings.channels, height: settings.size.height, width: settings.size.width)
  }
}
