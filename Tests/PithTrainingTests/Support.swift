import Foundation
import PithConversion
import PithTensor
import PithTraining
import Testing

/// Where test data are.
enum TestData {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The Python of `PITH_PYTHON`, when it has torch and onnx.
  static let python: String? = {
    guard let python = ProcessInfo.processInfo.environment["PITH_PYTHON"] else { return nil }
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = ["-c", "import numpy, onnx, torch"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    return process.terminationStatus == 0 ? python : nil
  }()

  /// The arrays that a Python script saves with `numpy.savez(sys.argv[1], ...)`.
  static func arrays(_ script: String, arguments: [String] = []) throws -> [String: Tensor] {
    let python = try #require(python)
    let output = FileManager.default.temporaryDirectory.appending(
      path: "\(UUID().uuidString).npz")
    defer { try? FileManager.default.removeItem(at: output) }
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = ["-c", script, output.path] + arguments
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let arrays = try NumPyFile.readArchive(bytes: [UInt8](try Data(contentsOf: output)))
    return Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.tensor) })
  }
}

/// The error of a call, or nil when it throws none of Pith.
func pithError<Result>(_ body: () throws -> Result) -> PithError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? PithError
  }
}

/// `count` numbers in [-1, 1) that follow from a name, as `tools/fixtures/formula.py` computes them: FNV-1a of the name,
/// then SplitMix64 at each index.
func formulaNumbers(_ name: String, count: Int) -> [Double] {
  var seed: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return (0..<count).map { index in
    var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Double(z >> 40) / 0x1p23 - 1
  }
}

/// The tensor of a name, as the script fills it.
func formulaTensor(_ name: String, shape: Shape) throws -> Tensor {
  let numbers = formulaNumbers(name, count: shape.count)
  let values: [Double]
  if shape.rank > 1 {
    let spread = (6 / Double(shape.dimensions.dropFirst().reduce(1, *))).squareRoot()
    values = numbers.map { $0 * spread }
  } else if name.hasSuffix(".bias") || name.hasSuffix(".running_mean") {
    values = numbers.map { $0 * 0.25 }
  } else {
    values = numbers.map { $0 * 0.25 + 1 }
  }
  return try Tensor(shape: shape, values: values.map { Float($0) })
}

/// The greatest difference between two lists of numbers; infinite when they cannot be compared.
func distance(_ left: [Float], _ right: [Float]) -> Float {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).map { abs($0 - $1) }.reduce(0) {
    $1 <= $0 ? $0 : $1.isNaN ? .infinity : $1
  }
}

/// Images and labels that follow from a name.
func sampleImages(_ name: String, _ shape: Shape, classes: Int) throws -> (Tensor, [Int]) {
  let images = try Tensor(
    shape: shape, values: formulaNumbers(name, count: shape.count).map { Float($0) })
  let labels = formulaNumbers("\(name) labels", count: shape[0]).map {
    Int(($0 + 1) / 2 * Double(classes))
  }
  return (images, labels)
}

/// The sine of the C library.
func sine(_ angle: Double) -> Double { sin(angle) }

/// The hyperbolic tangent of the C library.
func hyperbolicTangent(_ value: Double) -> Double { tanh(value) }

extension OptimizerStep {
  /// Makes the step for some weights.
  func apply(to weights: inout [Float], gradients: [Float], slots: inout [[Float]]) {
    let count = weights.count
    let memory = slots.map { slot in
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
      memory.update(from: slot, count: count)
      return memory
    }
    update(&weights, gradients: gradients, slots: memory, count: count)
    for (index, memory) in memory.enumerated() {
      slots[index] = Array(UnsafeBufferPointer(start: memory, count: count))
      memory.deallocate()
    }
  }
}
