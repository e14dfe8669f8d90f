import PithTensor
import PithThreads

/// What is subtracted from every image.
public enum Centering: String, Sendable, CaseIterable {
  /// The mean of each channel over all training images and pixels.
  case channel
  /// The mean of each channel and pixel over all training images.
  case image
  case none
}

/// Mean and standard deviation of the pixels of some images.
///
/// Sums are of whole numbers: exact, in any order.
struct PixelStatistics {
  private let shape: Shape
  private let count: Int
  /// Of each channel and pixel.
  private let sums: [UInt64]
  /// Of the squares of each channel.
  private let squares: [UInt64]

  init(_ images: [Int], of dataset: ImageDataset, pool: ThreadPool) throws {
    let shape = dataset.imageShape
    let area = shape[1] * shape[2]
    let parts = min(pool.threads, max(1, images.count))
    var partSums = [[UInt64]](repeating: [UInt64](repeating: 0, count: shape.count), count: parts)
    var partSquares = [[UInt64]](repeating: [UInt64](repeating: 0, count: shape[0]), count: parts)
    var errors = [PithError?](repeating: nil, count: parts)
    partSums.withUnsafeMutableBufferPointer { partSums in
      partSquares.withUnsafeMutableBufferPointer { partSquares in
        errors.withUnsafeMutableBufferPointer { errors in
          pool.forEach(parts) { part, _ in
            var scratch = DecodingScratch(shape.count)
            let pixels = scratch.pixels.start
            for position in stride(from: part, to: images.count, by: parts) {
              do {
                try dataset.pixels(of: images[position], &scratch, into: pixels)
              } catch {
                errors[part] = error as? PithError
                return
              }
              for i in 0..<shape.count {
                let pixel = UInt64(pixels[i])
                partSums[part][i] &+= pixel
                partSquares[part][i / area] &+= pixel &* pixel
              }
            }
          }
        }
      }
    }
    if let error = errors.lazy.compactMap({ $0 }).first { throw error }
    self.shape = shape
    count = images.count
    sums = partSums.reduce([UInt64](repeating: 0, count: shape.count)) { zip($0, $1).map(&+) }
    squares = partSquares.reduce([UInt64](repeating: 0, count: shape[0])) { zip($0, $1).map(&+) }
  }

  /// Of each channel, from 0 to 1.
  var means: [Float] {
    let area = shape[1] * shape[2]
    return (0..<shape[0]).map { channel in
      let sum = sums[(channel * area)..<((channel + 1) * area)].reduce(0, &+)
      return Float(Double(sum) / Double(area * count) / 255)
    }
  }

  /// Of each channel and pixel, from 0 to 1.
  var meanImage: Tensor {
    get throws {
      try Tensor(shape: shape, values: sums.map { Float(Double($0) / Double(count) / 255) })
    }
  }

  /// Of each channel, from 0 to 1; 1 where all pixels are the same.
  var standardDeviations: [Float] {
    let pixels = Double(shape[1] * shape[2] * count)
    return (0..<shape[0]).map { channel in
      let area = shape[1] * shape[2]
      let sum = sums[(channel * area)..<((channel + 1) * area)].reduce(0, &+)
      let mean = Double(sum) / pixels
      let variance = Double(squares[channel]) / pixels - mean * mean
      return variance > 1e-6 ? Float(variance.squareRoot() / 255) : 1
    }
  }

  /// The recipe that centres and scales images as these are.
  func recipe(
    _ geometry: Preprocessing, centering: Centering, dividesByDeviation: Bool
  ) throws -> Preprocessing {
    var recipe = geometry
    recipe.range = .unit
    recipe.mean =
      switch centering {
      case .channel: .channel(means)
      case .image: .image(try meanImage)
      case .none: .none
      }
    recipe.standardDeviation = dividesByDeviation ? standardDeviations : nil
    return recipe
  }
}
