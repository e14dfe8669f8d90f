package import PithFormat
import PithTensor

/// Content for tests: the same numbers on every machine.
package enum SampleContent {
  /// Values spread like weights: the sum of four uniform numbers, times `scale` and another uniform number, which
  /// leaves no pattern in the mantissas.
  package static func weights(_ count: Int, seed: UInt64, scale: Float = 0.05) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      let sum = random.uniform() + random.uniform() + random.uniform() + random.uniform()
      return (sum - 2) * scale * (0.5 + random.uniform())
    }
  }

  /// A writer of about `number` MB.
  package static func writer(number: Int) throws -> ContainerWriter {
    var writer = ContainerWriter(kind: .model)
    let count = number * 250_000
    try writer.add(
      tensor: "weight",
      Tensor(shape: Shape(checking: [count]), values: weights(count, seed: UInt64(number))))
    return writer
  }
}
