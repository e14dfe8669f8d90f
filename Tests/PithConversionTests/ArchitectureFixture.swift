import Foundation
import PithGraph
import PithTensor
import PithTestSupport
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
    do {
      let data = try Data(contentsOf: Repository.file("Fixtures/architectures.json"))
      return try JSONDecoder().decode([String: ArchitectureFacts].self, from: data)
    } catch {
      fatalError("Fixtures/architectures.json cannot be read: \(error)")
    }
  }()
}
