import ArgumentParser
import Pith

/// The options that make pixels of an image's file: the recipe up to its numbers.
struct GeometryOptions: ParsableArguments {
  @Option(help: "Channels and their order (default: rgb).")
  var color: Preprocessing.Color?

  @Option(
    help: ArgumentHelp(
      "Height x width, or the length of the shorter side. Without it, images must have the network's size.",
      valueName: "hxw|n"))
  var resize: ResizeOption?

  @Option(
    help: ArgumentHelp("The centred window that is kept after the resize.", valueName: "hxw|n"))
  var crop: CropOption?

  @Option(help: "The filter of the resize; all are Pillow's (default: bilinear).")
  var interpolation: Preprocessing.Interpolation?

  @Option(
    help: ArgumentHelp(
      "What becomes of transparency: drop, or a colour to lay it over (default: drop).",
      valueName: "drop|r,g,b"))
  var alpha: AlphaOption?

  /// The names of options that were given.
  var given: [String] {
    let options: [(String, Bool)] = [
      ("--color", color != nil), ("--resize", resize != nil), ("--crop", crop != nil),
      ("--interpolation", interpolation != nil), ("--alpha", alpha != nil),
    ]
    return options.filter(\.1).map(\.0)
  }

  /// A recipe without range, mean and standard deviation.
  var geometry: Preprocessing {
    var recipe = Preprocessing()
    recipe.alpha = alpha?.alpha ?? .drop
    recipe.color = color ?? .rgb
    recipe.resize = resize?.resize
    recipe.interpolation = interpolation ?? .bilinear
    recipe.crop = crop?.size
    return recipe
  }
}
