import PithGraph
import PithTensor
import Testing

@Suite struct AttributeTests {
  /// Every attribute at another value than its default.
  private static let unusual: [Operation] = [
    .convolution(
      Convolution(
        outputs: 7, kernel: Extent(3, 5), stride: Extent(2, 1),
        padding: Padding(top: 1, left: 2, bottom: 3, right: 4), dilation: Extent(2), groups: 7,
        bias: false)),
    .convolution(
      Convolution(
        outputs: 7, kernel: Extent(3), padding: Padding(top: 1, left: 2, bottom: 1, right: 2))),
    .convolution(Convolution(outputs: 7, kernel: Extent(3), padding: Padding(1))),
    .batchNorm(BatchNorm(epsilon: 1e-3, momentum: 0.01)),
    .fullyConnected(FullyConnected(outputs: 3, bias: false)),
    .maxPool(
      MaxPool(
        Window(kernel: Extent(3), stride: Extent(2), padding: Padding(1), ceil: true))),
    .averagePool(
      AveragePool(Window(kernel: Extent(2, 3), stride: Extent(1)), includePadding: false)),
    .maxPool(MaxPool(Window(kernel: Extent(3), dilation: Extent(2), ceil: true))),
    .averagePool(
      AveragePool(Window(kernel: Extent(2), dilation: Extent(1, 3)), includePadding: false)),
    .localResponseNorm(LocalResponseNorm(size: 3, alpha: 1, beta: 0.5, offset: 2)),
    .adaptiveAveragePool(AdaptiveAveragePool(Extent(6, 7))),
    .mean(Mean(axes: [1, 3], keep: false)),
    .prelu(PReLU(isShared: true)),
    .elu(ELU(alpha: 0.5)),
    .hardSigmoid(HardSigmoid(slope: 0.2, offset: 0.25)),
    .gelu(GELU(approximate: true)),
    .logSoftmax(LogSoftmax(axis: 2)),
    .transpose(Transpose(order: [])), .transpose(Transpose(order: [1, 0])),
    .clip(Clip()), .clip(Clip(minimum: -1)), .clip(Clip(maximum: 1)),
    .leakyReLU(LeakyReLU(slope: 0.2)),
    .softmax(Softmax(axis: 3)),
    .concat(Concat(axis: 2)),
    .reshape(Reshape([2, -1])), .reshape(Reshape([])),
    .pad(Pad(before: [1], after: [2], value: -0.5)),
    .dropout(Dropout(rate: 0.2)),
    .constant(Constant(shape: [])), .constant(Constant(shape: [4, 1, 1])),
  ]

  @Test(arguments: Operation.examples + unusual)
  func nameAndAttributesGiveTheOperationBack(_ operation: Operation) throws {
    let attributes = operation.attributes
    #expect(try Operation(name: operation.name, attributes: attributes) == operation)
    #expect(
      try Operation(name: operation.name, attributes: attributes.reversed()) == operation)
  }

  /// A new case of the enumeration has a new index here only if somebody adds it.
  @Test func examplesHaveEveryCase() {
    let indices = Operation.examples.map { operation in
      switch operation {
      case .convolution: 0
      case .batchNorm: 1
      case .localResponseNorm: 2
      case .fullyConnected: 3
      case .matrixMultiply: 4
      case .maxPool: 5
      case .averagePool: 6
      case .globalMaxPool: 7
      case .globalAveragePool: 8
      case .adaptiveAveragePool: 9
      case .mean: 10
      case .relu: 11
      case .clip: 12
      case .leakyReLU: 13
      case .prelu: 14
      case .elu: 15
      case .sigmoid: 16
      case .hardSigmoid: 17
      case .hardSwish: 18
      case .silu: 19
      case .gelu: 20
      case .erf: 21
      case .tanh: 22
      case .softmax: 23
      case .logSoftmax: 24
      case .add: 25
      case .subtract: 26
      case .multiply: 27
      case .divide: 28
      case .concat: 29
      case .flatten: 30
      case .reshape: 31
      case .transpose: 32
      case .pad: 33
      case .slice: 34
      case .dropout: 35
      case .identity: 36
      case .constant: 37
      }
    }
    #expect(indices == Array(0...37))
    #expect(Set(Operation.examples.map(\.name)).count == 38)
  }

  @Test func defaultsAreNotWritten() {
    let attributes = Operation.examples.flatMap(\.attributes)
    #expect(
      attributes.map(\.name) == [
        "outputs", "kernel", "size", "outputs", "kernel", "kernel", "size", "axes", "minimum",
        "maximum", "shape", "order", "before", "after", "starts", "ends", "steps", "shape",
      ])
  }

  /// Written files say the lowest version that knows all they use.
  @Test func whatIsNewHasItsVersion() {
    func version(_ operation: Operation) -> Int { Int(operation.minorVersion) }
    let window = Window(kernel: Extent(2))
    let dilated = Window(kernel: Extent(2), dilation: Extent(1, 2))
    #expect(version(.maxPool(MaxPool(window))) == 0)
    #expect(version(.maxPool(MaxPool(dilated))) == 1)
    #expect(version(.averagePool(AveragePool(window))) == 0)
    #expect(version(.averagePool(AveragePool(dilated))) == 1)
    let graph = Graph(
      inputs: [Graph.Input("x", shape: [2])], layers: [Layer("a", .relu, inputs: ["x"])],
      outputs: ["a"])
    #expect(graph.minorVersion == 0)
    #expect(GraphSamples.everything.minorVersion == 1)
  }

  @Test func numbersMayBeWrittenShort() throws {
    let short = try Operation(
      name: "convolution",
      attributes: [
        Attribute("outputs", .integer(4)), Attribute("kernel", .integers([3])),
        Attribute("padding", .integers([1, 2])),
      ])
    #expect(
      short
        == .convolution(
          Convolution(
            outputs: 4, kernel: Extent(3),
            padding: Padding(top: 1, left: 2, bottom: 1, right: 2))))
    #expect(
      try Operation(name: "clip", attributes: [Attribute("maximum", .integer(6))])
        == .clip(Clip(maximum: 6)))
    #expect(
      try Operation(name: "reshape", attributes: [Attribute("shape", .integer(-1))])
        == .reshape(Reshape([-1])))
  }

  @Test(arguments: Operation.examples)
  func unknownAttributesAreRefused(_ operation: Operation) {
    let error = #expect(throws: PithError.self) {
      try Operation(
        name: operation.name,
        attributes: operation.attributes + [
          Attribute("zeal", .integer(1)), Attribute("aim", .flag(true)),
        ])
    }
    let known: String =
      switch operation {
      case .convolution: "it has outputs, kernel, stride, padding, dilation, groups, bias"
      case .averagePool: "it has kernel, stride, padding, dilation, ceil, include_padding"
      case .clip: "it has minimum, maximum"
      case .relu, .add, .flatten: "it has none"
      default: "it has "
      }
    let text = "\(operation.name) has attributes that are not known: aim, zeal; \(known)"
    #expect(error?.code == .unsupported)
    #expect(error?.description.hasPrefix(text) == true, "\(String(describing: error))")
    #expect(error?.description.hasSuffix("; a later version of Pith may know more") == true)
  }

  @Test(arguments: Operation.examples)
  func missingAttributesAreRefused(_ operation: Operation) {
    // Those of clip are there only because the example is ReLU6.
    guard operation.name != "clip" else { return }
    for attribute in operation.attributes {
      expect(
        .invalidGraph, operation.name, operation.attributes.filter { $0 != attribute },
        "\(operation.name) needs the attribute '\(attribute.name)'")
    }
  }

  @Test(arguments: Operation.examples + unusual)
  func doubledAttributesAreRefused(_ operation: Operation) {
    for attribute in operation.attributes {
      expect(
        .invalidGraph, operation.name, operation.attributes + [attribute],
        "\(operation.name) has the attribute '\(attribute.name)' twice")
    }
  }

  @Test(arguments: Operation.examples + unusual)
  func mistypedAttributesAreRefused(_ operation: Operation) {
    for (index, attribute) in operation.attributes.enumerated() {
      let (wrong, wanted): (AttributeValue, String) =
        switch (attribute.name, attribute.value) {
        case ("kernel", _), ("stride", _), ("dilation", _),
          ("size", _) where operation.name == "adaptive_average_pool":
          (.integers([1, 2, 3]), "a height and a width")
        case ("padding", _):
          (.integers([1, 2, 3]), "one size, a height and a width, or top, left, bottom and right")
        case (_, .integer): (.integers([1]), "an integer")
        case (_, .real): (.flag(true), "a number")
        case (_, .flag): (.integer(1), "true or false")
        case (_, .integers): (.real(1), "a list of integers")
        }
      var attributes = operation.attributes
      attributes[index] = Attribute(attribute.name, wrong)
      expect(
        .invalidGraph, operation.name, attributes,
        "the attribute '\(attribute.name)' of \(operation.name) must be \(wanted)")
    }
  }

  @Test func unknownOperationsAreRefused() {
    expect(
      .unsupported, "softmin", [],
      "the operation 'softmin' is not known; 'pith ops' lists those that are; "
        + "a later version of Pith may know more")
    expect(
      .unsupported, "", [],
      "the operation '' is not known; 'pith ops' lists those that are; "
        + "a later version of Pith may know more")
  }

  private func expect(
    _ code: PithError.Code, _ name: String, _ attributes: [Attribute], _ text: String
  ) {
    let error = #expect(throws: PithError.self) {
      try Operation(name: name, attributes: attributes)
    }
    #expect(error?.code == code)
    #expect(error?.description == text)
  }
}
