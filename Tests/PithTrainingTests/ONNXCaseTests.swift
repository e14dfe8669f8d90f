import Foundation
import PithConversion
import PithGraph
import PithKernels
import PithTensor
import PithTestSupport
import PithThreads
import PithTraining
import Testing

/// Cases of ONNX's own backend tests, from `Fixtures/training/onnx.safetensors` (`tools/fixtures/training_onnx.py`).
@Suite struct ONNXCaseTests {
  private static func tensors() throws -> [String: Tensor] {
    let file = try SafetensorsFile.read(
      path: Repository.path("Fixtures/training/onnx.safetensors"))
    return Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.tensor) })
  }

  /// The names of the cases that begin so.
  private static func cases(_ prefix: String) -> [String] {
    let names = ((try? tensors()) ?? [:]).keys.compactMap { $0.split(separator: ".").first }
    return Set(names).filter { $0.hasPrefix(prefix) }.map { String($0) }.sorted()
  }

  /// What a training plan computes for one image.
  private func results<Scalar: TrainingScalar>(
    _ type: Scalar.Type, _ text: String, _ x: Tensor
  ) throws -> [Float] {
    let plan = try TrainingPlan<Scalar>(Graph(text: text), batch: 1, inputGradients: true)
    let session = TrainingSession(plan, pool: ThreadPool(threads: 1))
    let values = x.values.map { Scalar($0) }
    return try values.withUnsafeBufferPointer { values in
      let found = session.forward(
        [try #require(values.baseAddress)], images: 1, pass: TrainingPass(isTraining: true))
      return (0..<x.values.count).map { Float(found[$0]) }
    }
  }

  @Test(arguments: cases("softmax_") + cases("logsoftmax_"))
  func softmaxIsONNXs(name: String) throws {
    let all = try Self.tensors()
    let x = try #require(all["\(name).input_0"])
    let expected = try #require(all["\(name).output_0"]).values
    // The case's first dimension is one of an image here, behind the batch.
    let axis = Int(all["\(name).axis"]?.values[0] ?? -1)
    let position = (axis < 0 ? x.shape.rank + axis : axis) + 1
    let operation = name.hasPrefix("log") ? "log_softmax" : "softmax"
    let text = "input x: \(x.shape.dimensions)\n\(operation) axis: \(position)"
    #expect(distance(try results(Float.self, text, x), expected) < 2e-6)
    #expect(distance(try results(Double.self, text, x), expected) < 2e-6)
  }

  @Test func noCaseIsMissing() {
    #expect(Self.cases("softmax_").count == 7)
    #expect(Self.cases("logsoftmax_").count == 7)
    #expect(Self.cases("sce_").count == 8)
    #expect(
      ["adam", "momentum", "nesterov"].flatMap(Self.cases) == [
        "adam", "adam_multiple", "momentum", "momentum_multiple", "nesterov_momentum",
      ])
  }

  @Test(arguments: cases("sce_"))
  func crossEntropyIsONNXs(name: String) throws {
    let all = try Self.tensors()
    let scores = try #require(all["\(name).input_0"])
    let labels = try #require(all["\(name).input_1"]).values.map { Int($0) }
    let expected = try #require(all["\(name).output_0"]).values
    // [n, classes] or [n, classes, places]: each place of an image has a label of its own.
    let (classes, places) = (scores.shape[1], scores.shape.rank == 3 ? scores.shape[2] : 1)
    func row(_ index: Int, of tensor: Tensor) -> [Float] {
      let (image, place) = index.quotientAndRemainder(dividingBy: places)
      return (0..<classes).map { tensor.values[(image * classes + $0) * places + place] }
    }
    let each = try labels.indices.map { index in
      try row(index, of: scores).withUnsafeBufferPointer {
        Float(
          Loss.crossEntropy().evaluate(
            try #require($0.baseAddress), label: labels[index], classes: classes, scale: 1,
            gradient: nil))
      }
    }
    let sum = each.reduce(0, +)
    let found =
      name.contains("mean") ? [sum / Float(each.count)] : name.contains("sum") ? [sum] : each
    #expect(distance(found, expected) < 2e-6)
    guard name.hasSuffix("log_prob") else { return }
    // The second output is the logarithm of the softmax: less the loss at the label.
    let logarithms = try #require(all["\(name).output_1"])
    let own = labels.indices.map { -row($0, of: logarithms)[labels[$0]] }
    #expect(distance(each, own) < 2e-6)
  }

  @Test(arguments: ["momentum", "momentum_multiple", "nesterov_momentum", "adam", "adam_multiple"])
  func stepsAreThoseOfONNX(name: String) throws {
    let all = try Self.tensors()
    func values(_ key: String) throws -> [Float] { try #require(all["\(name).\(key)"]).values }
    func number(_ key: String) throws -> Double { Double(try values(key)[0]) }
    // Inputs: the rate, the step's number (0: no correction of moments), then the weights of all tensors, their
    // gradients, and what is remembered; outputs: the weights of all, and what is remembered.
    #expect(try number("input_1") == 0)
    let count = name.hasSuffix("multiple") ? 2 : 1
    let slotCount = name.hasPrefix("adam") ? 2 : 1
    let optimizer: Optimizer =
      name.hasPrefix("adam")
      ? .adam(
        beta1: try number("alpha"), beta2: try number("beta"), epsilon: try number("epsilon"))
      : .momentum(try number("alpha"), nesterov: name.hasPrefix("nesterov"))
    var step = OptimizerStep(optimizer, rate: try number("input_0"), number: 1)
    step.corrections = (1, 1)
    step.l2 = try number("norm_coefficient")
    for index in 0..<count {
      var weights = try values("input_\(2 + index)")
      var slots = try (0..<slotCount).map { try values("input_\(2 + (2 + $0) * count + index)") }
      step.apply(to: &weights, gradients: try values("input_\(2 + count + index)"), slots: &slots)
      #expect(distance(weights, try values("output_\(index)")) < 1e-6)
      for slot in 0..<slotCount {
        let expected = try values("output_\((1 + slot) * count + index)")
        #expect(distance(slots[slot], expected) < 1e-6)
      }
    }
  }
}
