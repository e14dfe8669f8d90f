import PithGraph
import PithTensor
import PithThreads
import PithTraining
import Testing

/// Every layer's gradients against centred differences in double precision.
@Suite struct GradientLayerTests {
  private func report(
    _ text: String, _ configure: (inout GradientCheck) -> Void = { _ in }
  ) throws -> GradientReport {
    var check = GradientCheck()
    configure(&check)
    return try check.check(try Graph(text: text))
  }

  private func expectRight(
    _ report: GradientReport, tensors: Int, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(report.error < 1e-6, "\(text): \(report)", sourceLocation: sourceLocation)
    #expect(report.tensors.count == tensors, sourceLocation: sourceLocation)
    // Kinks must not be an excuse.
    #expect(report.checked > 3 * report.kinks, "\(report)", sourceLocation: sourceLocation)
    for tensor in report.tensors {
      #expect(tensor.checked > 0, "\(tensor)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [
    "input x: [3, 7, 6]\nconvolution outputs: 4 kernel: 3",
    "input x: [3, 7, 6]\nconvolution outputs: 4 kernel: 3 padding: 1 bias: true",
    "input x: [2, 9, 8]\nconvolution outputs: 3 kernel: [3, 2] stride: [2, 3] padding: [1, 0]",
    "input x: [2, 6, 7]\nconvolution outputs: 3 kernel: 4 stride: 2 padding: [0, 1, 2, 3]",
    "input x: [2, 9, 9]\nconvolution outputs: 3 kernel: 3 padding: 2 dilation: [2, 3]",
    "input x: [2, 11, 9]\nconvolution outputs: 2 kernel: 3 stride: 2 dilation: 2 padding: 3",
    "input x: [6, 5, 5]\nconvolution outputs: 4 kernel: 3 padding: 1 groups: 2",
    "input x: [4, 6, 5]\nconvolution outputs: 8 kernel: 3 stride: 2 padding: 1 groups: 4",
    "input x: [5, 4, 3]\nconvolution outputs: 7 kernel: 1",
    "input x: [2, 1, 1]\nconvolution outputs: 3 kernel: 5 padding: 2",
  ])
  func convolution(text: String) throws {
    expectRight(try report(text), tensors: 3, text)
  }

  @Test func convolutionWithoutBias() throws {
    let text = "input x: [3, 5, 5]\nconvolution outputs: 2 kernel: 3 bias: false"
    expectRight(try report(text), tensors: 2, text)
  }

  @Test(arguments: [true, false])
  func fullyConnected(bias: Bool) throws {
    let text = "input x: [5]\nfully_connected outputs: 4 bias: \(bias)"
    expectRight(try report(text), tensors: bias ? 3 : 2, text)
  }

  @Test(arguments: ["[3, 4, 5]", "[6]", "[2, 1, 3]"], [true, false])
  func batchNorm(shape: String, isTraining: Bool) throws {
    let text = "input x: \(shape)\nbatch_norm epsilon: 0.01"
    expectRight(try report(text) { $0.isTraining = isTraining }, tensors: 3, text)
  }

  @Test(arguments: [
    "max_pool kernel: 2", "max_pool kernel: 3 stride: 2 padding: 1",
    "max_pool kernel: [2, 3] stride: [1, 2] ceil: true",
    "max_pool kernel: 2 stride: 1 dilation: 2", "global_max_pool",
    "average_pool kernel: 2", "average_pool kernel: 3 stride: 2 padding: 1",
    "average_pool kernel: 3 stride: 2 padding: 1 include_padding: false",
    "average_pool kernel: 3 stride: 2 padding: [1, 0, 0, 1] ceil: true",
    "average_pool kernel: 2 stride: 3 ceil: true include_padding: false",
    "global_average_pool", "adaptive_average_pool size: [3, 4]",
    "adaptive_average_pool size: [7, 9]", "mean axes: [2, 3]",
    "mean axes: [1, 3] keep: false",
  ])
  func pools(layer: String) throws {
    let text = "input x: [2, 6, 7]\n\(layer)"
    expectRight(try report(text), tensors: 1, text)
  }

  /// Of equal values the first is the winner, as in PyTorch.
  @Test func aMaxPoolGivesItsGradientToTheKeptActivation() throws {
    let plan = try TrainingPlan<Double>(
      Graph(text: "input x: [1, 2, 4]\nmax_pool kernel: 2"), batch: 1, inputGradients: true)
    let session = TrainingSession(plan, pool: ThreadPool(threads: 1))
    let x: [Double] = [1, 3, 5, 5, 2, 3, 5, 4]
    let dx = try x.withUnsafeBufferPointer { x -> [Double] in
      let (address, pass) = (try #require(x.baseAddress), TrainingPass(isTraining: true))
      let results = session.forward([address], images: 1, pass: pass)
      #expect([results[0], results[1]] == [3, 5])
      (session.resultGradient[0], session.resultGradient[1]) = (7, -2)
      session.backward([address], images: 1, pass: pass)
      let gradient = try #require(session.inputGradient(0))
      return (0..<8).map { gradient[$0] }
    }
    #expect(dx == [0, 7, -2, 0, 0, 0, 0, 0])
  }

  @Test(arguments: [
    "relu", "leaky_relu", "leaky_relu slope: 0.3", "leaky_relu slope: -0.5",
    "clip minimum: 0 maximum: 6", "clip minimum: -0.5 maximum: 0.75", "clip maximum: 0.25",
    "elu alpha: 0.7", "sigmoid", "hard_sigmoid", "hard_sigmoid slope: 0.4 offset: 0.3",
    "hard_swish", "silu", "gelu", "gelu approximate: true", "erf", "tanh", "tanh; identity",
  ])
  func activations(layer: String) throws {
    let text = "input x: [2, 3, 4]\n\(layer)"
    expectRight(try report(text) { $0.coordinates = 100 }, tensors: 1, text)
  }

  @Test(arguments: [true, false])
  func prelu(isShared: Bool) throws {
    let text = "input x: [3, 2, 4]\nprelu shared: \(isShared)"
    expectRight(try report(text) { $0.coordinates = 100 }, tensors: 2, text)
  }

  @Test(arguments: [
    "softmax", "softmax axis: 3", "log_softmax", "log_softmax axis: 2",
    "tanh; flatten", "tanh; reshape shape: [4, -1]", "transpose order: [2, 0, 1]",
    "transpose order: [1, 2, 0]",
    "pad before: [1, 0, 2] after: [0, 3, 1] value: 0.5",
    "slice starts: [0, 1, 0] ends: [3, 4, 5] steps: [2, 1, 3]",
  ])
  func arrangements(layer: String) throws {
    let text = "input x: [3, 4, 5]\n\(layer)"
    expectRight(try report(text), tensors: 1, text)
  }

  /// What option A of the residual networks for small images does.
  @Test func shortcutOfSlicesAndPads() throws {
    let text = """
      input x: [4, 6, 6]
      slice steps: [1, 2, 2]
      pad before: [2, 0, 0] after: [2, 0, 0]
      """
    expectRight(try report(text), tensors: 1, text)
  }

  @Test(arguments: ["add", "subtract", "multiply", "divide"])
  func combinations(operation: String) throws {
    for (left, right) in [
      ("[2, 3, 4]", "[2, 3, 4]"), ("[2, 3, 4]", "[2, 1, 1]"), ("[2, 1, 1]", "[2, 3, 4]"),
      ("[2, 1, 4]", "[3, 1]"), ("[2, 3, 4]", "[4]"), ("[3, 1, 2]", "[1, 5, 1]"),
    ] {
      let text = "input x: \(left)\ninput y: \(right)\nz = \(operation)(x, y)"
      // Away from divisors near 0, where the quotient bends too much for differences.
      expectRight(try report(text) { $0.seed = 5 }, tensors: 2, text)
    }
  }

  @Test func valuesThatAreUsedTwiceCollectTheirGradients() throws {
    let text = """
      input x: [2, 3, 3]
      a = tanh(x)
      b = add(a, a)
      c = multiply(a, a)
      d = concat(b, c, a)
      e = flatten(d)
      f = reshape(a) shape: [18]
      g = concat(e, f)
      """
    expectRight(try report(text), tensors: 1, text)
  }

  @Test(arguments: [1, 2, 3])
  func concatenations(axis: Int) throws {
    let sizes = [[3, 4, 5], [3, 4, 5], [3, 4, 5]].enumerated().map { index, shape in
      var shape = shape
      shape[axis - 1] = index + 1
      return "input i\(index): \(shape)"
    }
    let text = sizes.joined(separator: "\n") + "\nconcat(i0, i1, i2) axis: \(axis)"
    expectRight(try report(text), tensors: 3, text)
  }

  @Test func dropoutDropsAlikeInBothPasses() throws {
    let text = "input x: [4, 5, 5]\ndropout rate: 0.4"
    let report = try report(text) { $0.coordinates = 300 }
    expectRight(report, tensors: 1, text)
    let evaluating = try self.report(text) { $0.isTraining = false }
    expectRight(evaluating, tensors: 1, text)
  }

  @Test func constantsTakePartButAreNotTrained() throws {
    let text = "input x: [2, 3]\nc = constant() shape: [3]\nmultiply(x, c)"
    expectRight(try report(text), tensors: 1, text)
  }

  @Test func everyOperationHasAGradientOrIsRefusedByName() throws {
    var refused: [String] = []
    for operation in Operation.examples {
      // Shapes that suit the examples.
      let shape: Shape
      switch operation {
      case .fullyConnected: shape = [3]
      case .transpose: shape = [2, 3, 4]
      default: shape = [2, 4, 4]
      }
      let inputs = operation.inputCount.lowerBound
      let graph = Graph(
        inputs: [Graph.Input("x", shape: shape)],
        layers: [
          Layer("start", .tanh, inputs: ["x"]),
          Layer("layer", operation, inputs: [String](repeating: "start", count: inputs)),
        ] + (inputs == 0 ? [Layer("end", .multiply, inputs: ["start", "layer"])] : []),
        outputs: [inputs == 0 ? "end" : "layer"])
      do {
        let report = try GradientCheck().check(graph)
        #expect(report.error < 1e-6, "\(operation): \(report)")
      } catch let error as PithError {
        #expect(error.code == .unsupported)
        refused.append(error.description)
      }
    }
    let advice = "replace these layers; batch_norm often stands where local_response_norm did"
    #expect(
      refused == [
        "the network cannot be trained: there is no gradient for 'layer' (local_response_norm); \(advice)",
        "the network cannot be trained: there is no gradient for 'layer' (matrix_multiply); \(advice)",
      ])
  }
}
