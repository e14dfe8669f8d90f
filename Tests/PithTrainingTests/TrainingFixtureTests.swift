import Foundation
import PithConversion
import PithGraph
import PithTensor
import PithTestSupport
import PithTraining
import Testing

/// Networks trained for ten steps by PyTorch (`tools/fixtures/training.py`) and here.
@Suite struct TrainingFixtureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let optimizer: Optimizer
    var rate = 0.02
    var smoothing = 0.0

    var testDescription: String { name }
  }

  private static let residual = """
    input image: [3, 8, 8]
    block basic(outputs, projection, more = outputs - input.channels) {
      residual {
        conv1 = convolution outputs: outputs kernel: 3 stride: 2 padding: 1 bias: false
        bn1 = batch_norm
        relu1 = relu
        conv2 = convolution outputs: outputs kernel: 3 padding: 1 bias: false
        bn2 = batch_norm
      } shortcut {
        if projection {
          downsample = sequence {
            convolution outputs: outputs kernel: 1 stride: 2 bias: false
            batch_norm
          }
        } else {
          slice steps: [1, 2, 2]
          pad before: [floor(more / 2), 0, 0] after: [ceil(more / 2), 0, 0]
        }
      }
      relu2 = relu
    }
    conv1 = convolution outputs: 6 kernel: 3 padding: 1 bias: false
    bn1 = batch_norm
    relu
    layer1 = basic outputs: 10 projection: false
    layer2 = basic outputs: 12 projection: true
    global_average_pool
    flatten
    linear = fully_connected outputs: 5
    """

  static let cases = [
    Case(
      name: "plain",
      text: """
        input image: [3, 8, 8]
        conv1 = convolution outputs: 8 kernel: 3 padding: 1
        bn1 = batch_norm
        relu
        max_pool kernel: 2
        conv2 = convolution outputs: 12 kernel: 3 padding: 1 bias: false
        bn2 = batch_norm
        relu2 = relu
        pool2 = max_pool kernel: 2
        flatten
        fc = fully_connected outputs: 5
        """, optimizer: .momentum(0.9)),
    Case(name: "residual", text: residual, optimizer: .momentum(0.9), smoothing: 0.1),
    Case(name: "residual-rmsprop", text: residual, optimizer: .rmsProp(), rate: 0.001),
    Case(name: "residual-adam", text: residual, optimizer: .adam(), rate: 0.001),
    Case(name: "residual-adamw", text: residual, optimizer: .adamW(), rate: 0.001),
    Case(
      name: "attentive",
      text: """
        input image: [3, 8, 8]
        stem = convolution outputs: 8 kernel: 3 padding: 1 bias: false
        bn1 = batch_norm momentum: 0.3
        hard_swish
        depthwise = convolution outputs: 8 kernel: 3 padding: 1 groups: 8 bias: false
        bn2 = batch_norm epsilon: 0.001
        relu6 = clip minimum: 0 maximum: 6
        branch { } branch {
          adaptive_average_pool size: 1
          fc1 = convolution outputs: 4 kernel: 1
          relu
          fc2 = convolution outputs: 8 kernel: 1
          hard_sigmoid
        } multiply
        branch {
          left = convolution outputs: 4 kernel: 1
          silu
        } branch {
          right = convolution outputs: 6 kernel: 3 padding: 2 dilation: 2 groups: 2
          tanh
        } concat
        average_pool kernel: 3 stride: 3 padding: 1 include_padding: false
        flatten
        fc = fully_connected outputs: 5
        """, optimizer: .momentum(0.8, nesterov: true)),
  ]

  private static let batch = 6

  private func trainer(_ test: Case, imagesPerPass: Int = batch) throws -> Trainer {
    let graph = try Graph(text: test.text)
    var options = TrainingOptions()
    options.loss = .crossEntropy(labelSmoothing: test.smoothing)
    options.optimizer = test.optimizer
    options.learningRate = LearningRate(test.rate)
    options.regularization = Regularization(l2: 0.01)
    options.imagesPerPass = imagesPerPass
    options.steps = 10
    var parameters: [String: Tensor] = [:]
    for (name, shape) in try graph.resolved().parameters {
      parameters[name] = try formulaTensor(name, shape: shape)
    }
    return try Trainer(
      Network(graph: graph, parameters: parameters), classes: 5, options: options)
  }

  /// The images and labels of a step.
  private func batch(_ step: Int) throws -> (Tensor, [Int]) {
    let size = Self.batch * 3 * 8 * 8
    let images = formulaNumbers("images", count: (step + 1) * size)[(step * size)...]
    let labels = formulaNumbers("labels", count: (step + 1) * Self.batch)[(step * Self.batch)...]
    return (
      try Tensor(shape: [Self.batch, 3, 8, 8], values: images.map { Float($0) }),
      labels.map { Int(($0 + 1) / 2 * 5) }
    )
  }

  @Test(arguments: cases)
  func lossesAndWeightsArePyTorchs(test: Case) throws {
    let expected = try SafetensorsFile.read(
      path: Repository.path("Fixtures/training/\(test.name).safetensors"))
    let trainer = try trainer(test)
    var losses: [Float] = []
    for step in 0..<10 {
      let (images, labels) = try batch(step)
      losses.append(Float(try trainer.step(images, labels).loss))
    }
    #expect(distance(losses, try #require(expected["losses"]).values) < 1e-5)
    let network = try trainer.network()
    // All but the losses and the logits.
    #expect(network.parameters.count == expected.entries.count - 2)
    for (name, tensor) in network.parameters {
      let other = try #require(expected[name], "\(name)")
      #expect(tensor.shape == other.shape)
      #expect(distance(tensor.values, other.values) < 1e-5, "\(name)")
    }
    let (images, labels) = try batch(0)
    let evaluation = try trainer.evaluate(images, labels)
    #expect(distance(evaluation.logits, try #require(expected["logits"]).values) < 1e-4)
  }
}
