package import PithTensor

/// The last steps of the recipe: channel order, range, minus mean, over standard deviation.
///
/// All in binary32, each step rounded, as PyTorch computes `(x / 255 - mean) / std`. A pixel has only 256
/// values, so that all steps together are one table for each channel, unless the mean is an image.
package struct Normalization: Sendable {
  private let channels: Int
  /// The pixel's channel for each channel of the result.
  private let order: [Int]
  /// `[channels, 256]`: the result for each pixel value, or its first step when there is a mean image.
  private let table: [Float]
  /// `[channels, height, width]`.
  private let meanImage: Tensor?
  private let divisors: [Float]

  /// - Parameter recipe: a valid one.
  /// - Throws: ``PithError`` with the code `invalidValue` when a pixel value would become infinite.
  package init(_ recipe: Preprocessing) throws {
    channels = recipe.color.channels
    order =
      switch recipe.color {
      case .gray: [0]
      case .rgb: [0, 1, 2]
      case .bgr: [2, 1, 0]
      }
    divisors = recipe.standardDeviation ?? []
    var means: [Float] = []
    switch recipe.mean {
    case .none: meanImage = nil
    case .channel(let values):
      means = values
      meanImage = nil
    case .image(let image): meanImage = image
    }
    var table: [Float] = []
    for channel in 0..<channels {
      for pixel in 0..<256 {
        var value = Float(pixel)
        if recipe.range == .unit { value /= 255 }
        if !means.isEmpty { value -= means[channel] }
        if meanImage == nil, !divisors.isEmpty { value /= divisors[channel] }
        table.append(value)
      }
    }
    self.table = table
    guard table.allSatisfy(\.isFinite), finiteWithMeanImage else {
      throw PithError(
        .invalidValue, place: "preprocessing",
        "mean and standard deviation turn a pixel value into an infinite number")
    }
  }

  /// The results lie between those of the least and the greatest pixel value.
  private var finiteWithMeanImage: Bool {
    guard let meanImage else { return true }
    let count = meanImage.values.count / channels
    return meanImage.values.indices.allSatisfy { index in
      let divisor = divisors.isEmpty ? 1 : divisors[index / count]
      let mean = meanImage.values[index]
      return ((table[0] - mean) / divisor).isFinite && ((table[255] - mean) / divisor).isFinite
    }
  }

  /// - Parameters:
  ///   - pixels: `[height, width, channels]`.
  ///   - count: height times width.
  ///   - output: `[channels, height, width]`.
  func apply(
    _ pixels: UnsafePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    table.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return }
      for channel in 0..<channels {
        let values = table + 256 * channel
        let plane = output + count * channel
        let source = pixels + order[channel]
        for i in 0..<count { plane[i] = values[Int(source[channels &* i])] }
      }
    }
    if let meanImage { subtract(meanImage, count, output) }
  }

  /// The same for pixels whose channels lie one after the other in their final order already.
  ///
  /// - Parameters:
  ///   - planes: `[channels, height, width]`.
  ///   - count: height times width.
  ///   - output: `[channels, height, width]`.
  package func apply(
    planes: UnsafePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    table.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return }
      for channel in 0..<channels {
        let values = table + 256 * channel
        let (source, plane) = (planes + count * channel, output + count * channel)
        for i in 0..<count { plane[i] = values[Int(source[i])] }
      }
    }
    if let meanImage { subtract(meanImage, count, output) }
  }

  private func subtract(_ mean: Tensor, _ count: Int, _ output: UnsafeMutablePointer<Float>) {
    mean.values.withUnsafeBufferPointer { mean in
      for channel in 0..<channels {
        let first = count * channel
        for i in first..<(first + count) { output[i] -= mean[i] }
        if !divisors.isEmpty {
          let divisor = divisors[channel]
          for i in first..<(first + count) { output[i] /= divisor }
        }
      }
    }
  }
}
