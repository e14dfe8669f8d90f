import Foundation
import PithGraph
import PithTensor
import Testing

/// What PyTorch says about a built-in network: `Fixtures/architectures.json`.
struct ArchitectureFacts: Decodable, Sendable {
  struct Small: Decodable, Sendable {
    /// Channels, height and width.
    let input: [Int]
    /// The factor of all numbers of channels.
    let width: Double
    /// In double precision, with the weights of ``formulaTensor(_:shape:)``.
    let outputs: [Double]
  }

  /// What is usual: the channels of the input, its height and width, and the number of outputs.
  let channels: Int
  let side: Int
  let classes: Int
  let parameters: Int
  let multiplyAdds: Int
  /// `NAME AxBxC` of every tensor of the `state_dict` but `num_batches_tracked`.
  let tensors: [String]
  let small: Small

  func shapes() throws -> [String: Shape] {
    var shapes: [String: Shape] = [:]
    for line in tensors {
      let parts = line.split(separator: " ")
      let sizes = try parts[1].split(separator: "x").map { try #require(Int($0)) }
      shapes[String(parts[0])] = try Shape(checking: sizes)
    }
    return shapes
  }

  static let all: [String: ArchitectureFacts] = {
    let repository = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    do {
      let data = try Data(contentsOf: repository.appending(path: "Fixtures/architectures.json"))
      return try JSONDecoder().decode([String: ArchitectureFacts].self, from: data)
    } catch {
      fatalError("Fixtures/architectures.json cannot be read: \(error)")
    }
  }()
}

/// `count` numbers in [-1, 1) that follow from a name, as `tools/fixtures/architectures.py` computes them:
/// FNV-1a of the name, then SplitMix64 at each index.
func formulaNumbers(_ name: String, count: Int) -> [Double] {
  var seed: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return (1...count).map { index in
    var z = seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15
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
