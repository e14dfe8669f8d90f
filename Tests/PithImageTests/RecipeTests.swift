import PithImage
import PithTensor
import Testing

@Suite struct RecipeTests {
  private func message(
    _ input: Shape? = nil, limits: Limits = Limits(), _ change: (inout Preprocessing) -> Void
  ) -> String {
    var recipe = Preprocessing()
    change(&recipe)
    return errorMessage {
      if let input {
        _ = try recipe.validate(input: input, limits: limits)
      } else {
        try recipe.validate(limits: limits)
      }
    }
  }

  @Test func textSaysEveryStepInOrder() {
    var recipe = Preprocessing()
    #expect(recipe.text == "decode, drop alpha, RGB, no resize")
    recipe.resize = .shorterSide(256)
    recipe.crop = .init(height: 224, width: 224)
    recipe.range = .unit
    recipe.mean = .channel([0.485, 0.456, 0.406])
    recipe.standardDeviation = [0.229, 0.224, 0.225]
    #expect(
      recipe.text
        == "decode, drop alpha, RGB, resize shorter side to 256 (bilinear, Pillow 13.0), "
        + "crop 224x224, over 255, minus mean 0.485, 0.456, 0.406, over std 0.229, 0.224, 0.225")
    recipe = Preprocessing()
    recipe.alpha = .composite(red: 255, green: 128, blue: 0)
    recipe.color = .bgr
    recipe.resize = .exact(.init(height: 227, width: 200))
    recipe.interpolation = .bicubic
    recipe.mean = .channel([104, 117, 123.5])
    #expect(
      recipe.text
        == "decode, lay over colour 255, 128, 0, RGB, resize to 227x200 (bicubic, Pillow 13.0), "
        + "reorder to BGR, minus mean 104, 117, 123.5")
    recipe.color = .gray
    recipe.mean = .image(Tensor(shape: [1, 227, 200], repeating: 1))
    #expect(
      recipe.text
        == "decode, lay over colour 255, 128, 0, gray, resize to 227x200 (bicubic, Pillow 13.0), "
        + "minus mean image 1x227x200")
  }

  @Test func sizesAreHeldToBounds() {
    #expect(
      message { $0.resize = .exact(.init(height: 0, width: 5)) }
        == "invalidArgument: preprocessing: the resize is 0x5 pixels; both sides must be 1 or more")
    #expect(
      message { $0.resize = .shorterSide(-3) }
        == "invalidArgument: preprocessing: the resize of the shorter side is -3x-3 pixels; "
        + "both sides must be 1 or more")
    #expect(
      message { $0.crop = .init(height: 4, width: 40000) }
        == "limitExceeded: preprocessing: the crop is 4x40000 pixels but a side may have at most "
        + "32768")
    var limits = Limits()
    limits.imageSide = .max
    #expect(
      message(limits: limits) { $0.crop = .init(height: .max, width: .max) }
        == "limitExceeded: preprocessing: the crop is \(Int.max)x\(Int.max) pixels but an image "
        + "may have at most 134217728")
  }

  @Test func meanAndDeviationAreChecked() {
    #expect(
      message { $0.mean = .channel([1]) }
        == "shapeMismatch: preprocessing: mean has 1 value but the image has 3 channels (rgb)")
    #expect(
      message {
        $0.color = .gray
        $0.standardDeviation = [1, 2, 3]
      }
        == "shapeMismatch: preprocessing: standard deviation has 3 values but the image has "
        + "1 channel (gray)")
    #expect(
      message { $0.mean = .channel([1, .nan, 3]) }
        == "invalidValue: preprocessing: mean 2 is nan, not a finite number")
    #expect(
      message { $0.standardDeviation = [1, 2, -.infinity] }
        == "invalidValue: preprocessing: standard deviation 3 is -inf, not a finite number")
    #expect(
      message { $0.standardDeviation = [1, -0.0, 2] }
        == "invalidValue: preprocessing: standard deviation 2 is -0.0; it must be greater than 0")
  }

  @Test func meanImageFitsTheResult() {
    let image = Tensor(shape: [3, 4, 5], repeating: 0)
    #expect(
      message {
        $0.mean = .image(Tensor(shape: [4, 5], repeating: 0))
      }
        == "shapeMismatch: preprocessing: the mean image is 4x5 but must have 3 channels (rgb), "
        + "height and width")
    #expect(
      message {
        $0.mean = .image(image)
        $0.crop = .init(height: 4, width: 4)
      }
        == "shapeMismatch: preprocessing: the mean image is 3x4x5 but the image has 4x4 pixels")
    #expect(
      message([3, 4, 6]) { $0.mean = .image(image) }
        == "shapeMismatch: preprocessing: the mean image is 3x4x5 but the network takes 3x4x6")
    #expect(
      message { $0.mean = .image(Tensor(shape: [3, 1, 1], repeating: .infinity)) }
        == "invalidValue: preprocessing: the mean image has inf at value 1")
    #expect(message([3, 4, 5]) { $0.mean = .image(image) } == "no error")
  }

  @Test func recipeFitsTheNetwork() {
    #expect(
      message([1, 28, 28]) { _ in }
        == "shapeMismatch: preprocessing: makes 3 channels (rgb) but the network takes 1 (1x28x28)")
    #expect(
      message([128]) { _ in }
        == "shapeMismatch: preprocessing: makes an image of 3 dimensions (channels, height, width) "
        + "but the network takes 128")
    #expect(
      message([3, 224, 224]) { $0.resize = .exact(.init(height: 227, width: 227)) }
        == "shapeMismatch: preprocessing: makes images of 227x227 pixels but the network takes "
        + "224x224")
    #expect(message([3, 224, 224]) { $0.resize = .shorterSide(224) } == "no error")
  }

  @Test func infiniteResultsAreRefused() throws {
    var channel = Preprocessing()
    channel.standardDeviation = [1, 1e-38, 1]
    var image = Preprocessing()
    image.mean = .image(Tensor(shape: [3, 1, 1], repeating: 3e38))
    image.standardDeviation = [1, 1, 0.5]
    for recipe in [channel, image] {
      #expect {
        try PreprocessingPlan(recipe, input: [3, 1, 1])
      } throws: { error in
        "\(error)"
          == "preprocessing: mean and standard deviation turn a pixel value into an infinite number"
      }
    }
  }
}
