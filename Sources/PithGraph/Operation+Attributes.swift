import PithTensor

extension Convolution {
  var attributes: [Attribute] {
    [Attribute("outputs", .integer(outputs)), Attribute("kernel", kernel.attribute)]
      + unless(stride == Extent(1), "stride", stride.attribute)
      + unless(padding == Padding(0), "padding", padding.attribute)
      + unless(dilation == Extent(1), "dilation", dilation.attribute)
      + unless(groups == 1, "groups", .integer(groups))
      + unless(bias, "bias", .flag(false))
  }
}

extension BatchNorm {
  var attributes: [Attribute] {
    unless(epsilon == BatchNorm().epsilon, "epsilon", .real(epsilon))
      + unless(momentum == BatchNorm().momentum, "momentum", .real(momentum))
  }
}

extension LocalResponseNorm {
  var attributes: [Attribute] {
    [Attribute("size", .integer(size))]
      + unless(alpha == Self.defaults.alpha, "alpha", .real(alpha))
      + unless(beta == Self.defaults.beta, "beta", .real(beta))
      + unless(offset == Self.defaults.offset, "offset", .real(offset))
  }
}

extension FullyConnected {
  var attributes: [Attribute] {
    [Attribute("outputs", .integer(outputs))] + unless(bias, "bias", .flag(false))
  }
}

extension Window {
  var attributes: [Attribute] {
    [Attribute("kernel", kernel.attribute)]
      + unless(stride == kernel, "stride", stride.attribute)
      + unless(padding == Padding(0), "padding", padding.attribute)
      + unless(dilation == Extent(1), "dilation", dilation.attribute)
      + unless(!ceil, "ceil", .flag(true))
  }

  /// Dilation of pools came with version 1.1.
  var minorVersion: UInt16 { dilation == Extent(1) ? 0 : 1 }
}

extension AveragePool {
  var attributes: [Attribute] {
    window.attributes + unless(includePadding, "include_padding", .flag(false))
  }
}

extension AdaptiveAveragePool {
  var attributes: [Attribute] { [Attribute("size", size.attribute)] }
}

extension Mean {
  var attributes: [Attribute] {
    [Attribute("axes", .integers(axes))] + unless(keep, "keep", .flag(false))
  }
}

extension Clip {
  var attributes: [Attribute] {
    unless(minimum == -.infinity, "minimum", .real(minimum))
      + unless(maximum == .infinity, "maximum", .real(maximum))
  }
}

extension LeakyReLU {
  var attributes: [Attribute] { unless(slope == LeakyReLU().slope, "slope", .real(slope)) }
}

extension PReLU {
  var attributes: [Attribute] { unless(!isShared, "shared", .flag(true)) }
}

extension ELU {
  var attributes: [Attribute] { unless(alpha == ELU().alpha, "alpha", .real(alpha)) }
}

extension HardSigmoid {
  var attributes: [Attribute] {
    unless(slope == HardSigmoid().slope, "slope", .real(slope))
      + unless(offset == HardSigmoid().offset, "offset", .real(offset))
  }
}

extension GELU {
  var attributes: [Attribute] { unless(!approximate, "approximate", .flag(true)) }
}

extension Reshape {
  var attributes: [Attribute] { [Attribute("shape", .integers(dimensions))] }
}

extension Transpose {
  var attributes: [Attribute] { [Attribute("order", .integers(order))] }
}

extension Pad {
  var attributes: [Attribute] {
    [Attribute("before", .integers(before)), Attribute("after", .integers(after))]
      + unless(value == 0, "value", .real(value))
  }
}

extension Slice {
  var attributes: [Attribute] {
    [
      Attribute("starts", .integers(starts)), Attribute("ends", .integers(ends)),
      Attribute("steps", .integers(steps)),
    ]
  }
}

extension Dropout {
  var attributes: [Attribute] { unless(rate == Dropout().rate, "rate", .real(rate)) }
}

extension Constant {
  var attributes: [Attribute] { [Attribute("shape", .integers(shape))] }
}

/// The attribute of those operations whose only one is an axis.
func axis(_ axis: Int) -> [Attribute] { unless(axis == 1, "axis", .integer(axis)) }

private func unless(_ isDefault: Bool, _ name: String, _ value: AttributeValue) -> [Attribute] {
  isDefault ? [] : [Attribute(name, value)]
}
