import Foundation
import PithTensor
import PithTestSupport
import PithTraining
import Testing

@Suite struct LossTests {
  /// The mean loss of rows of logits, and its gradient.
  private func evaluate(
    _ loss: Loss, _ logits: [Float], labels: [Int]
  ) -> (mean: Double, gradient: [Float]) {
    let classes = logits.count / labels.count
    var gradient = [Float](repeating: .nan, count: logits.count)
    var sum = 0.0
    logits.withUnsafeBufferPointer { logits in
      gradient.withUnsafeMutableBufferPointer { gradient in
        for (row, label) in labels.enumerated() {
          sum += loss.evaluate(
            logits.baseAddress! + row * classes, label: label, classes: classes,
            scale: 1 / Double(labels.count), gradient: gradient.baseAddress! + row * classes)
        }
      }
    }
    return (sum / Double(labels.count), gradient)
  }

  @Test func evenLogitsHaveTheLogarithmOfTheClasses() {
    let (loss, gradient) = evaluate(.crossEntropy(), [2, 2, 2, 2], labels: [1])
    #expect(abs(loss - log(4)) < 1e-15)
    #expect(gradient == [0.25, -0.75, 0.25, 0.25])
  }

  @Test(arguments: [1e4, -1e4, 1e30])
  func logitsOfAnySizeHaveAFiniteLoss(size: Float) {
    let right = evaluate(.crossEntropy(), [size, 0, 0], labels: [size > 0 ? 0 : 1])
    #expect(abs(right.mean - (size > 0 ? 0 : log(2))) < 1e-12)
    let wrong = evaluate(
      .crossEntropy(labelSmoothing: 0.1), [size, 0, 0], labels: [size > 0 ? 1 : 0])
    #expect(wrong.mean.isFinite && wrong.mean > 1000)
    #expect(wrong.gradient.allSatisfy { $0.isFinite })
  }

  @Test func notANumberStaysOne() {
    #expect(evaluate(.crossEntropy(), [.nan, 0], labels: [1]).mean.isNaN)
    #expect(evaluate(.hinge(), [.nan, 0], labels: [1]).mean.isNaN)
  }

  @Test func hingeCountsClassesWithinTheMargin() {
    // 1 - 3 + 1 < 0 is no loss; 2.5 - 3 + 1 and 4 - 3 + 1 are.
    let (loss, gradient) = evaluate(.hinge(), [3, 1, 2.5, 4], labels: [0])
    #expect(loss == 2.5)
    #expect(gradient == [-2, 0, 1, 1])
  }

  private static let script = """
    import sys, numpy, torch
    from torch.nn import functional as F
    logits = torch.from_numpy(numpy.random.default_rng(5).standard_normal((9, 6)) * 4).float()
    labels = torch.tensor([0, 5, 3, 2, 1, 1, 4, 0, 3])
    results = {'logits': logits.numpy()}
    for name, loss in {
        'plain': lambda z: F.cross_entropy(z, labels),
        'smooth': lambda z: F.cross_entropy(z, labels, label_smoothing=0.2),
        'hinge': lambda z: 6 * F.multi_margin_loss(z, labels),
        'margin': lambda z: 6 * F.multi_margin_loss(z, labels, margin=0.25),
    }.items():
        z = logits.double().requires_grad_()
        value = loss(z)
        value.backward()
        results[name] = value.detach().numpy()
        results[name + '.gradient'] = z.grad.numpy()
    numpy.savez(sys.argv[1], **results)
    """

  @Test(.needsPython("numpy", "torch"))
  func lossesAndGradientsArePyTorchs() throws {
    let expected = try Python.arrays(Self.script)
    let logits = try #require(expected["logits"]).values
    let labels = [0, 5, 3, 2, 1, 1, 4, 0, 3]
    for (name, loss) in [
      ("plain", Loss.crossEntropy()), ("smooth", .crossEntropy(labelSmoothing: 0.2)),
      ("hinge", .hinge()), ("margin", .hinge(margin: 0.25)),
    ] {
      let found = evaluate(loss, logits, labels: labels)
      #expect(distance([Float(found.mean)], try #require(expected[name]).values) < 1e-6)
      let gradient = try #require(expected["\(name).gradient"]).values
      #expect(distance(found.gradient, gradient) < 1e-7)
    }
  }
}
