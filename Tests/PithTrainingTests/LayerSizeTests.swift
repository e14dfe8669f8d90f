import PithGraph
import PithTensor
import PithTraining
import Testing

@Suite struct LayerSizeTests {
  struct Case: Sendable {
    let layer: String
    let input: String
    let output: Shape
    /// `(kh * kw * c / groups + bias) * n`
    var parameters = 0
    var remainders: [String] = []
  }

  static let (row, column) = ("the last 1 row is never seen", "the last 1 column is never seen")

  static let cases = [
    Case(
      layer: "convolution outputs: 8 kernel: 3 padding: 1", input: "3, 32, 32",
      output: [8, 32, 32], parameters: (3 * 3 * 3 + 1) * 8),
    Case(
      layer: "convolution outputs: 8 kernel: [1, 5] bias: false", input: "3, 32, 32",
      output: [8, 32, 28], parameters: 1 * 5 * 3 * 8),
    Case(
      layer: "convolution outputs: 6 kernel: 3 groups: 3", input: "3, 9, 9", output: [6, 7, 7],
      parameters: (3 * 3 * 1 + 1) * 6),
    // What is left over is padding.
    Case(
      layer: "convolution outputs: 4 kernel: 3 stride: 2 padding: 1", input: "3, 32, 33",
      output: [4, 16, 17], parameters: 112, remainders: ["1 of 2 rows of padding not used"]),
    Case(
      layer: "convolution outputs: 4 kernel: 3 stride: 2", input: "3, 32, 33",
      output: [4, 15, 16], parameters: 112, remainders: [row]),
    Case(
      layer: "convolution outputs: 4 kernel: 3 stride: 3 dilation: 2", input: "3, 11, 12",
      output: [4, 3, 3], parameters: 112, remainders: [column]),
    // The last row is one of those that lie between two windows.
    Case(
      layer: "convolution outputs: 4 kernel: 1 stride: 2", input: "3, 8, 8", output: [4, 4, 4],
      parameters: 16),
    Case(
      layer: "convolution outputs: 4 kernel: 1 stride: 3", input: "3, 9, 9", output: [4, 3, 3],
      parameters: 16),
    Case(
      layer: "max_pool kernel: 2 stride: 2", input: "3, 7, 7", output: [3, 3, 3],
      remainders: [row, column]),
    Case(
      layer: "max_pool kernel: 2 stride: 2 ceil: true", input: "3, 7, 7", output: [3, 4, 4]),
    Case(
      layer: "average_pool kernel: 4 stride: 4", input: "3, 11, 8", output: [3, 2, 2],
      remainders: ["the last 3 rows are never seen"]),
    Case(
      layer: "average_pool kernel: 4 stride: 4 padding: 1", input: "3, 9, 8", output: [3, 2, 2],
      remainders: ["the last 2 rows are never seen", column]),
  ]

  @Test(arguments: cases.indices)
  func sizesFollowTheFormula(index: Int) throws {
    let expected = Self.cases[index]
    let graph = try Graph(text: "input image: [\(expected.input)]\nlayer = \(expected.layer)\n")
    let size = try #require(LayerSize.all(of: graph).first)
    #expect(size.output == expected.output, "\(expected)")
    #expect(size.parameters == expected.parameters, "\(expected)")
    #expect(size.remainders == expected.remainders, "\(expected)")
  }
}
