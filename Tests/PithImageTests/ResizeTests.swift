import PithImage
import PithTensor
import PithTestSupport
import Testing

private func recipe(
  _ resize: Preprocessing.Resize?, _ filter: String, crop: Preprocessing.Size? = nil
) -> Preprocessing {
  var recipe = Preprocessing()
  recipe.resize = resize
  recipe.interpolation =
    Preprocessing.Interpolation.allCases.first { $0.name == filter } ?? .nearest
  recipe.crop = crop
  return recipe
}

private func size(_ text: String) -> Preprocessing.Size {
  let sides = text.split(separator: "x").compactMap { Int($0) }
  return .init(height: sides[0], width: sides[1])
}

@Suite struct ResizeTests {
  @Test func fixturesResizeAsPillowDid() throws {
    let lines = try expectations("resize")
    #expect(lines.count == 255)
    for line in lines {
      let image = try PNGDecoder.decode(
        Repository.bytes("Fixtures/png/\(line[1])"), color: colorNamed(line[2])
      )
      .image
      let resize: Preprocessing.Resize =
        line[4].contains("x") ? .exact(size(line[4])) : .shorterSide(Int(line[4]) ?? 0)
      let crop = line[5] == "-" ? nil : size(line[5])
      let result = try image.resizedAndCropped(by: recipe(resize, line[3], crop: crop))
      #expect("\(result.height) \(result.width)" == "\(line[6]) \(line[7])")
      #expect(crc(result.pixels) == line[8], "\(line.joined(separator: " "))")
    }
  }

  @Test(.needsPython("numpy", "PIL", "torch"))
  func randomImagesResizeAsPillowDoes() throws {
    var random = SeededRandom(seed: 13)
    var oracle = Oracle()
    oracle.ask("version")
    var cases: [(PixelImage, Preprocessing)] = []
    let sides = [1, 2, 3, 7, 16, 31, 32, 33, 64, 97, 128, 255, 300]
    func side() -> Int {
      Bool.random(using: &random)
        ? sides.randomElement(using: &random) ?? 1 : Int.random(in: 1...300, using: &random)
    }
    for index in 0..<600 {
      let filter = ["nearest", "bilinear", "bicubic"][index % 3]
      let channels = index % 2 == 0 ? 3 : 1
      let image = try randomImage(side(), side(), channels, &random)
      var target = Preprocessing.Size(height: side(), width: side())
      if index % 4 == 3 {
        // Around the point where the order of the passes changes.
        let edge = image.height - 2 * (image.width - target.width)
        target.height = max(1, min(600, edge + Int.random(in: -1...1, using: &random)))
      }
      cases.append((image, recipe(.exact(target), filter)))
      oracle.ask(
        "resize \(channels == 3 ? "RGB" : "L") \(image.height) \(image.width) "
          + "\(target.height) \(target.width) \(filter)", image.pixels)
    }
    let answers = try oracle.answers()
    #expect(answers.first?.bytes.map { String(decoding: $0, as: UTF8.self) } == "13.0.0")
    #expect(answers.count == cases.count + 1)
    for ((image, recipe), answer) in zip(cases, answers.dropFirst()) {
      let result = try image.resizedAndCropped(by: recipe)
      #expect(
        result.pixels == answer.bytes,
        "\(image.height)x\(image.width)x\(image.channels) \(recipe.text)")
    }
  }

  @Test(.needsPython("numpy", "PIL", "torch"), .needsSharedData)
  func photographsResizeAsPillowDoes() throws {
    var oracle = Oracle()
    var cases: [(PixelImage, Preprocessing)] = []
    let photographs = try sharedImages("images")
    #expect(photographs.count == 23)
    for (index, path) in photographs.enumerated() {
      let color: Preprocessing.Color = index % 4 == 3 ? .gray : .rgb
      let image = try PNGDecoder.decode(contentsOf: path, color: color)
      for filter in ["nearest", "bilinear", "bicubic"] {
        let target = Preprocessing.Size(height: 224 + index, width: filter == "bicubic" ? 640 : 227)
        cases.append((image, recipe(.exact(target), filter)))
        oracle.ask(
          "resize \(color == .rgb ? "RGB" : "L") \(image.height) \(image.width) "
            + "\(target.height) \(target.width) \(filter)", image.pixels)
      }
    }
    let answers = try oracle.answers()
    #expect(answers.count == cases.count)
    for ((image, recipe), answer) in zip(cases, answers) {
      #expect(try image.resizedAndCropped(by: recipe).pixels == answer.bytes, "\(recipe.text)")
    }
  }

  @Test func windowIsTheSameAsCropAfterwards() throws {
    var random = SeededRandom(seed: 5)
    let image = try randomImage(61, 83, 3, &random)
    for filter in ["nearest", "bilinear", "bicubic"] {
      let whole = try image.resizedAndCropped(by: recipe(.shorterSide(40), filter))
      #expect([whole.height, whole.width] == [40, 54])
      let part = try image.resizedAndCropped(
        by: recipe(.shorterSide(40), filter, crop: .init(height: 31, width: 33)))
      // Offsets: (40 - 31) / 2 = 4.5 and (54 - 33) / 2 = 10.5, to even.
      var expected: [UInt8] = []
      for y in 4..<35 {
        let start = (y * 54 + 10) * 3
        expected += whole.pixels[start..<(start + 33 * 3)]
      }
      #expect(part.pixels == expected)
    }
  }

  @Test func cropOffsetsRoundHalfToEven() throws {
    // Pixel x of a row has the value x; the crop's first value is its offset.
    let row = try PixelImage(
      height: 1, width: 20, channels: 1, pixels: (0..<20).map { UInt8($0) })
    let offsets = try (13...20).map { width in
      try row.resizedAndCropped(by: recipe(nil, "nearest", crop: .init(height: 1, width: width)))
        .pixels[0]
    }
    #expect(offsets == [4, 3, 2, 2, 2, 1, 0, 0])
  }

  @Test func smallerImageIsPaddedWithZeros() throws {
    let image = try PixelImage(height: 1, width: 2, channels: 1, pixels: [8, 9])
    let result = try image.resizedAndCropped(
      by: recipe(nil, "nearest", crop: .init(height: 2, width: 5)))
    #expect(result.pixels == [0, 8, 9, 0, 0, 0, 0, 0, 0, 0])
  }
}
