import Foundation
import PithGraph
import PithImage
import PithTensor
import PithTestSupport
import PithTraining
import Testing

@Suite struct RunReportTests {
  let images: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    try images.writeColors()
  }

  private func html(_ folder: String = "run") throws -> String {
    try images.text("\(folder)/report.html")
  }

  /// A report without what the clock decided.
  private func timeless(_ folder: String) throws -> String {
    try html(folder).replacing(/<span class="time">[^<]*<\/span>/, with: "")
  }

  /// The texts of the cells of all rows whose first is given.
  private func rows(_ page: String, _ first: String) -> [[String]] {
    page.matches(of: /<tr>.*<\/tr>/).map { row in
      row.output.matches(of: /<t[dh][^>]*>([^<]*)<\/t[dh]>/).map { String($0.output.1) }
    }.filter { $0.first == first }
  }

  @Test func aRunLeavesAPageThatNeedsNothingElse() throws {
    try FileManager.default.moveItem(
      atPath: images.path("data/red"), toPath: images.path("data/a&b<c"))
    let run = try images.run()
    _ = try run.checkStart()
    _ = try run.run()
    let page = try html()
    let elements = try #require(XMLElements(page), "the page is not well-formed")
    #expect(
      elements.named("h2").map(\.text) == [
        "Result", "Warnings", "Curves", "Answers", "Mistakes", "Classes", "Before the first step",
        "Layers", "Filters of the first layer", "Data", "Settings",
      ])
    #expect(elements.named("script").isEmpty && elements.named("link").isEmpty)
    let addresses = elements.elements.flatMap { element in
      ["src", "href", "data"].compactMap { element.attributes[$0] }
    }
    #expect(addresses.count == 6 && addresses.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
    #expect(!page.contains("url("))
    #expect(elements.named("meta").contains { $0.attributes["name"] == "viewport" })
    #expect(rows(page, "epochs")[0] == ["epochs", "3 of 3"])
    #expect(rows(page, "right")[0] == ["right", "100.0 %"])
    #expect(rows(page, "a&amp;b&lt;c").count == 2)
    // Loss and accuracy of both kinds of images, rate, ratio and the range test.
    #expect(elements.named("polyline").count == 7)
    let loss = try #require(elements.named("polyline").first?.attributes["points"])
    #expect(loss.split(separator: " ").count == 3)
  }

  @Test func theMatrixCountsAnswers() throws {
    let run = try images.run()
    _ = try run.run()
    let page = try html()
    #expect(
      rows(page, "blue") == [["blue", "1", "", ""], ["blue", "11", "1", "100.0 %", "100.0 %"]])
    #expect(rows(page, "green")[0] == ["green", "", "1", ""])
    let answers = try #require(try run.evaluate(run.split.validation)).answers
    let bits = try #require(answers.bits)
    #expect(abs(try #require(bits.labels) - log2(3)) < 1e-12)
    #expect(rows(page, "entropy of the labels")[0][1] == "1.58 bits")
    #expect(rows(page, "cross-entropy").count == 1)
    #expect(rows(page, "information gained about the label").count == 1)
  }

  /// A network of zeros finds three classes equally likely: all entropies are log2 3 bits, and nothing is gained.
  @Test func entropiesAreThoseOfTheDefinitions() throws {
    var options = TestImages.options
    (options.epochs, options.initializer, options.learningRate) = (1, .zeros, 0)
    (options.labelSmoothing, options.validation) = (0, 0.5)
    _ = try images.run(options: options).run()
    let page = try html()
    for (name, text) in [
      ("cross-entropy", "1.58 bits"), ("entropy of the predictions", "1.58 bits"),
      ("entropy of the labels", "1.58 bits"), ("information gained about the label", "0 bits"),
      ("loss", "1.1"), ("among the five best", "100.0 %"),
    ] {
      #expect(rows(page, name)[0][1] == text, "\(name)")
    }
    // The first of equal logits is the answer.
    #expect(rows(page, "blue")[0] == ["blue", "6", "", ""])
    #expect(rows(page, "red")[0] == ["red", "6", "", ""])
    #expect(rows(page, "blue")[1] == ["blue", "6", "6", "100.0 %", "33.3 %"])
    #expect(rows(page, "red")[1] == ["red", "6", "6", "0.0 %", "-"])
  }

  @Test func filtersAreShownToOneScale() throws {
    let network = """
      input image: [3, 8, 8]
      conv = convolution outputs: 2 kernel: 2 bias: false
      flatten
      fc = fully_connected outputs: 3
      """
    let run = try images.run(network: network)
    _ = try run.run()
    let weights = try #require(try run.checkpoint().state().tensors["conv.weight"]).values
    let greatest = weights.reduce(0) { max($0, abs($1)) }
    for (filter, match) in try html().matches(of: /base64,([^"]*)"/).enumerated() {
      let png = try #require(Data(base64Encoded: String(match.output.1)))
      let image = try PNGDecoder.decode([UInt8](png)).image
      #expect(image.width == 2 && image.height == 2)
      for channel in 0..<3 {
        for pixel in 0..<4 {
          let weight = weights[(filter * 3 + channel) * 4 + pixel]
          #expect(image.pixels[pixel * 3 + channel] == UInt8(127.5 + 127.5 * (weight / greatest)))
        }
      }
    }
  }

  @Test func theReportOfAResumedRunIsThatOfAWholeOne() throws {
    var options = TestImages.options
    options.epochs = 4
    options.learningRate = 1e-9
    options.initializer = .zeros
    let whole = try images.run("whole", options: options)
    whole.checkPatience = .infinity
    _ = try whole.checkStart()
    _ = try whole.run()
    var steps = 0
    let first = try images.run("parts", options: options)
    first.checkPatience = .infinity
    _ = try first.checkStart()
    let outcome = try first.run(
      observer: { event in if case .step = event { steps += 1 } }, isStopped: { steps == 10 })
    #expect(outcome == .stopped)
    #expect(rows(try html("parts"), "epochs")[0] == ["epochs", "2 of 4"])
    let checkpoint = try TrainingCheckpoint(contentsOf: images.path("parts"), takesLast: true)
    let second = try TrainingRun(
      resuming: checkpoint, data: images.data(), folder: images.path("parts"))
    _ = try second.run()
    let page = try timeless("whole")
    #expect(page.contains("<li>epoch 2: the loss has hardly moved in 2 epochs ("))
    #expect(
      page.contains(
        "<li>before the first step: all weights of &#39;conv.weight&#39; are equal"
      ))
    #expect(try timeless("parts") == page)
  }

  @Test func aRunThatDivergesSaysWhy() throws {
    var options = TestImages.options
    options.learningRate = 3e38
    _ = try images.run(options: options).run()
    #expect(
      try html().contains("<li>epoch 1: the loss "))
  }

  @Test func withoutValidationTheTrainingImagesAnswer() throws {
    var options = TestImages.options
    options.validation = 0
    _ = try images.run(options: options).run()
    let page = try html()
    #expect(
      page.contains(
        "<p>The training images, unchanged (none are kept for validation), after epoch 3.</p>"))
    #expect(rows(page, "images")[0] == ["images", "36", ""])
  }

  @Test func unreadableFilesAndImbalanceAreReported() throws {
    try images.write(Array("no image".utf8), to: "data/red/bad.png")
    try images.write(Array("text".utf8), to: "data/red/readme.txt")
    for index in 3..<12 {
      try FileManager.default.removeItem(atPath: images.path("data/green/\(index).png"))
    }
    _ = try images.run().run()
    let page = try html()
    #expect(page.contains("<p>Files that could not be read and were left out: 1.</p>"))
    #expect(page.contains("<li>red/bad.png: byte 8: cannot be decoded: Not a PNG file; "))
    #expect(page.contains("<p>Files that are no PNG files, passed over: 1.</p>"))
    #expect(page.contains("<li>the classes are out of balance: &#39;blue&#39; has 12 images but "))
  }

  @Test func manyClassesShowTheirWorstMistakes() throws {
    let png = PNGFile.bytes(rgb: [UInt8](repeating: 90, count: 192), height: 8, width: 8)
    for name in 0..<101 {
      for index in 0..<2 { try images.write(png, to: "many/class \(name)/\(index).png") }
    }
    var options = TestImages.options
    (options.epochs, options.validation) = (1, 0.5)
    let run = try TrainingRun(
      Graph(text: "input image: [3, 8, 8]\nflatten\nfc = fully_connected outputs: 101"),
      data: ImageDataset(contentsOf: images.path("many")), options: options,
      folder: images.path("run"))
    _ = try run.run()
    let page = try html()
    #expect(!page.contains("class=\"confusion\""))
    #expect(page.contains("<th class=\"l\">taken for</th>"))
    #expect(page.split(separator: "\n").count { $0.hasPrefix("<tr><td class=\"l\">1</td>") } == 30)
  }

  @Test func aRecordThatMakesNoSenseIsRefused() throws {
    let run = try images.run()
    _ = try run.checkStart()
    _ = try run.run(isStopped: { true })
    try images.write(Array("start\t1\t2\t3\nrate\t1\n".utf8), to: "run/record.tsv")
    let checkpoint = try TrainingCheckpoint(contentsOf: images.path("run"), takesLast: true)
    let error = pithError {
      try TrainingRun(resuming: checkpoint, data: images.data(), folder: images.path("run"))
    }
    #expect(
      error.map { "\($0)" }
        == "\(images.path("run/record.tsv")): line 2 of the record of the run makes no sense; remove the file to go on without what was found before"
    )
  }
}
