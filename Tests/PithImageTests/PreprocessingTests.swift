import PithImage
import PithTensor
import PithTestSupport
import Testing

private func unitRecipe() -> Preprocessing {
  var recipe = Preprocessing()
  recipe.resize = .shorterSide(256)
  recipe.crop = .init(height: 224, width: 224)
  recipe.range = .unit
  recipe.mean = .channel([0.485, 0.456, 0.406])
  recipe.standardDeviation = [0.229, 0.224, 0.225]
  return recipe
}

/// The input that a recipe makes of pixels.
private func run(_ recipe: Preprocessing, _ image: PixelImage, _ input: Shape) throws -> [Float] {
  var scratch = PreprocessingScratch()
  let plan = try PreprocessingPlan(recipe, input: input)
  return try output(plan) { try plan.run(image, &scratch, into: $0) }
}

private func output(
  _ plan: PreprocessingPlan, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Void
) throws -> [Float] {
  var values = [Float](repeating: .nan, count: plan.outputShape.count)
  try values.withUnsafeMutableBufferPointer { try body($0) }
  return values
}

@Suite struct PreprocessingTests {
  let pixel = try! PixelImage(height: 1, width: 2, channels: 3, pixels: [10, 20, 30, 255, 0, 7])

  @Test func channelsAreInTheOrderOfTheColor() throws {
    var recipe = Preprocessing()
    #expect(try run(recipe, pixel, [3, 1, 2]) == [10, 255, 20, 0, 30, 7])
    recipe.color = .bgr
    #expect(try run(recipe, pixel, [3, 1, 2]) == [30, 7, 20, 0, 10, 255])
    recipe.color = .gray
    // (19595 * 10 + 38470 * 20 + 7471 * 30 + 32768) >> 16 and (19595 * 255 + 7471 * 7 + 32768) >> 16
    #expect(try run(recipe, pixel, [1, 1, 2]) == [18, 77])
  }

  @Test func meanAndDeviationAreInTheOrderOfTheColor() throws {
    var recipe = Preprocessing()
    recipe.color = .bgr
    recipe.mean = .channel([104, 117, 123])
    recipe.standardDeviation = [1, 2, 4]
    #expect(
      try run(recipe, pixel, [3, 1, 2]) == [-74, -97, -48.5, -58.5, -28.25, 33])
  }

  @Test func unitRangeIsDividedFirstThenMeanThenDeviation() throws {
    var recipe = unitRecipe()
    recipe.resize = nil
    recipe.crop = nil
    let values = try run(recipe, pixel, [3, 1, 2])
    #expect(values[0] == (Float(10) / 255 - 0.485) / 0.229)
    #expect(values[3] == (Float(0) / 255 - 0.456) / 0.224)
    #expect(values[5] == (Float(7) / 255 - 0.406) / 0.225)
  }

  @Test func meanImageIsSubtractedPixelByPixel() throws {
    var recipe = Preprocessing()
    recipe.color = .bgr
    recipe.range = .unit
    recipe.mean = .image(
      try Tensor(shape: [3, 1, 2], values: [0.5, 0.25, 0, 0.125, 1, -1]))
    recipe.standardDeviation = [0.5, 2, 3]
    let expected: [Float] = [
      (Float(30) / 255 - 0.5) / 0.5, (Float(7) / 255 - 0.25) / 0.5,
      Float(20) / 255 / 2, (0 - 0.125) / 2,
      (Float(10) / 255 - 1) / 3, (1 + 1) / Float(3),
    ]
    #expect(try run(recipe, pixel, [3, 1, 2]) == expected)
  }

  @Test func paddingIsBlackBeforeTheMean() throws {
    var recipe = Preprocessing()
    recipe.resize = .shorterSide(1)
    recipe.crop = .init(height: 1, width: 4)
    recipe.mean = .channel([1, 2, 3])
    #expect(
      try run(recipe, pixel, [3, 1, 4])
        == [-1, 9, 254, -1, -2, 18, -2, -2, -3, 27, 4, -3])
  }

  @Test func grayPixelsBecomeRGB() throws {
    let gray = try PixelImage(height: 1, width: 2, channels: 1, pixels: [5, 9])
    #expect(try run(Preprocessing(), gray, [3, 1, 2]) == [5, 9, 5, 9, 5, 9])
  }

  @Test func scratchIsIndependentOfEarlierImages() throws {
    var random = SeededRandom(seed: 3)
    let plan = try PreprocessingPlan(unitRecipe(), input: [3, 224, 224])
    var scratch = PreprocessingScratch()
    for (height, width) in [(300, 500), (17, 40), (300, 500), (640, 90)] {
      let image = try randomImage(height, width, 3, &random)
      #expect(
        try output(plan) { try plan.run(image, &scratch, into: $0) }
          == run(unitRecipe(), image, [3, 224, 224]))
    }
  }

  @Test func onePlanServesManyThreads() async throws {
    let plan = try PreprocessingPlan(unitRecipe(), input: [3, 224, 224])
    let bytes = try Repository.bytes("Fixtures/png/photo-37x53.png")
    let results = try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<8 {
        group.addTask {
          var scratch = PreprocessingScratch()
          return try output(plan) { output in
            _ = try bytes.withUnsafeBytes { try plan.run(png: $0, &scratch, into: output) }
          }
        }
      }
      return try await group.reduce(into: Set<[Float]>()) { $0.insert($1) }
    }
    #expect(results.count == 1)
    #expect(
      results.first == (try run(unitRecipe(), PNGDecoder.decode(bytes).image, [3, 224, 224])))
  }

  @Test func imageOfAnotherSizeIsRefusedWithoutResize() throws {
    let advice = "; resize the image, or convert the model with --resize"
    #expect(
      errorMessage { _ = try run(Preprocessing(), pixel, [3, 2, 1]) }
        == "imageSize: is 1x2 pixels but the network takes 2x1 and its recipe has no resize"
        + advice)
    var scratch = PreprocessingScratch()
    let plan = try PreprocessingPlan(Preprocessing(), input: [3, 32, 32])
    let path = Repository.path("Fixtures/png/rgb-8.png")
    #expect(
      errorMessage { _ = try output(plan) { try plan.run(file: path, &scratch, into: $0) } }
        == "imageSize: \(path): is 11x13 pixels but the network takes 32x32 and its recipe has no "
        + "resize\(advice)")
    var recipe = Preprocessing()
    recipe.resize = .shorterSide(3)
    #expect(
      errorMessage { _ = try run(recipe, pixel, [3, 3, 3]) }
        == "imageSize: is 1x2 pixels, 3x6 after the resize, but the network takes 3x3; "
        + "the recipe needs a crop to 3x3")
  }

  @Test func pngFilesAndBytesGiveTheSame() throws {
    var recipe = unitRecipe()
    recipe.alpha = .composite(red: 1, green: 2, blue: 3)
    let plan = try PreprocessingPlan(recipe, input: [3, 224, 224])
    var scratch = PreprocessingScratch()
    let name = "palette-8-trns.png"
    let bytes = try Repository.bytes("Fixtures/png/\(name)")
    let image = try PNGDecoder.decode(bytes, alpha: recipe.alpha).image
    let expected = try run(recipe, image, [3, 224, 224])
    let path = Repository.path("Fixtures/png/\(name)")
    #expect(try output(plan) { try plan.run(file: path, &scratch, into: $0) } == expected)
    let twice = bytes + [1, 2, 3]
    var byteCount = 0
    let values = try output(plan) { output in
      byteCount = try twice.withUnsafeBytes { try plan.run(png: $0, &scratch, into: output) }
    }
    #expect(values == expected)
    #expect(byteCount == bytes.count)
  }

  @Test(.needsPython("numpy", "PIL", "torch"))
  func wholeRecipeEqualsPillowAndTorch() throws {
    var random = SeededRandom(seed: 21)
    var oracle = Oracle()
    var cases: [(PixelImage, Preprocessing, Shape)] = []
    for index in 0..<60 {
      let image = try randomImage(
        Int.random(in: 1...200, using: &random), Int.random(in: 1...200, using: &random), 3, &random
      )
      var recipe = unitRecipe()
      recipe.interpolation = Preprocessing.Interpolation.allCases[index % 3]
      let side = Int.random(in: 1...90, using: &random)
      let crop = Preprocessing.Size(
        height: Int.random(in: 1...100, using: &random),
        width: Int.random(in: 1...100, using: &random))
      recipe.resize = .shorterSide(side)
      recipe.crop = crop
      cases.append((image, recipe, try Shape(checking: [3, crop.height, crop.width])))
      oracle.ask(
        "chain \(image.height) \(image.width) \(side) \(crop.height) \(crop.width) "
          + "\(recipe.interpolation.name) 0.485,0.456,0.406 0.229,0.224,0.225", image.pixels)
    }
    let answers = try oracle.answers()
    #expect(answers.count == cases.count)
    for ((image, recipe, input), answer) in zip(cases, answers) {
      let values = try run(recipe, image, input)
      let bytes = values.withUnsafeBytes { Array($0) }
      #expect(bytes == answer.bytes, "\(image.height)x\(image.width) \(recipe.text)")
    }
  }
}
