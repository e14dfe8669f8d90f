/// How the pixels of an image become the input of a network: the recipe, in this order and no other.
///
/// Decode to 8 bits, ``alpha``, gray or RGB as ``color`` says, ``resize``, ``crop``, channel order, ``range``,
/// minus ``mean``, over ``standardDeviation``. The result has the shape `[channels, height, width]`.
public struct Preprocessing: Sendable, Hashable {
  /// What becomes of transparency.
  public enum Alpha: Sendable, Hashable {
    /// The alpha channel is dropped, the colours stay as they are.
    case drop
    /// Each pixel is laid over this colour: `(f*a + b*(255-a) + 127) / 255`.
    case composite(red: UInt8, green: UInt8, blue: UInt8)
  }

  /// The channels and their order.
  public enum Color: UInt8, Sendable, CaseIterable {
    case rgb = 1
    case bgr = 2
    /// `L = (19595 R + 38470 G + 7471 B + 32768) >> 16` (ITU-R BT.601, as Pillow rounds it).
    case gray = 3

    /// 3 or 1.
    public var channels: Int { self == .gray ? 1 : 3 }

    /// `rgb`, `bgr` or `gray`: the names on the command line.
    public var name: String {
      switch self {
      case .rgb: "rgb"
      case .bgr: "bgr"
      case .gray: "gray"
      }
    }
  }

  /// A height and a width in pixels.
  public struct Size: Sendable, Hashable, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    /// `227x227`, height first.
    public var description: String { "\(height)x\(width)" }
  }

  /// To what size an image is resized.
  public enum Resize: Sendable, Hashable {
    /// To this height and width, whatever its proportions.
    case exact(Size)
    /// The shorter side to this many pixels, the other to `Int(size * long / short)`.
    case shorterSide(Int)
  }

  /// The filter of the resize; all as Pillow computes them.
  public enum Interpolation: UInt8, Sendable, CaseIterable {
    case nearest = 1
    case bilinear = 2
    case bicubic = 3

    /// `nearest`, `bilinear` or `bicubic`: the names on the command line.
    public var name: String {
      switch self {
      case .nearest: "nearest"
      case .bilinear: "bilinear"
      case .bicubic: "bicubic"
      }
    }
  }

  /// What a pixel value of 255 becomes.
  public enum Range: UInt8, Sendable, CaseIterable {
    /// Pixels stay 0 to 255.
    case byte = 1
    /// Pixels are divided by 255.
    case unit = 2

    /// The greatest value: 255 or 1.
    public var maximum: Float { self == .byte ? 255 : 1 }
  }

  /// What is subtracted, in the order of ``color`` and the unit of ``range``.
  public enum Mean: Sendable, Hashable {
    case none
    /// One value a channel.
    case channel([Float])
    /// One value for each channel and pixel, `[channels, height, width]`.
    case image(Tensor)
  }

  public var alpha: Alpha = .drop
  public var color: Color = .rgb
  /// Nil: an image of another size than the network's input is refused.
  public var resize: Resize?
  public var interpolation: Interpolation = .bilinear
  /// The centred window that is kept after the resize.
  public var crop: Size?
  public var range: Range = .byte
  public var mean: Mean = .none
  /// One divisor a channel, in the order of ``color`` and the unit of ``range``; nil: no division.
  public var standardDeviation: [Float]?

  public init() {}
}

/// What the numbers that a network puts out mean.
public enum OutputMeaning: UInt8, Sendable, CaseIterable {
  /// Unnormalised scores; softmax makes them probabilities of classes that exclude each other.
  case logits = 1
  /// Probabilities already; nothing is done to them.
  case probabilities = 2
  /// Unnormalised scores of classes that do not exclude each other; the sigmoid function makes them probabilities.
  case sigmoid = 3

  /// `logits`, `probabilities` or `sigmoid`: the names on the command line.
  public var name: String {
    switch self {
    case .logits: "logits"
    case .probabilities: "probabilities"
    case .sigmoid: "sigmoid"
    }
  }
}
