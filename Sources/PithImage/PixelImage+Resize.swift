package import PithTensor

extension PixelImage {
  /// The image after the steps resize and crop of a recipe; the recipe's other steps are not done.
  ///
  /// - Throws: ``PithError`` with the code of a recipe or a result that is out of bounds.
  package func resizedAndCropped(
    by recipe: Preprocessing, limits: Limits = Limits()
  ) throws -> PixelImage {
    try recipe.validate(limits: limits)
    let geometry = try WindowGeometry(recipe, source: .init(height: height, width: width))
    let size = geometry.size
    try Self.check(height: size.height, width: size.width, limits)
    var target = [UInt8](repeating: 0, count: size.height * size.width * channels)
    var resampler = Resampler()
    resampler.resize(
      pixels, .init(height: height, width: width), channels: channels, recipe.interpolation,
      geometry, into: &target)
    return try PixelImage(
      height: size.height, width: size.width, channels: channels, pixels: target, limits: limits)
  }
}
