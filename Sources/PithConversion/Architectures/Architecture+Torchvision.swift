import PithGraph

extension Architecture {
  /// VGG configuration D (Simonyan and Zisserman 2014, table 1) with torchvision's names.
  static let vgg16 = Architecture(
    "vgg16", side: 224, first: "features.0.weight", last: "classifier.6.weight"
  ) { settings in
    var builder = try GraphBuilder(settings)
    var index = 0
    for (outputs, count) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
      for _ in 0..<count {
        builder.convolution(
          "features.\(index)", outputs: outputs, kernel: 3, padding: 1, bias: true)
        builder.add("features.\(index + 1)", .relu)
        index += 2
      }
      builder.maxPool("features.\(index)", kernel: 2, stride: 2)
      index += 1
    }
    builder.add("flatten", .flatten)
    for index in [0, 3] {
      builder.add("classifier.\(index)", .fullyConnected(FullyConnected(outputs: 4096)))
      builder.add("classifier.\(index + 1)", .relu)
      builder.add("classifier.\(index + 2)", .dropout(Dropout()))
    }
    builder.add("classifier.6", .fullyConnected(FullyConnected(outputs: settings.classes)))
    return builder.finished()
  }

  /// MobileNetV2 (Sandler et al. 2018, table 2) with torchvision's names.
  static let mobileNetV2 = Architecture(
    "mobilenet_v2", side: 224, first: "features.0.0.weight", last: "classifier.1.weight"
  ) { settings in
    var builder = try GraphBuilder(settings)
    /// A convolution, its batch norm and ReLU6, named `PREFIX.0`, `PREFIX.1`, `PREFIX.2`.
    func unit(
      _ prefix: String, outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1
    ) {
      builder.convolution(
        "\(prefix).0", outputs: outputs, kernel: kernel, stride: stride, padding: kernel / 2,
        groups: groups)
      builder.add("\(prefix).1", .batchNorm(BatchNorm()))
      builder.add("\(prefix).2", .clip(.relu6))
    }
    unit("features.0", outputs: 32, kernel: 3, stride: 2)
    var (channels, index) = (32, 1)
    // expansion t, channels c, repeats n, first stride s
    for (t, c, n, s) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ] {
      for block in 0..<n {
        let (name, stride, input) = ("features.\(index).conv", block == 0 ? s : 1, builder.last)
        var part = 0
        if t > 1 {
          unit("\(name).0", outputs: channels * t, kernel: 1)
          part = 1
        }
        unit(
          "\(name).\(part)", outputs: channels * t, kernel: 3, stride: stride, groups: channels * t)
        builder.convolution("\(name).\(part + 1)", outputs: c, kernel: 1)
        let projected = builder.add("\(name).\(part + 2)", .batchNorm(BatchNorm()))
        if stride == 1 && channels == c {
          builder.add("features.\(index).add", .add, inputs: [projected, input])
        }
        (channels, index) = (c, index + 1)
      }
    }
    unit("features.\(index)", outputs: 1280, kernel: 1)
    builder.add("pool", .globalAveragePool)
    builder.add("flatten", .flatten)
    builder.add("classifier.0", .dropout(Dropout(rate: 0.2)))
    builder.add("classifier.1", .fullyConnected(FullyConnected(outputs: settings.classes)))
    return builder.finished()
  }

  /// SqueezeNet 1.1 (Iandola et al. 2016, version 1.1 of the authors' repository) with torchvision's names.
  static let squeezeNet11 = Architecture(
    "squeezenet1_1", side: 224, first: "features.0.weight", last: "classifier.1.weight"
  ) { settings in
    var builder = try GraphBuilder(settings)
    builder.convolution("features.0", outputs: 64, kernel: 3, stride: 2, bias: true)
    builder.add("features.1", .relu)
    builder.maxPool("features.2", kernel: 3, stride: 2, ceil: true)
    // Fire modules by index; a pool comes after the second and the fourth.
    for (index, squeeze, expand) in [
      (3, 16, 64), (4, 16, 64), (6, 32, 128), (7, 32, 128), (9, 48, 192), (10, 48, 192),
      (11, 64, 256), (12, 64, 256),
    ] {
      let name = "features.\(index)"
      builder.convolution("\(name).squeeze", outputs: squeeze, kernel: 1, bias: true)
      let squeezed = builder.add("\(name).squeeze_activation", .relu)
      builder.convolution("\(name).expand1x1", outputs: expand, kernel: 1, bias: true)
      let narrow = builder.add("\(name).expand1x1_activation", .relu)
      builder.convolution(
        "\(name).expand3x3", outputs: expand, kernel: 3, padding: 1, bias: true, from: squeezed)
      let wide = builder.add("\(name).expand3x3_activation", .relu)
      builder.add("\(name).concat", .concat(Concat()), inputs: [narrow, wide])
      if index == 4 || index == 7 {
        builder.maxPool("features.\(index + 1)", kernel: 3, stride: 2, ceil: true)
      }
    }
    builder.add("classifier.0", .dropout(Dropout()))
    builder.convolution("classifier.1", outputs: settings.classes, kernel: 1, bias: true)
    builder.add("classifier.2", .relu)
    builder.add("classifier.3", .globalAveragePool)
    builder.add("flatten", .flatten)
    return builder.finished()
  }
}
