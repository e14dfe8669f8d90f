import PithGraph
import PithTensor
import Testing

@Suite struct DescriptionSectionTests {
  private static let recipes: [Preprocessing] = {
    var photograph = Preprocessing()
    photograph.alpha = .composite(red: 255, green: 128, blue: 1)
    photograph.color = .bgr
    photograph.resize = .shorterSide(256)
    photograph.interpolation = .bicubic
    photograph.crop = Preprocessing.Size(height: 224, width: 192)
    photograph.range = .unit
    photograph.mean = .channel([0.485, 0.456, 0.406])
    photograph.standardDeviation = [0.229, 0.224, 0.225]
    var digit = Preprocessing()
    digit.color = .gray
    digit.resize = .exact(Preprocessing.Size(height: 28, width: 27))
    digit.interpolation = .nearest
    digit.mean = .image(meanImage)
    return [Preprocessing(), photograph, digit]
  }()

  private static let meanImage = Tensor(shape: [1, 28, 27], repeating: 33)

  @Test(arguments: recipes)
  func aRecipeComesBack(_ recipe: Preprocessing) throws {
    let section = recipe.section
    #expect(try read(recipe: section[...]) == recipe)
  }

  @Test func theMeanImageIsAskedForOnlyWhenThereIsOne() throws {
    let section = Self.recipes[1].section
    _ = try Preprocessing(section: section[...], limits: Limits()) {
      Issue.record("the mean image was asked for")
      return Self.meanImage
    }
  }

  @Test(arguments: recipes)
  func aDamagedRecipeIsRefusedOrAnotherRecipe(_ recipe: Preprocessing) throws {
    try damage(recipe.section) { _ = try read(recipe: $0) }
  }

  @Test func labelsComeBackAndDamageIsRefused() throws {
    let labels = ["tench, Tinca tinca", "", "chien", "猫"]
    let section = DescriptionSections.bytes(labels: labels)
    #expect(try DescriptionSections.labels(section[...], limits: Limits()) == labels)
    try damage(section) { _ = try DescriptionSections.labels($0, limits: Limits()) }
  }

  @Test func samplesComeBackAndDamageIsRefused() throws {
    let samples = [
      GoldenSample(
        name: "cat.png", png: [1, 2, 3], expected: [0.5, -2], origin: "pytorch 2.13",
        tolerance: 1e-4),
      GoldenSample(name: "", png: [], expected: [], origin: "", tolerance: 0),
    ]
    let section = DescriptionSections.bytes(samples: samples)
    #expect(try DescriptionSections.samples(section[...], limits: Limits()) == samples)
    try damage(section) { _ = try DescriptionSections.samples($0, limits: Limits()) }
  }

  @Test func provenanceComesBackAndDamageIsRefused() throws {
    let entries = [ProvenanceEntry("source", "resnet20.th"), ProvenanceEntry("", "")]
    let section = DescriptionSections.bytes(provenance: entries)
    #expect(try DescriptionSections.provenance(section[...], limits: Limits()) == entries)
    try damage(section) { _ = try DescriptionSections.provenance($0, limits: Limits()) }
  }

  @Test func limitsHoldForDescriptions() {
    var limits = Limits()
    limits.labels = 2
    let section = DescriptionSections.bytes(labels: ["a", "b", "c"])
    let error = #expect(throws: PithError.self) {
      try DescriptionSections.labels(section[...], limits: limits)
    }
    #expect(error?.code == .limitExceeded)
    #expect(
      error?.description
        == "section 'labels', byte 0: the number of labels is 3 but may be at most 2 [F-60]")
  }

  private func read(recipe bytes: ArraySlice<UInt8>) throws -> Preprocessing {
    try Preprocessing(section: bytes, limits: Limits()) { Self.meanImage }
  }

  /// Every prefix and one byte more are refused; every changed byte is refused with a rule or read.
  private func damage(
    _ section: [UInt8], _ read: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    for count in section.indices {
      let error = #expect(throws: PithError.self) { try read(section[..<count]) }
      #expect(error?.rule == "F-60")
    }
    #expect(throws: PithError.self) { try read((section + [0])[...]) }
    for position in section.indices {
      for value in UInt8.min...UInt8.max {
        var changed = section
        changed[position] = value
        do { try read(changed[...]) } catch let error as PithError {
          #expect(error.rule != nil && error.place != nil)
        }
      }
    }
  }
}
