import PithConversion
import PithTensor
import PithTestSupport

/// Parts of pickles, for files that no Python writes any more or ever wrote.
enum PickleBuilder {
  /// The persistent identifier of storage 0, which has four floats.
  static func storage(view: [UInt8] = [0x4E]) -> [UInt8] {
    [0x28] + string("storage") + global("torch", "FloatStorage") + string("0") + string("cpu")
      + integer(4) + view + [0x74, 0x51]
  }

  /// `_rebuild_tensor(storage 0, offset, (size,), (stride,))`
  static func tensor(offset: Int, size: Int, stride: Int) -> [UInt8] {
    let arguments: [UInt8] =
      [0x28] + storage() + integer(offset) + integer(size) + [0x85] + integer(stride)
      + [0x85, 0x74]
    return global("torch._utils", "_rebuild_tensor") + arguments + [0x52]
  }

  /// The whole pickle of `{'w': tensor}`.
  static func tensorPickle(offset: Int, size: Int, stride: Int) -> [UInt8] {
    [0x7D] + string("w") + tensor(offset: offset, size: size, stride: stride) + [0x73, 0x2E]
  }

  /// What reading the pickle as the object of a legacy file throws.
  static func error(_ pickle: [UInt8], hasStorage: Bool = true) -> PithError? {
    pithError { try PyTorchFile.read(bytes: legacy(pickle, hasStorage: hasStorage)) }
  }

  /// A legacy file around the pickle of an object, with or without one storage of the floats 1 to 4.
  static func legacy(_ pickle: [UInt8], hasStorage: Bool = true) -> [UInt8] {
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let start: [UInt8] = [0x80, 2, 0x8A, 10] + magic + [0x2E, 0x4D, 0xE9, 3, 0x2E, 0x7D, 0x2E]
    guard hasStorage else { return start + pickle + [0x5D, 0x2E] }
    let keys: [UInt8] = [0x5D] + string("0") + [0x61, 0x2E]
    let values = [1, 2, 3, 4].flatMap { little(Float($0).bitPattern) }
    return start + pickle + keys + little(UInt64(4)) + values
  }

  static func string(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + text.utf8 }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    [0x63] + "\(module)\n\(name)\n".utf8
  }

  static func integer(_ value: Int) -> [UInt8] {
    [0x8A, 8] + little(UInt64(bitPattern: Int64(value)))
  }

  static func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    (0..<Integer.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Integer(8 * $0)) }
  }
}
