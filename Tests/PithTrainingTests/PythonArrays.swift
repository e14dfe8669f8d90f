import PithConversion
import PithTensor
import PithTestSupport

extension Python {
  /// The arrays that a script saves with `numpy.savez(sys.argv[1], ...)`.
  static func arrays(_ script: String, _ arguments: [String] = []) throws -> [String: Tensor] {
    let arrays = try NumPyFile.readArchive(bytes: bytes(script, arguments))
    return Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.tensor) })
  }
}
