import PithTensor
import PithTestSupport

/// The files of `Fixtures/pytorch`.
enum PyTorchFixtures {
  static func path(_ name: String) -> String { Repository.path("Fixtures/pytorch/\(name)") }

  static func bytes(_ name: String) throws -> [UInt8] {
    try Repository.bytes("Fixtures/pytorch/\(name)")
  }
}

/// Whether two tensors have the same shape and the same bits.
func sameBits(_ left: Tensor?, _ right: Tensor) -> Bool {
  guard let left else { return false }
  return left.shape == right.shape
    && left.values.map(\.bitPattern) == right.values.map(\.bitPattern)
}
