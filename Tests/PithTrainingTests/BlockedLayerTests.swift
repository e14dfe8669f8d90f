import PithGraph
import PithKernels
import PithTensor
import PithTestSupport
import PithThreads
import PithTraining
import Testing

/// Layers in channel blocks are held to the plain ones, and to the same bits on any number of threads.
@Suite struct BlockedLayerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var images = 5

    var testDescription: String { name }
  }

  private static func layer(_ name: String, _ input: String, _ text: String) -> Case {
    Case(name: name, text: "input x: \(input)\n\(text)")
  }

  static let cases = [
    layer("3x3", "[16, 9, 10]", "c = convolution outputs: 24 kernel: 3 padding: 1"),
    layer("3x3 of few", "[3, 12, 13]", "c = convolution outputs: 10 kernel: 3 padding: 1"),
    layer("3x3 without padding", "[8, 9, 7]", "c = convolution outputs: 17 kernel: 3 bias: false"),
    layer("strided", "[10, 9, 12]", "c = convolution outputs: 12 kernel: 3 stride: 2 padding: 1"),
    layer(
      "strided by three", "[9, 11, 8]",
      "c = convolution outputs: 8 kernel: 2 stride: [3, 2] padding: 1"),
    layer("pointwise", "[20, 5, 6]", "c = convolution outputs: 40 kernel: 1"),
    layer("pointwise strided", "[8, 7, 6]", "c = convolution outputs: 9 kernel: 1 stride: 2"),
    layer("5x3", "[12, 8, 9]", "c = convolution outputs: 6 kernel: [5, 3] padding: [2, 1]"),
    layer("dilated", "[8, 9, 9]", "c = convolution outputs: 8 kernel: 3 padding: 2 dilation: 2"),
    layer(
      "groups", "[32, 6, 7]", "c = convolution outputs: 48 kernel: 3 padding: 1 groups: 2"),
    layer(
      "small groups", "[16, 6, 7]",
      "c = convolution outputs: 32 kernel: 3 padding: 1 groups: 4 bias: true"),
    layer(
      "few groups", "[6, 5, 7]", "c = convolution outputs: 9 kernel: 3 stride: 2 groups: 3"),
    layer(
      "groups of groups", "[16, 4, 5]",
      "a = convolution outputs: 16 kernel: 1 groups: 8\nb = convolution outputs: 16 kernel: 3 groups: 2"
    ),
    layer("odd groups", "[27, 4, 4]", "c = convolution outputs: 9 kernel: 3 padding: 1 groups: 9"),
    layer("too much padding", "[8, 4, 4]", "c = convolution outputs: 8 kernel: 1 padding: 1"),
    layer("tall", "[8, 90, 80]", "c = convolution outputs: 8 kernel: 3 padding: 1 stride: 2"),
    layer("batch norm", "[11, 6, 7]", "b = batch_norm"),
    layer("batch norm and ReLU", "[16, 5, 9]", "b = batch_norm\nrelu"),
    layer("batch norm and ReLU6", "[9, 5, 3]", "b = batch_norm\nclip minimum: 0 maximum: 1.5"),
    layer(
      "flat batch norm", "[3, 2, 2]",
      "flatten\nfc = fully_connected outputs: 13\nb = batch_norm\nrelu"),
    layer(
      "residual", "[12, 6, 6]",
      """
      first = convolution outputs: 16 kernel: 3 padding: 1
      residual {
        second = convolution outputs: 16 kernel: 3 padding: 1 bias: false
        b = batch_norm
      }
      relu
      residual {
        third = batch_norm
      }
      fc = convolution outputs: 4 kernel: 1
      """),
    layer("twice the same", "[8, 4, 5]", "b = batch_norm\nbranch { } branch { } add\nrelu"),
    layer("sum without ReLU", "[8, 4, 5]", "b = batch_norm\nresidual { c = batch_norm }\nflatten"),
    layer(
      "two readers of a ReLU", "[8, 4, 5]",
      "b = batch_norm\nr = relu\nresidual { c = batch_norm }\ntanh"),
    layer(
      "two readers of a batch norm", "[8, 4, 5]", "b = batch_norm\nresidual { relu }"),
    layer(
      "option A", "[8, 6, 6]",
      """
      b = batch_norm
      slice steps: [1, 2, 2]
      pad before: [8, 0, 0] after: [8, 0, 0]
      c = batch_norm
      """),
    layer(
      "depthwise", "[16, 9, 10]", "c = convolution outputs: 16 kernel: 3 padding: 1 groups: 16"),
    layer(
      "depthwise of few", "[5, 6, 7]",
      "c = convolution outputs: 5 kernel: 3 padding: 1 groups: 5 bias: false"),
    layer(
      "depthwise strided", "[13, 9, 8]",
      "c = convolution outputs: 13 kernel: 3 stride: 2 padding: 1 groups: 13"),
    layer(
      "depthwise 5x5", "[8, 7, 7]", "c = convolution outputs: 8 kernel: 5 padding: 2 groups: 8"),
    layer(
      "depthwise 5x5 strided", "[8, 11, 12]",
      "c = convolution outputs: 8 kernel: 5 stride: 2 padding: 2 groups: 8"),
    layer(
      "depthwise 4x2", "[9, 8, 9]",
      "c = convolution outputs: 9 kernel: [4, 2] stride: [3, 1] padding: [1, 0] groups: 9"),
    layer(
      "depthwise dilated", "[8, 9, 11]",
      "c = convolution outputs: 8 kernel: 3 padding: 2 dilation: 2 groups: 8"),
    layer(
      "depthwise with much padding", "[8, 2, 1]",
      "c = convolution outputs: 8 kernel: 3 padding: 4 groups: 8"),
    layer(
      "depthwise of one pixel", "[8, 1, 1]",
      "c = convolution outputs: 8 kernel: 3 padding: 1 groups: 8"),
    layer(
      "two depthwise", "[8, 5, 6]",
      """
      a = convolution outputs: 8 kernel: 3 padding: 1 groups: 8
      residual { b = convolution outputs: 8 kernel: 3 padding: 1 groups: 8 }
      """),
    layer(
      "squeeze and excitation", "[24, 5, 6]",
      """
      first = batch_norm
      branch { } branch {
        global_average_pool
        fc1 = convolution outputs: 6 kernel: 1
        silu
        fc2 = convolution outputs: 24 kernel: 1
        sigmoid
      }
      multiply
      last = convolution outputs: 8 kernel: 1
      """),
    layer(
      "excitation first", "[10, 3, 4]",
      """
      first = batch_norm
      branch { global_average_pool; hard_sigmoid } branch { }
      multiply
      residual { second = batch_norm }
      """),
    layer(
      "product of two", "[8, 3, 4]", "a = batch_norm\nbranch { b = batch_norm } branch { } multiply"
    ),
    layer(
      "convolution of one pixel", "[6, 1, 1]",
      "a = convolution outputs: 10 kernel: 1\nb = convolution outputs: 3 kernel: 1 padding: 1"),
    layer("pool before ReLU", "[8, 7, 6]", "b = batch_norm\nrelu\nmax_pool kernel: 2"),
    layer(
      "pools before ReLU6", "[8, 9, 7]",
      """
      c = convolution outputs: 8 kernel: 3 padding: 1
      clip minimum: 0 maximum: 0.5
      max_pool kernel: 3 stride: 2
      max_pool kernel: 2
      """),
    layer("max pool", "[10, 7, 8]", "b = batch_norm\nmax_pool kernel: 2"),
    layer(
      "max pool of sums", "[8, 6, 4]",
      "b = batch_norm\nbranch { max_pool kernel: 2 } branch { max_pool kernel: 2 } add"),
    layer(
      "max pool to the edge", "[8, 7, 5]", "b = batch_norm\nmax_pool kernel: [2, 3] ceil: true"),
    layer(
      "average pool with padding", "[10, 7, 6]",
      "b = batch_norm\naverage_pool kernel: 3 stride: 2 padding: 1"),
    layer(
      "average pool without padding", "[10, 7, 6]",
      """
      b = batch_norm
      average_pool kernel: 3 stride: 2 padding: 1 include_padding: false ceil: true
      """),
    layer("wide max pool", "[8, 7, 9]", "b = batch_norm\nmax_pool kernel: 3 stride: 2 padding: 1"),
    layer("average pool", "[8, 6, 6]", "b = batch_norm\naverage_pool kernel: 2\nc = batch_norm"),
    layer("global average", "[10, 7, 8]", "b = batch_norm\nglobal_average_pool"),
    layer(
      "concat", "[8, 4, 5]",
      """
      branch { a = convolution outputs: 8 kernel: 1 }
      branch { b = convolution outputs: 5 kernel: 1 } concat
      silu
      c = convolution outputs: 8 kernel: 1
      """),
    layer("dropout", "[8, 4, 5]", "b = batch_norm\ndropout rate: 0.3\nc = batch_norm"),
    layer(
      "fully connected", "[12, 3, 3]",
      "b = batch_norm\nflatten\nfc = fully_connected outputs: 20\nrelu"),
  ]

  /// Each function of single values, of whole blocks and beside them, once and added to another's gradient.
  static let functions = [
    "leaky_relu", "leaky_relu slope: -0.5", "elu alpha: 0.7", "sigmoid", "hard_sigmoid",
    "hard_sigmoid slope: 0.4 offset: 0.3", "hard_swish", "silu", "gelu", "gelu approximate: true",
    "erf", "tanh",
  ].map {
    layer(
      $0, "[5, 3, 3]",
      "b = batch_norm\nresidual { \($0) }\nflatten\nc = fully_connected outputs: 13\nd = \($0)")
  }

  static let kernelSets: [KernelSet] = InstructionSet.allCases.filter {
    $0 != .reference && $0.isAvailable
  }.compactMap { try? KernelSet($0) }

  /// What a pass computes: results, and the gradients by all parameters and the input.
  private struct Outcome: Equatable {
    var results: [Float]
    var parameters: [Float]
    var input: [Float]
    var statistics: [Float]
  }

  private func outcome(
    _ test: Case, kernels: KernelSet?, threads: Int = 1, isTraining: Bool = true
  ) throws -> Outcome {
    let graph = try Graph(text: test.text)
    let plan = try TrainingPlan<Float>(
      graph, batch: test.images + 2, inputGradients: true, kernels: kernels,
      arithmetic: kernels == nil ? { Float.arithmetic(for: $0) } : nil)
    let session = TrainingSession(plan, pool: ThreadPool(threads: threads))
    for parameter in plan.parameters {
      let numbers = formulaNumbers(parameter.name, count: parameter.range.count)
      for (position, number) in zip(parameter.range, numbers) {
        session.parameters.start[position] =
          parameter.kind == .weight || parameter.kind == .offset
          ? Float(number) * 0.3 : Float(number) * 0.3 + 1
      }
    }
    let size = graph.inputs[0].shape.count
    let x = formulaNumbers("x", count: size * test.images).map { Float($0) + 0.25 }
    let pass = TrainingPass(isTraining: isTraining, seed: 3)
    return try x.withUnsafeBufferPointer { x in
      let address = try #require(x.baseAddress)
      // Twice: nothing may depend on what a pass before has left.
      session.forward([address], images: test.images, pass: pass)
      let results = session.forward([address], images: test.images, pass: pass)
      let count = plan.graph.outputCount * test.images
      let values = Array(UnsafeBufferPointer(start: results, count: count))
      for (i, number) in formulaNumbers("gradient", count: count).enumerated() {
        session.resultGradient[i] = Float(number)
      }
      session.backward([address], images: test.images, pass: pass)
      let gradient = try #require(session.inputGradient(0))
      return Outcome(
        results: values,
        parameters: (0..<session.gradients.count).map { session.gradients.start[$0] },
        input: (0..<x.count).map { gradient[$0] },
        statistics: (session.gradients.count..<session.parameters.count).map {
          session.parameters.start[$0]
        })
    }
  }

  /// The greatest difference in shares of the greatest value.
  private func difference(_ left: [Float], _ right: [Float]) -> Float {
    distance(left, right) / max(1, right.reduce(0) { max($0, abs($1)) })
  }

  @Test(arguments: cases + functions, kernelSets.map(\.instructionSet))
  func layersInBlocksAgreeWithPlainOnes(test: Case, instructionSet: InstructionSet) throws {
    let kernels = try KernelSet(instructionSet)
    for isTraining in [true, false] {
      let expected = try outcome(test, kernels: nil, isTraining: isTraining)
      let found = try outcome(test, kernels: kernels, isTraining: isTraining)
      #expect(difference(found.results, expected.results) < 1e-5)
      #expect(difference(found.parameters, expected.parameters) < 1e-5)
      #expect(difference(found.input, expected.input) < 1e-5)
      #expect(difference(found.statistics, expected.statistics) < 1e-6)
    }
  }

  @Test(arguments: cases + functions)
  func layersInBlocksHaveTheSameBitsOnAnyNumberOfThreads(test: Case) throws {
    let kernels = try KernelSet.chosen()
    let one = try outcome(test, kernels: kernels)
    for threads in [2, 3] {
      #expect(try outcome(test, kernels: kernels, threads: threads) == one)
    }
  }

  @Test func aNetworkIsComputedInBlocksFromEndToEnd() throws {
    let network = try BuiltInNetwork.named("resnet20-cifar")
    let graph = try NetworkText(parsing: network.text()).graph(network.values)
    let plan = try TrainingPlan<Float>(graph, batch: 4, kernels: KernelSet(.portable))
    #expect(plan.reorderings == ["image"])
  }
}
