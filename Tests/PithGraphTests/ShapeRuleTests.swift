import PithGraph
import PithTensor
import Testing

@Suite struct ShapeRuleTests {
  /// Sizes that are published: AlexNet, VGG, Inception v3, ResNet, SqueezeNet, DeepLab's dilation, GoogLeNet.
  @Test(arguments: [
    (227, 11, 4, 0, 1, 55), (224, 11, 4, 2, 1, 55), (224, 3, 1, 1, 1, 224), (299, 3, 2, 0, 1, 149),
    (224, 7, 2, 3, 1, 112), (224, 3, 2, 0, 1, 111), (28, 3, 1, 2, 2, 28), (28, 3, 1, 12, 12, 28),
    (32, 3, 2, 1, 1, 16), (33, 3, 2, 1, 1, 17), (1, 1, 1, 0, 1, 1), (7, 7, 1, 0, 1, 1),
  ])
  func convolutionSizes(
    _ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ output: Int
  ) throws {
    let layer = Convolution(
      outputs: 5, kernel: Extent(kernel), stride: Extent(stride), padding: Padding(padding),
      dilation: Extent(dilation))
    let shape = try Shape(checking: [3, input, input])
    #expect(
      try Operation.convolution(layer).outputShape([shape]).dimensions == [5, output, output])
  }

  @Test(arguments: [
    (112, 3, 2, 1, false, 56), (111, 3, 2, 0, true, 55), (55, 3, 2, 0, true, 27),
    (55, 3, 2, 0, false, 27), (112, 3, 2, 0, true, 56), (112, 3, 2, 0, false, 55),
    (6, 3, 2, 0, false, 2), (6, 3, 2, 0, true, 3), (5, 2, 2, 1, true, 3), (5, 2, 2, 1, false, 3),
    (4, 2, 3, 1, true, 2), (7, 2, 2, 0, true, 4), (2, 2, 1, 0, true, 1), (2, 2, 100, 0, true, 1),
  ])
  func poolSizes(
    _ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ ceil: Bool, _ output: Int
  ) throws {
    let window = Window(
      kernel: Extent(kernel), stride: Extent(stride), padding: Padding(padding), ceil: ceil)
    let shape = try Shape(checking: [3, input, input])
    #expect(
      try Operation.maxPool(MaxPool(window)).outputShape([shape]).dimensions == [3, output, output])
    #expect(
      try Operation.averagePool(AveragePool(window)).outputShape([shape]).dimensions
        == [3, output, output])
  }

  /// The rule in PyTorch's own words, for every small window: floor or ceil of the quotient, and a last window
  /// that would start in the end's padding is left out.
  @Test func ceilEqualsItsDefinitionForAllSmallWindows() throws {
    for input in 1...9 {
      for kernel in 1...5 {
        for stride in 1...6 {
          for before in 0..<kernel {
            for after in 0..<kernel where input + before + after >= kernel {
              let room = input + before + after - kernel
              var expected = (room + stride - 1) / stride + 1
              if (expected - 1) * stride >= input + before { expected -= 1 }
              let window = Window(
                kernel: Extent(kernel, 1), stride: Extent(stride, 1),
                padding: Padding(top: before, left: 0, bottom: after, right: 0), ceil: true)
              let shape = try Operation.maxPool(MaxPool(window)).outputShape([[1, input, 1]])
              #expect(shape.dimensions == [1, expected, 1])
            }
          }
        }
      }
    }
  }

  /// Every window of a pool that is accepted has a tap in the image, and its size is the definition's.
  @Test func everyWindowOfADilatedPoolHasATapInTheImage() throws {
    var (accepted, refused) = (0, 0)
    for input in 1...7 {
      for kernel in 1...3 {
        for (stride, dilation) in [(1, 2), (2, 2), (3, 2), (1, 3), (2, 3), (4, 3), (1, 5), (2, 1)] {
          let reach = dilation * (kernel - 1) + 1
          for before in 0...reach {
            for after in 0...reach where input + before + after >= reach {
              for ceil in [false, true] {
                let window = Window(
                  kernel: Extent(kernel, 1), stride: Extent(stride, 1),
                  padding: Padding(top: before, left: 0, bottom: after, right: 0),
                  dilation: Extent(dilation, 1), ceil: ceil)
                guard
                  let shape = try? Operation.maxPool(MaxPool(window)).outputShape([[1, input, 1]])
                else {
                  refused += 1
                  #expect(before >= reach || after >= reach || before > 0 && dilation > input)
                  continue
                }
                accepted += 1
                let room = input + before + after - reach
                var expected = (ceil ? room + stride - 1 : room) / stride + 1
                if ceil, (expected - 1) * stride >= input + before { expected -= 1 }
                #expect(shape.dimensions == [1, expected, 1])
                #expect(
                  (0..<shape[1]).allSatisfy { p in
                    (0..<kernel).contains { r in
                      (0..<input).contains(p * stride - before + r * dilation)
                    }
                  }, "\(window) of \(input)")
              }
            }
          }
        }
      }
    }
    #expect(accepted > 1000 && refused > 100)
  }

  @Test func fourPaddingsAndBothAxesCountOnTheirOwn() throws {
    let layer = Convolution(
      outputs: 4, kernel: Extent(2, 3), stride: Extent(1, 2),
      padding: Padding(top: 0, left: 1, bottom: 2, right: 3), dilation: Extent(3, 1))
    // Height: 5 + 2 - 4 + 1 = 4; width: (6 + 4 - 3) / 2 + 1 = 4.
    #expect(try Operation.convolution(layer).outputShape([[1, 5, 6]]) == [4, 4, 4])
  }

  /// `(kh * kw * c / groups + bias) * n`.
  @Test(arguments: [
    (64, 128, 3, 3, 1, true, 73_856), (64, 128, 3, 3, 1, false, 73_728),
    (32, 32, 3, 3, 32, false, 288), (8, 12, 1, 5, 4, true, 132), (3, 96, 11, 11, 1, true, 34_944),
  ])
  func convolutionParameters(
    _ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int, _ groups: Int, _ bias: Bool,
    _ count: Int
  ) throws {
    let operation = Operation.convolution(
      Convolution(
        outputs: outputs, kernel: Extent(height, width), groups: groups, bias: bias))
    let shape = try Shape(checking: [inputs, 20, 20])
    let parameters = try operation.parameters([shape])
    #expect(parameters.map(\.role) == (bias ? ["weight", "bias"] : ["weight"]))
    #expect(parameters.map(\.shape.count).reduce(0, +) == count)
    #expect(count == (height * width * inputs / groups + (bias ? 1 : 0)) * outputs)
    let output = try operation.outputShape([shape])
    #expect(
      try operation.multiplyAdds([shape], output: output)
        == output.count * height * width * inputs / groups)
  }

  @Test func otherOperationsWithParameters() throws {
    let dense = Operation.fullyConnected(FullyConnected(outputs: 10))
    #expect(try dense.outputShape([[4096]]) == [10])
    #expect(
      try dense.parameters([[4096]]) == [
        Parameter("weight", [10, 4096]), Parameter("bias", [10]),
      ])
    #expect(try dense.multiplyAdds([[4096]], output: [10]) == 40_960)
    #expect(
      try Operation.batchNorm(BatchNorm()).parameters([[7, 3, 3]]).map(\.role) == [
        "weight", "bias", "running_mean", "running_var",
      ])
    #expect(
      try Operation.prelu(PReLU()).parameters([[7, 3, 3]]) == [Parameter("weight", [7])])
    #expect(
      try Operation.prelu(PReLU(isShared: true)).parameters([[7]]) == [Parameter("weight", [1])])
    #expect(
      try Operation.matrixMultiply.multiplyAdds([[2, 3, 4], [4, 5]], output: [2, 3, 5]) == 120)
    #expect(
      try Operation.constant(Constant(shape: [2, 3])).parameters([]) == [
        Parameter("value", [2, 3])
      ]
    )
  }

  @Test func arrangementsHaveTheirShapes() throws {
    func shape(_ operation: Operation, _ inputs: Shape...) throws -> [Int] {
      try operation.outputShape(inputs).dimensions
    }
    #expect(try shape(.globalAveragePool, [512, 7, 7]) == [512, 1, 1])
    #expect(try shape(.flatten, [512, 1, 1]) == [512])
    #expect(try shape(.flatten, []) == [1])
    #expect(try shape(.add, [3, 2, 4], [3, 1, 1]) == [3, 2, 4])
    #expect(try shape(.multiply, [1], [3, 2, 4]) == [3, 2, 4])
    #expect(try shape(.add, [2, 1, 4], [5, 1]) == [2, 5, 4])
    #expect(try shape(.add, [], [2]) == [2])
    #expect(try shape(.concat(Concat()), [2, 3, 3], [5, 3, 3], [1, 3, 3]) == [8, 3, 3])
    #expect(try shape(.concat(Concat(axis: 3)), [2, 3, 4], [2, 3, 1]) == [2, 3, 5])
    #expect(try shape(.reshape(Reshape([6, -1])), [2, 3, 4]) == [6, 4])
    #expect(try shape(.reshape(Reshape([-1])), [2, 3]) == [6])
    #expect(try shape(.reshape(Reshape([])), [1, 1]) == [])
    #expect(try shape(.pad(Pad(before: [1, 0], after: [0, 5])), [2, 3]) == [3, 8])
    #expect(
      try shape(
        .slice(Slice(starts: [0, 1, 0], ends: [3, 5, 7], steps: [1, 2, 7])), [3, 5, 7])
        == [3, 2, 1])
    #expect(try shape(.softmax(Softmax(axis: 3)), [2, 3, 4]) == [2, 3, 4])
    #expect(try shape(.globalMaxPool, [512, 7, 7]) == [512, 1, 1])
    #expect(
      try shape(.adaptiveAveragePool(AdaptiveAveragePool(Extent(6))), [256, 5, 13]) == [256, 6, 6])
    #expect(try shape(.mean(Mean(axes: [2, 3])), [8, 7, 5]) == [8, 1, 1])
    #expect(try shape(.mean(Mean(axes: [1, 3], keep: false)), [8, 7, 5]) == [7])
    #expect(try shape(.mean(Mean(axes: [1], keep: false)), [8]) == [])
    #expect(try shape(.transpose(Transpose(order: [2, 0, 1])), [8, 7, 5]) == [5, 8, 7])
    #expect(try shape(.transpose(Transpose(order: [])), []) == [])
    #expect(try shape(.matrixMultiply, [3, 4], [4, 5]) == [3, 5])
    #expect(try shape(.matrixMultiply, [2, 1, 3, 4], [6, 4, 5]) == [2, 6, 3, 5])
    #expect(try shape(.subtract, [1], [3, 2, 4]) == [3, 2, 4])
    #expect(try shape(.divide, [3, 2, 4], [3, 1, 1]) == [3, 2, 4])
    #expect(try shape(.logSoftmax(LogSoftmax(axis: 2)), [2, 3]) == [2, 3])
    #expect(try shape(.localResponseNorm(LocalResponseNorm(size: 5)), [2, 3, 3]) == [2, 3, 3])
    for operation: Operation in [
      .prelu(PReLU()), .elu(ELU()), .hardSigmoid(HardSigmoid()), .hardSwish, .silu, .gelu(GELU()),
      .erf,
    ] {
      #expect(try shape(operation, [2, 3, 4]) == [2, 3, 4])
    }
  }
}
