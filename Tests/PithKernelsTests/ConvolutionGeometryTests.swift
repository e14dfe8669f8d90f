import PithKernels
import PithTensor
import Testing

@Suite struct ConvolutionGeometryTests {
  private func problem(
    channels: Int = 3, outputs: Int = 8, height: Int = 10, width: Int = 10, kernel: Int = 3,
    stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
  ) -> String? {
    let error = #expect(throws: PithError.self) {
      try ConvolutionGeometry(
        inputChannels: channels, outputChannels: outputs, inputHeight: height, inputWidth: width,
        kernel: .init(kernel, kernel), stride: .init(stride, stride), padding: .init(padding),
        dilation: .init(dilation, dilation), groups: groups)
    }
    return error?.description
  }

  @Test func sizesFollowTheFormula() throws {
    let geometry = try ConvolutionGeometry(
      inputChannels: 6, outputChannels: 4, inputHeight: 11, inputWidth: 20, kernel: .init(3, 5),
      stride: .init(2, 3), padding: .init(top: 1, left: 2, bottom: 0, right: 3),
      dilation: .init(2, 1), groups: 2)
    // (11 + 1 - 5) / 2 + 1 and (20 + 5 - 5) / 3 + 1
    #expect(geometry.outputHeight == 4)
    #expect(geometry.outputWidth == 7)
    #expect(geometry.weightCount == 4 * 3 * 15)
    #expect(geometry.multiplyAdds == 4 * 3 * 15 * 28)
    #expect(!geometry.isDepthwise)
  }

  @Test func impossibleSizesAreRefused() {
    #expect(problem(channels: 0) == "a convolution's input channels is 0 but must be at least 1")
    #expect(problem(stride: 0) == "a convolution's vertical stride is 0 but must be at least 1")
    #expect(problem(padding: -1) == "a convolution's top padding is -1 but must be at least 0")
    #expect(
      problem(height: 2)
        == "a convolution's kernel reaches over 3 elements but the padded input's height is 2")
    #expect(
      problem(groups: 2)
        == "3 input and 8 output channels cannot be divided into 2 groups")
  }

  @Test func sizesThatNoMachineHoldsAreRefused() {
    #expect(
      problem(width: .max)
        == "a convolution's input width is 9223372036854775807 but may be at most 268435456")
    #expect(
      problem(height: 1 << 20, width: 1 << 20)
        == "the padded input plane has 1099511627776 elements but may have at most 268435456")
    #expect(
      problem(padding: 1 << 28)
        == "a convolution's padded input has the height 536870922 but may have at most 268435456")
    #expect(
      problem(channels: 1 << 28, outputs: 1 << 28, height: 1000, width: 1000)
        == "the number of multiply-adds does not fit 64 bits (648518346341351424 * 998); "
        + "the file is damaged or was made to harm")
  }
}
