package import PithTensor

extension Preprocessing {
  /// The size that every image has after resize and crop; nil when it depends on the image or the network.
  package var fixedSize: Size? {
    if let crop { return crop }
    if case .exact(let size) = resize { return size }
    return nil
  }

  /// Checks the recipe by itself: sizes, and the numbers and values of mean and standard deviation.
  ///
  /// - Throws: ``PithError`` with the code `invalidArgument`, `limitExceeded`, `shapeMismatch` or
  ///   `invalidValue`, at `preprocessing`.
  package func validate(limits: Limits = Limits()) throws {
    do {
      switch resize {
      case nil: break
      case .exact(let size): try Self.check(size, "resize", limits)
      case .shorterSide(let side):
        try Self.check(Size(height: side, width: side), "resize of the shorter side", limits)
      }
      if let crop { try Self.check(crop, "crop", limits) }
      switch mean {
      case .none: break
      case .channel(let values): try check(values, "mean")
      case .image(let image): try checkMeanImage(image)
      }
      if let standardDeviation {
        try check(standardDeviation, "standard deviation")
        if let index = standardDeviation.firstIndex(where: { $0 <= 0 }) {
          throw PithError(
            .invalidValue,
            "standard deviation \(index + 1) is \(standardDeviation[index]); it must be greater than 0"
          )
        }
      }
    } catch let error as PithError {
      throw error.at("preprocessing")
    }
  }

  /// Checks the recipe, and that it makes what a network takes.
  ///
  /// - Parameter input: the network's, `[channels, height, width]`.
  /// - Returns: the size of the network's input.
  /// - Throws: as ``validate(limits:)``, and ``PithError`` with the code `shapeMismatch`.
  package func validate(input: Shape, limits: Limits = Limits()) throws -> Size {
    try validate(limits: limits)
    guard input.rank == 3 else {
      throw PithError(
        .shapeMismatch, place: "preprocessing",
        "makes an image of 3 dimensions (channels, height, width) but the network takes \(input)")
    }
    guard input[0] == color.channels else {
      throw PithError(
        .shapeMismatch, place: "preprocessing",
        "makes \(Self.channels(color)) but the network takes \(input[0]) (\(input))")
    }
    let size = Size(height: input[1], width: input[2])
    try Self.check(size, "input of the network", limits)
    guard fixedSize == nil || fixedSize == size else {
      throw PithError(
        .shapeMismatch, place: "preprocessing",
        "makes images of \(fixedSize ?? size) pixels but the network takes \(size)")
    }
    if case .image(let image) = mean, image.shape != input {
      throw PithError(
        .shapeMismatch, place: "preprocessing",
        "the mean image is \(image.shape) but the network takes \(input)")
    }
    return size
  }

  private static func channels(_ color: Color) -> String {
    "\(color.channels) channel\(color.channels == 1 ? "" : "s") (\(color.name))"
  }

  private static func check(_ size: Size, _ what: String, _ limits: Limits) throws {
    guard size.height >= 1, size.width >= 1 else {
      throw PithError(
        .invalidArgument, "the \(what) is \(size) pixels; both sides must be 1 or more")
    }
    do {
      try PixelImage.check(height: size.height, width: size.width, limits)
    } catch let error as PithError {
      throw PithError(error.code, "the \(what) \(error.problem)")
    }
  }

  private func check(_ values: [Float], _ what: String) throws {
    guard values.count == color.channels else {
      throw PithError(
        .shapeMismatch,
        "\(what) has \(values.count) value\(values.count == 1 ? "" : "s") but the image has "
          + Self.channels(color))
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw PithError(
        .invalidValue, "\(what) \(index + 1) is \(values[index]), not a finite number")
    }
  }

  private func checkMeanImage(_ image: Tensor) throws {
    guard image.shape.rank == 3, image.shape[0] == color.channels else {
      throw PithError(
        .shapeMismatch,
        "the mean image is \(image.shape) but must have \(Self.channels(color)), height and width")
    }
    if let fixedSize {
      guard image.shape[1] == fixedSize.height, image.shape[2] == fixedSize.width else {
        throw PithError(
          .shapeMismatch,
          "the mean image is \(image.shape) but the image has \(fixedSize) pixels")
      }
    }
    if let index = image.values.firstIndex(where: { !$0.isFinite }) {
      throw PithError(
        .invalidValue, "the mean image has \(image.values[index]) at value \(index + 1)")
    }
  }
}
