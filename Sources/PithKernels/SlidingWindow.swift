/// How a kernel slides over an image, with all sizes in pixels.
///
/// Output row `p` starts at input row `p * strideHeight - top`; a tap `r` of the kernel lies
/// `r * dilationHeight` below it. Columns likewise.
package struct SlidingWindow: Sendable, Hashable {
  package var inputHeight: Int
  package var inputWidth: Int
  package var outputHeight: Int
  package var outputWidth: Int
  package var kernelHeight: Int
  package var kernelWidth: Int
  package var strideHeight = 1
  package var strideWidth = 1
  package var dilationHeight = 1
  package var dilationWidth = 1
  package var top = 0
  package var left = 0
  package var bottom = 0
  package var right = 0

  package init(
    inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int,
    kernelHeight: Int, kernelWidth: Int
  ) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
  }

  /// The pixels of one channel of the input, without padding.
  @inlinable package var inputPixels: Int { inputHeight * inputWidth }

  /// The pixels of one channel of the output.
  @inlinable package var outputPixels: Int { outputHeight * outputWidth }
}
