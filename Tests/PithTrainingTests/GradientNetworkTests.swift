import PithGraph
import PithTensor
import PithTraining
import Testing

/// Whole networks with their losses and regularisers, and what the check itself does with wrong gradients and kinks.
@Suite struct GradientNetworkTests {
  static let plain = """
    input image: [2, 8, 8]
    conv1 = convolution outputs: 4 kernel: 3 padding: 1
    batch_norm
    relu
    max_pool kernel: 2
    dropout rate: 0.3
    flatten
    fc = fully_connected outputs: 5
    """

  @Test(arguments: [
    Loss.crossEntropy(), .crossEntropy(labelSmoothing: 0.1), .hinge(), .hinge(margin: 0.3),
  ])
  func losses(loss: Loss) throws {
    var check = GradientCheck()
    check.images = 6
    let alone = try check.check(Graph(text: "input x: [7]\nidentity\ntanh"), .loss(loss))
    #expect(alone.error < 1e-6, "\(alone)")
    let network = try check.check(Graph(text: Self.plain), .loss(loss))
    #expect(network.error < 1e-6, "\(network)")
    #expect(network.checked > 80)
  }

  @Test func penaltiesAndTheirGradientsAreThoseOfTheFormulas() {
    let regularization = Regularization(l1: 0.5, l2: 0.25)
    let weights: [Double] = [1, -2, 0, 4]
    let penalty = weights.withUnsafeBufferPointer { regularization.penalty($0) }
    #expect(penalty == 6.125)
    #expect(weights.map(regularization.gradient) == [0.75, -1, 0, 1.5])
  }

  @Test(arguments: [
    Regularization(l2: 0.3), Regularization(l1: 0.2), Regularization(l1: 0.1, l2: 0.4),
  ])
  func regularizers(regularization: Regularization) throws {
    let report = try GradientCheck().check(
      Graph(text: Self.plain), .loss(.crossEntropy()), regularization: regularization)
    #expect(report.error < 1e-6, "\(report)")
  }

  @Test(arguments: [("resnet20-cifar", 12), ("squeezenet1_1", 35)])
  func builtInNetworks(name: String, side: Int) throws {
    let network = try BuiltInNetwork.named(name)
    let graph = try NetworkText(parsing: network.text()).graph(
      network.values.merging(["classes": 3, "width": 0.25]) { $1 }, inputShape: [3, side, side])
    var check = GradientCheck()
    check.coordinates = 1
    let report = try check.check(graph, .loss(.crossEntropy()))
    #expect(report.error < 1e-6, "\(report)")
    #expect(report.checked > 40, "\(report)")
  }

  // MARK: the check itself

  @Test func aKinkIsCountedAndLeftOut() throws {
    // At 0 a ReLU has no derivative; zeros of a pad put it exactly there.
    let text = """
      input x: [1, 2, 2]
      pad before: [0, 1, 1] after: [0, 1, 1]
      conv = convolution outputs: 1 kernel: 1 bias: true
      relu
      """
    let graph = try Graph(text: text)
    let report = try GradientCheck().check(graph)
    #expect(report.error < 1e-6)
    var coarse = GradientCheck()
    coarse.step = 0.5
    // Steps of one half cross the kink of most values.
    #expect(try coarse.check(graph).kinks > report.kinks)
  }

  /// The hyperbolic tangent with a derivative that is off by a share.
  private struct WrongTanh: LayerArithmetic {
    let count: Int
    let share: Double
    let retained = RetainedValues.output

    func forward(_ call: LayerCall<Double>) {
      for i in 0..<call.images * count { call.output[i] = hyperbolicTangent(call.inputs[0][i]) }
    }

    func backward(_ call: LayerCall<Double>, _ gradients: LayerGradients<Double>) {
      guard let target = gradients.inputs[0] else { return }
      for i in 0..<call.images * count {
        let derivative = (1 - call.output[i] * call.output[i]) * (1 + share)
        target.store(derivative * gradients.output[i], at: i)
      }
    }
  }

  @Test(arguments: [
    (0, GradientReport.Verdict.right), (2e-5, .doubtful), (-2e-5, .doubtful), (1e-3, .wrong),
    (-2, .wrong), (.nan, .wrong),
  ])
  func aWrongGradientIsFound(share: Double, verdict: GradientReport.Verdict) throws {
    var check = GradientCheck()
    check.arithmetic = { operation in
      guard case .kernel(.map(.tanh, let count)) = operation else {
        return Double.arithmetic(for: operation)
      }
      return LayerImplementation(WrongTanh(count: count, share: share))
    }
    let text = "input x: [6]\nfully_connected outputs: 4\ntanh\nfc2 = fully_connected outputs: 3"
    let report = try check.check(Graph(text: text))
    #expect(report.verdict == verdict, "\(report)")
    // What lies behind the layer is right.
    let behind = report.tensors.filter { $0.name.hasPrefix("fc2") }
    #expect(behind.count == 2)
    #expect(behind.allSatisfy { $0.error < 1e-6 })
  }

  @Test func verdictsFollowFromTheError() {
    #expect(GradientReport.Verdict(error: 1e-6) == .right)
    #expect(GradientReport.Verdict(error: 2e-6) == .doubtful)
    #expect(GradientReport.Verdict(error: 1e-4) == .doubtful)
    #expect(GradientReport.Verdict(error: 2e-4) == .wrong)
    #expect(GradientReport.Verdict(error: .infinity) == .wrong)
  }
}
