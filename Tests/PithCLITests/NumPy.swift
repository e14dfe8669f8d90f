import PithConversion
import PithTensor

/// `.npy` files of tests.
enum NumPy {
  static func bytes(_ tensor: Tensor) -> [UInt8] { NumPyFile.bytes(of: tensor) }

  static func tensor(_ bytes: [UInt8]) throws -> Tensor {
    try NumPyFile.read(bytes: bytes[...]).tensor
  }
}
