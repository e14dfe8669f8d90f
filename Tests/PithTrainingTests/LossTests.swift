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

  @Test(arguments: [
    (Loss.crossEntropy(), "plain"), (.crossEntropy(labelSmoothing: 0.2), "smooth"),
    (.hinge(), "hinge"), (.hinge(margin: 0.25), "margin"),
  ])
  func lossesAndGradientsArePyTorchs(loss: Loss, name: String) throws {
    let logits = formulaNumbers("logits", count: 9 * 6).map { Float(8 * $0) }
    let found = evaluate(loss, logits, labels: [0, 5, 3, 2, 1, 1, 4, 0, 3])
    #expect(distance([Float(found.mean)], try TrainingSteps.values(name)) < 1e-6)
    #expect(distance(found.gradient, try TrainingSteps.values("\(name).gradient")) < 1e-7)
  }
}
