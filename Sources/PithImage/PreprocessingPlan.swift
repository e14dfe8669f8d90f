import PithFiles
package import PithTensor

/// A recipe made ready for one network: checked, with its tables, for any number of images.
///
/// Immutable; any number of threads may use one plan at the same time, each with its own
/// ``PreprocessingScratch``. Only decoding allocates when the scratch has seen an image of the size before.
package struct PreprocessingPlan: Sendable {
  package let recipe: Preprocessing
  /// The network's input: `[channels, height, width]`.
  package let outputShape: Shape
  private let size: Preprocessing.Size
  private let normalization: Normalization
  private let limits: Limits

  /// - Parameter input: the network's, `[channels, height, width]`.
  /// - Throws: ``PithError`` with the code `invalidArgument`, `limitExceeded`, `shapeMismatch` or
  ///   `invalidValue`.
  package init(_ recipe: Preprocessing, input: Shape, limits: Limits = Limits()) throws {
    self.recipe = recipe
    self.outputShape = input
    self.size = try recipe.validate(input: input, limits: limits)
    self.normalization = try Normalization(recipe)
    self.limits = limits
  }

  /// Makes the network's input from the PNG at the start of `bytes`.
  ///
  /// - Parameter output: as many values as ``outputShape`` has, `[channels, height, width]`.
  /// - Returns: how many bytes the PNG takes; another may follow.
  /// - Throws: ``PithError`` with the code `malformedImage`, `limitExceeded` or `imageSize`.
  @discardableResult
  package func run(
    png bytes: UnsafeRawBufferPointer, _ scratch: inout PreprocessingScratch,
    into output: UnsafeMutableBufferPointer<Float>
  ) throws -> Int {
    let header = try PNGHeader(reading: bytes, limits: limits)
    let source = Preprocessing.Size(height: header.height, width: header.width)
    let geometry = try geometry(for: source)
    let byteCount = try PNGDecoder.decode(
      bytes, header, alpha: recipe.alpha, channels: recipe.color.channels, limits: limits,
      into: &scratch.pixels)
    try finish(source, geometry, &scratch, into: output)
    return byteCount
  }

  /// Makes the network's input from a PNG file.
  ///
  /// - Throws: as ``run(png:_:into:)``, and `fileAccess`; the error names the path.
  package func run(
    file path: String, _ scratch: inout PreprocessingScratch,
    into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    do {
      let bytes = try FileBytes.read(path, limit: limits.imageBytes)
      try bytes.withUnsafeBytes { bytes in _ = try run(png: bytes, &scratch, into: output) }
    } catch let error as PithError {
      throw error.inFile(path)
    }
  }

  /// Makes the network's input from pixels; gray becomes RGB, or RGB gray, when the recipe says so.
  ///
  /// - Throws: ``PithError`` with the code `imageSize` or `limitExceeded`.
  package func run(
    _ image: PixelImage, _ scratch: inout PreprocessingScratch,
    into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    try PixelImage.check(height: image.height, width: image.width, limits)
    let source = Preprocessing.Size(height: image.height, width: image.width)
    let geometry = try geometry(for: source)
    let count = image.height * image.width
    scratch.growPixels(count * max(image.channels, recipe.color.channels))
    scratch.pixels.replaceSubrange(..<image.pixels.count, with: image.pixels)
    if image.channels > recipe.color.channels {
      ColorConversion.gray(&scratch.pixels, count: count)
    } else if image.channels < recipe.color.channels {
      ColorConversion.repeatGray(&scratch.pixels, count: count)
    }
    try finish(source, geometry, &scratch, into: output)
  }

  /// Where the result's pixels come from; refuses an image that does not give the network's size.
  private func geometry(for source: Preprocessing.Size) throws -> WindowGeometry {
    guard recipe.resize != nil || source == size else {
      throw PithError(
        .imageSize,
        "is \(source) pixels but the network takes \(size) and its recipe has no resize",
        advice: "resize the image, or convert the model with --resize")
    }
    let geometry = try WindowGeometry(recipe, source: source)
    guard geometry.size == size else {
      throw PithError(
        .imageSize,
        "is \(source) pixels, \(geometry.size) after the resize, but the network takes \(size)",
        advice: "the recipe needs a crop to \(size)")
    }
    return geometry
  }

  /// Resize and everything after it, on the pixels of the scratch.
  private func finish(
    _ source: Preprocessing.Size, _ geometry: WindowGeometry,
    _ scratch: inout PreprocessingScratch, into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let target = output.baseAddress, output.count == outputShape.count else {
      throw PithError(
        .shapeMismatch,
        "room for \(output.count) values was given but the image has \(outputShape.count)")
    }
    let channels = recipe.color.channels
    if geometry.isIdentity(for: source) {
      normalization.apply(&scratch.pixels, count: size.height * size.width, into: target)
    } else {
      scratch.growWindow(size.height * size.width * channels)
      scratch.resampler.resize(
        &scratch.pixels, source, channels: channels, recipe.interpolation, geometry,
        into: &scratch.window)
      normalization.apply(&scratch.window, count: size.height * size.width, into: target)
    }
  }
}

/// Memory that one thread keeps from one image to the next.
package struct PreprocessingScratch: Sendable {
  /// The decoded image, `[height, width, channels]`; longer than that after a larger image.
  var pixels: [UInt8] = []
  /// The resized and cropped image.
  var window: [UInt8] = []
  var resampler = Resampler()

  package init() {}

  mutating func growPixels(_ count: Int) {
    if pixels.count < count { pixels = [UInt8](repeating: 0, count: count) }
  }

  mutating func growWindow(_ count: Int) {
    if window.count < count { window = [UInt8](repeating: 0, count: count) }
  }
}
