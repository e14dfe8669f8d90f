import PithGraph
import PithTensor
import Testing

/// What shape rules refuse, word for word.
@Suite struct ShapeErrorTests {
  @Test func convolutions() {
    func convolution(_ layer: Convolution, _ shape: Shape, _ text: String) {
      expect(.convolution(layer), shape, text)
    }
    convolution(
      Convolution(outputs: 1, kernel: Extent(3)), [9],
      "needs an input of channels x height x width but gets 9")
    convolution(
      Convolution(outputs: 0, kernel: Extent(3)), [1, 9, 9],
      "0 outputs in 1 groups: both must be at least 1")
    convolution(
      Convolution(outputs: 4, kernel: Extent(3), groups: 2), [3, 9, 9],
      "3 input and 4 output channels do not divide into 2 groups")
    convolution(
      Convolution(outputs: 1, kernel: Extent(1, 3), padding: Padding(1), dilation: Extent(1, 4)),
      [1, 5, 6],
      "along the width, a kernel that reaches over 9 does not fit an input of 6 with padding 1 + 1")
    convolution(
      Convolution(outputs: 1, kernel: Extent(3, 0)), [1, 5, 6],
      "along the width, kernel 0, stride 1 and dilation 1 must be at least 1 and padding 0, 0 at least 0"
    )
    convolution(
      Convolution(
        outputs: 1, kernel: Extent(3), padding: Padding(top: 0, left: 0, bottom: -1, right: 0)),
      [1, 5, 6],
      "along the height, kernel 3, stride 1 and dilation 1 must be at least 1 and padding 0, -1 at least 0"
    )
    convolution(
      Convolution(outputs: 1, kernel: Extent(3), stride: Extent(1 << 31)), [1, 5, 6],
      "2147483648 is too large for a window; 2^31 - 1 is the most")
  }

  @Test func pools() {
    expect(
      .maxPool(MaxPool(Window(kernel: Extent(2), padding: Padding(2)))), [1, 5, 5],
      "along the height, the padding 2 + 2 of a pool must be smaller on each side than the 2 that its kernel "
        + "reaches over; a window would lie in the padding only")
    expect(
      .maxPool(
        MaxPool(
          Window(
            kernel: Extent(1, 2), padding: Padding(top: 0, left: 2, bottom: 0, right: 4),
            dilation: Extent(1, 3)))), [1, 5, 5],
      "along the width, the padding 2 + 4 of a pool must be smaller on each side than the 4 that its kernel "
        + "reaches over; a window would lie in the padding only")
    expect(
      .averagePool(
        AveragePool(
          Window(
            kernel: Extent(3, 1), padding: Padding(top: 2, left: 0, bottom: 2, right: 0),
            dilation: Extent(4, 1)))), [1, 3, 5],
      "along the height, a kernel that reaches over 9 does not fit an input of 3 with padding 2 + 2"
    )
    expect(
      .averagePool(
        AveragePool(
          Window(
            kernel: Extent(2, 1), padding: Padding(top: 2, left: 0, bottom: 0, right: 0),
            dilation: Extent(4, 1)))), [1, 3, 5],
      "along the height, a pool with padding and dilation 4 needs an input of at least 4, not 3; "
        + "the taps of a window would lie in the padding only")
    expect(
      .maxPool(MaxPool(Window(kernel: Extent(2), dilation: Extent(0)))), [1, 5, 5],
      "along the height, kernel 2, stride 2 and dilation 0 must be at least 1 and padding 0, 0 at least 0"
    )
    expect(
      .maxPool(MaxPool(Window(kernel: Extent(2), dilation: Extent(.max)))), [1, 5, 5],
      "9223372036854775807 is too large for a window; 2^31 - 1 is the most")
    expect(.globalMaxPool, [512, 7], "needs an input of channels x height x width but gets 512x7")
    expect(
      .adaptiveAveragePool(AdaptiveAveragePool(Extent(1))), [512],
      "needs an input of channels x height x width but gets 512")
    for (size, text) in [
      (Extent(0, 3), "0x3"), (Extent(3, -1), "3x-1"), (Extent(1, 1 << 31), "1x2147483648"),
    ] {
      expect(
        .adaptiveAveragePool(AdaptiveAveragePool(size)), [5, 7, 7],
        "the size \(text) must be at least 1x1 and each side less than 2^31")
    }
    expect(
      .averagePool(AveragePool(Window(kernel: Extent(7)))), [1, 5, 7],
      "along the height, a kernel that reaches over 7 does not fit an input of 5 with padding 0 + 0"
    )
    expect(
      .globalAveragePool, [512], "needs an input of channels x height x width but gets 512")
  }

  @Test func layersWithParameters() {
    expect(
      .fullyConnected(FullyConnected(outputs: 5)), [512, 7, 7],
      "needs an input of one dimension but gets 512x7x7; put a flatten layer before it")
    expect(
      .fullyConnected(FullyConnected(outputs: -1)), [5], "-1 outputs: there must be at least 1")
    expect(.batchNorm(BatchNorm()), [[]], "needs an input with channels but gets a scalar")
    expect(
      .batchNorm(BatchNorm(epsilon: -1)), [5],
      "epsilon -1.0 must be finite and not negative, and momentum 0.1 finite")
    expect(
      .batchNorm(BatchNorm(momentum: .nan)), [5],
      "epsilon 1e-05 must be finite and not negative, and momentum nan finite")
  }

  @Test func localResponseNorms() {
    func norm(_ norm: LocalResponseNorm, _ shape: Shape, _ text: String) {
      expect(.localResponseNorm(norm), shape, text)
    }
    norm(LocalResponseNorm(size: 3), [], "needs an input with channels but gets a scalar")
    for size in [4, 0, -1, 1 << 31, (1 << 31) + 1] {
      norm(
        LocalResponseNorm(size: size), [5],
        "the size \(size) must be odd, at least 1 and less than 2^31")
    }
    norm(
      LocalResponseNorm(size: 3, alpha: -0.5), [5],
      "alpha -0.5, beta 0.75 and offset 1.0 must be finite, alpha at least 0 and offset greater than 0"
    )
    norm(
      LocalResponseNorm(size: 3, beta: .infinity), [5],
      "alpha 0.0001, beta inf and offset 1.0 must be finite, alpha at least 0 and offset greater than 0"
    )
    norm(
      LocalResponseNorm(size: 3, offset: 0), [5],
      "alpha 0.0001, beta 0.75 and offset 0.0 must be finite, alpha at least 0 and offset greater than 0"
    )
    norm(
      LocalResponseNorm(size: 3, alpha: .nan, offset: .infinity), [5],
      "alpha nan, beta 0.75 and offset inf must be finite, alpha at least 0 and offset greater than 0"
    )
  }

  @Test func products() {
    let text = "needs two inputs of ... x m x k and ... x k x n but gets"
    expect(.matrixMultiply, [[2, 3], [2, 3]], "\(text) 2x3 and 2x3")
    expect(.matrixMultiply, [[3], [3, 2]], "\(text) 3 and 3x2")
    expect(.matrixMultiply, [[2, 3], []], "\(text) 2x3 and scalar")
    expect(.matrixMultiply, [[2, 1, 3], [5, 3, 1]], "shapes 2 and 5 do not match")
  }

  @Test func means() {
    for axes in [[], [2, 1], [2, 2], [Int.max, .min]] {
      expect(
        .mean(Mean(axes: axes)), [2, 3],
        "the axes \(axes) must be ascending, at least one of them")
    }
    for axis in [0, -1, 3, .max] {
      expect(
        .mean(Mean(axes: [axis])), [2, 3],
        "axis \(axis) is not one of 1 to 2 of an input of shape 2x3 (axis 0 is the batch)")
    }
  }

  @Test func activations() {
    expect(.prelu(PReLU()), [[]], "needs an input with channels but gets a scalar")
    expect(.elu(ELU(alpha: .infinity)), [5], "alpha inf must be finite")
    expect(
      .hardSigmoid(HardSigmoid(slope: .nan)), [5], "slope nan and offset 0.5 must be finite")
    expect(
      .hardSigmoid(HardSigmoid(slope: 1, offset: .infinity)), [5],
      "slope 1.0 and offset inf must be finite")
    expect(
      .logSoftmax(LogSoftmax(axis: 2)), [5],
      "axis 2 is not one of 1 to 1 of an input of shape 5 (axis 0 is the batch)")
    expect(
      .clip(Clip(minimum: 6, maximum: 0)), [5],
      "the minimum 6.0 must not be greater than the maximum 0.0")
    expect(
      .clip(Clip(minimum: .nan)), [5], "the minimum nan must not be greater than the maximum inf")
    expect(.leakyReLU(LeakyReLU(slope: .infinity)), [5], "the slope inf must be finite")
    expect(.dropout(Dropout(rate: 1.5)), [5], "the rate 1.5 must be from 0 to 1")
    expect(.dropout(Dropout(rate: .nan)), [5], "the rate nan must be from 0 to 1")
    expect(
      .softmax(Softmax(axis: 0)), [5],
      "axis 0 is not one of 1 to 1 of an input of shape 5 (axis 0 is the batch)")
    expect(
      .softmax(Softmax(axis: 4)), [5, 1, 1],
      "axis 4 is not one of 1 to 3 of an input of shape 5x1x1 (axis 0 is the batch)")
  }

  @Test func arrangements() {
    for order in [[0], [0, 0], [1, 2], [0, 1, 2], [-1, 0], [.max, .min]] {
      expect(
        .transpose(Transpose(order: order)), [2, 3],
        "the order \(order) must name each of the 2 dimensions of shape 2x3 once, from 0")
    }
    expect(
      .reshape(Reshape([5, -1])), [2, 3], "an input of shape 2x3 cannot take the dimensions [5, -1]"
    )
    expect(.reshape(Reshape([7])), [2, 3], "an input of shape 2x3 cannot take the dimensions [7]")
    expect(
      .reshape(Reshape([0, -1])), [2, 3], "an input of shape 2x3 cannot take the dimensions [0, -1]"
    )
    expect(
      .reshape(Reshape([-1, -1])), [2, 3], "more than one dimension of [-1, -1] is -1")
    expect(.reshape(Reshape([-2, 3])), [2, 3], "shape [-2, 3] has a negative dimension")
    expect(
      .pad(Pad(before: [1], after: [0, 0])), [2, 3],
      "padding [1] and [0, 0] must have 2 sizes each that are not negative")
    expect(
      .pad(Pad(before: [1, -1], after: [0, 0])), [2, 3],
      "padding [1, -1] and [0, 0] must have 2 sizes each that are not negative")
    expect(
      .pad(Pad(before: [0], after: [0], value: .nan)), [2],
      "the value of the padding must be a number, not NaN")
    expect(
      .pad(Pad(before: [.max], after: [0])), [2],
      "the padded size does not fit 64 bits (2 + 9223372036854775807); "
        + "the file is damaged or was made to harm")
    expect(
      .slice(Slice(starts: [0], ends: [2], steps: [1])), [2, 3],
      "starts, ends and steps must have 2 numbers each")
    for (start, end, step) in [(0, 4, 1), (-1, 2, 1), (2, 2, 1), (3, 1, 1), (0, 3, 0), (0, 3, -1)] {
      expect(
        .slice(Slice(starts: [0, start], ends: [2, end], steps: [1, step])), [2, 3],
        "slice \(start) to \(end) step \(step) does not lie in dimension 2 of shape 2x3")
    }
  }

  @Test func severalInputs() {
    expect(.add, [[2, 3], [3, 2]], "shapes 2x3 and 3x2 do not match")
    expect(.multiply, [[2, 3], [2]], "shapes 2x3 and 2 do not match")
    expect(.subtract, [[2, 3], [2]], "shapes 2x3 and 2 do not match")
    expect(.divide, [[2, 3], [4]], "shapes 2x3 and 4 do not match")
    expect(.concat(Concat()), [[2, 3], [2]], "shapes 2x3 and 2 differ in rank")
    expect(
      .concat(Concat()), [[2, 3, 3], [2, 3, 4]],
      "shapes 2x3x3 and 2x3x4 differ in more than axis 1")
    expect(
      .concat(Concat(axis: 3)), [[2, 3], [2, 3]],
      "axis 3 is not one of 1 to 2 of an input of shape 2x3 (axis 0 is the batch)")
  }

  @Test func numbersOfInputs() {
    expect(.relu, [], "relu takes one input but is given 0")
    expect(.relu, [[1], [1]], "relu takes one input but is given 2")
    expect(.add, [[1]], "add takes two inputs but is given 1")
    expect(.divide, [[1]], "divide takes two inputs but is given 1")
    expect(.matrixMultiply, [[1]], "matrix_multiply takes two inputs but is given 1")
    expect(.concat(Concat()), [], "concat takes one input or more but is given 0")
    expect(.constant(Constant(shape: [1])), [[1]], "constant takes no input but is given 1")
  }

  private func expect(_ operation: Operation, _ shape: Shape, _ text: String) {
    expect(operation, [shape], text)
  }

  private func expect(_ operation: Operation, _ shapes: [Shape], _ text: String) {
    let error = #expect(throws: PithError.self) { try operation.outputShape(shapes) }
    #expect(error?.description == text)
  }
}
