public import ArgumentParser
public import Pith

/// The options of `convert` that make up the preprocessing recipe.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What a pixel value of 255 becomes: 255, or 1 (pixels are divided by 255 first). Required.",
      valueName: "255|1"))
  var range: Int?

  @Option(
    help: ArgumentHelp(
      "Subtracted from each channel, in the order of --color and the unit of --range; or none. Required.",
      valueName: "a,b,c"))
  var mean: ChannelValues?

  @Option(
    help: ArgumentHelp(
      "Divides each channel, in the order of --color and the unit of --range; or none.",
      valueName: "a,b,c"))
  var std: ChannelValues?

  @OptionGroup var shape: GeometryOptions

  @Flag(help: "Write a file without a recipe; it takes tensors but no images.")
  var noPreprocessing = false

  func validate() throws {
    guard range == nil || range == 255 || range == 1 else {
      throw ValidationError("--range must be 255 (pixels as they are) or 1 (divided by 255 first)")
    }
    guard !noPreprocessing else {
      guard isEmpty else {
        throw ValidationError("--no-preprocessing and a recipe exclude each other")
      }
      return
    }
  }

  /// Whether nothing is said about the recipe, but for what has defaults.
  var isEmpty: Bool {
    range == nil && mean == nil && std == nil && shape.resize == nil && shape.crop == nil
  }

  /// Refuses a recipe of which something is missing.
  func checkCompleteness() throws {
    guard !noPreprocessing else { return }
    let missing = [("--range", range == nil), ("--mean", mean == nil)].filter(\.1).map(\.0)
    guard missing.isEmpty else {
      throw ValidationError(
        """
        \(missing.joined(separator: " and ")) \(missing.count == 1 ? "is" : "are") missing.
        A Pith file says how an image becomes the network's input, because with another channel order, range or mean \
        the answers are wrong without a warning. Give what the network was trained with, for example
          --range 1 --color rgb --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --resize 256 --crop 224
        ('--mean none' when nothing is subtracted), or say --no-preprocessing: such a file takes tensors, no images.
        """)
    }
  }

  /// The recipe; nil when there is none.
  var recipe: Preprocessing? {
    guard !noPreprocessing else { return nil }
    var recipe = shape.geometry
    recipe.range = range == 1 ? .unit : .byte
    if let values = mean?.values { recipe.mean = .channel(values) }
    recipe.standardDeviation = std?.values
    return recipe
  }
}

/// `A,B,C` or `none`.
struct ChannelValues: ExpressibleByArgument {
  /// Nil: none.
  let values: [Float]?

  init?(argument: String) {
    guard argument != "none" else {
      values = nil
      return
    }
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0) }.filter(\.isFinite)
    guard numbers.count == parts.count else { return nil }
    values = numbers
  }
}

/// `227x227` (height x width), or `256` for both.
private func size(_ argument: String) -> Preprocessing.Size? {
  let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
  switch parts.count {
  case 1: return parts[0].map { .init(height: $0, width: $0) }
  case 2:
    guard let height = parts[0], let width = parts[1] else { return nil }
    return .init(height: height, width: width)
  default: return nil
  }
}

/// `HxW` or the length of the shorter side.
struct ResizeOption: ExpressibleByArgument {
  let resize: Preprocessing.Resize

  init?(argument: String) {
    guard let size = size(argument) else { return nil }
    resize = argument.contains("x") ? .exact(size) : .shorterSide(size.height)
  }
}

/// `HxW` or the side of a square.
struct CropOption: ExpressibleByArgument {
  let size: Preprocessing.Size

  init?(argument: String) {
    guard let size = PithCLI.size(argument) else { return nil }
    self.size = size
  }
}

/// `drop` or `R,G,B`.
struct AlphaOption: ExpressibleByArgument {
  let alpha: Preprocessing.Alpha

  init?(argument: String) {
    guard argument != "drop" else {
      alpha = .drop
      return
    }
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { UInt8($0) }
    guard parts.count == 3, values.count == 3 else { return nil }
    alpha = .composite(red: values[0], green: values[1], blue: values[2])
  }
}

// The names on the command line are those of the library.

extension Preprocessing.Color: ExpressibleByArgument {
  public init?(argument: String) {
    guard let color = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = color
  }

  public static var allValueStrings: [String] { allCases.map(\.name) }
  public static var allValueDescriptions: [String: String] { [:] }
}

extension Preprocessing.Interpolation: ExpressibleByArgument {
  public init?(argument: String) {
    guard let filter = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = filter
  }

  public static var allValueStrings: [String] { allCases.map(\.name) }
  public static var allValueDescriptions: [String: String] { [:] }
}

extension OutputMeaning: ExpressibleByArgument {
  public init?(argument: String) {
    guard let meaning = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = meaning
  }

  public static var allValueStrings: [String] { allCases.map(\.name) }
  public static var allValueDescriptions: [String: String] { [:] }
}

extension ElementType: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(name: argument)
  }

  public static var allValueStrings: [String] { allCases.map(\.name) }
  public static var allValueDescriptions: [String: String] { [:] }
}
