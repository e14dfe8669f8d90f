import PithGraph

/// The matrices that average the rows and the columns of an image, with which ONNX can say an adaptive average pool: it has
/// no operator for one whose outputs do not divide the image.
struct AdaptivePoolAverages {
  /// `[outputs, height]`, the left factor.
  let rows: [Float]
  /// `[width, outputs]`, the right factor.
  let columns: [Float]

  init(of image: (height: Int, width: Int), to outputs: Extent) {
    rows = Self.averages(of: image.height, to: outputs.height)
    let turned = Self.averages(of: image.width, to: outputs.width)
    columns = (0..<image.width * outputs.width).map {
      turned[$0 % outputs.width * image.width + $0 / outputs.width]
    }
  }

  /// `[outputs, count]`: what each output is the average of, as PyTorch divides the input.
  private static func averages(of count: Int, to outputs: Int) -> [Float] {
    (0..<outputs).flatMap { output in
      let start = output * count / outputs
      let end = ((output + 1) * count + outputs - 1) / outputs
      return (0..<count).map { start..<end ~= $0 ? 1 / Float(end - start) : 0 }
    }
  }
}
