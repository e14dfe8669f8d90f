import Foundation
import PithTestSupport
import Testing

@Suite struct ClassifyTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(TestContent.model(), to: "rgb.pith")
    try folder.write(TestContent.red, to: "red.png")
    try folder.write(TestContent.png(255, 51, 0), to: "orange.png")
  }

  @Test func textAlignsNamesAndScores() throws {
    let outcome = try folder.pith("classify", "-m", "rgb.pith", "red.png", "orange.png")
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        red.png
          red    57.61 %
          green  21.19 %
          blue   21.19 %
        orange.png
          red    55.03 %
          green  24.73 %
          blue   20.24 %

        """)
    #expect(outcome.errors == "")
  }

  @Test func jsonLinesHaveARowForEachImage() throws {
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "jsonl", "--scores", "logit", "--top-k", "2",
      "orange.png", "red.png")
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        {"image":"orange.png","predictions":[{"index":0,"label":"red","score":1.0},{"index":1,"label":"green","score":0.2}]}
        {"image":"red.png","predictions":[{"index":0,"label":"red","score":1.0},{"index":1,"label":"green","score":0.0}]}

        """)
  }

  @Test func jsonIsAnArrayOfTheSameRows() throws {
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "json", "--scores", "logit", "--top-k", "1",
      "red.png", "orange.png")
    #expect(
      outcome.output == """
        [
        {"image":"red.png","predictions":[{"index":0,"label":"red","score":1.0}]},
        {"image":"orange.png","predictions":[{"index":0,"label":"red","score":1.0}]}
        ]

        """)
    #expect((try json(outcome.output) as? [Any])?.count == 2)
  }

  @Test func commaSeparatedValuesQuoteWhatHasTo() throws {
    try folder.write("a \"fine\", red\ngreen\nblue\n", to: "labels.txt")
    try folder.write("no image", to: "bad,one.png")
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "csv", "--scores", "logit", "--top-k", "all",
      "--labels", "labels.txt", "orange.png", "bad,one.png")
    #expect(outcome.status == 1)
    #expect(
      outcome.output == """
        image,rank,index,label,score,error,code
        orange.png,1,0,"a ""fine"", red",1.0,,
        orange.png,2,1,green,0.2,,
        orange.png,3,2,blue,0.0,,
        "bad,one.png",,,,,byte 8: cannot be decoded: Not a PNG file; Pith reads PNG; convert the image first,11

        """)
  }

  @Test func badImageDoesNotStopTheOthers() throws {
    try folder.write("no image", to: "bad.png")
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "jsonl", "--scores", "logit", "--top-k", "1",
      "red.png", "bad.png", "absent.png", "orange.png")
    #expect(outcome.status == 1)
    #expect(
      outcome.output == """
        {"image":"red.png","predictions":[{"index":0,"label":"red","score":1.0}]}
        {"image":"bad.png","error":"byte 8: cannot be decoded: Not a PNG file; Pith reads PNG; convert the image first","code":11}
        {"image":"absent.png","error":"cannot be opened: No such file or directory","code":2}
        {"image":"orange.png","predictions":[{"index":0,"label":"red","score":1.0}]}

        """)
    #expect(outcome.errors == "pith: 2 of 4 images failed\n")
  }

  @Test func badImageIsToldOnStandardErrorInText() throws {
    try folder.write(TestContent.red.dropLast(20) + [], to: "cut.png")
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--top-k", "1", "cut.png", "red.png")
    #expect(outcome.status == 1)
    #expect(outcome.output == "red.png\n  red  57.61 %\n")
    #expect(outcome.errors.hasPrefix("pith: cut.png: byte "))
    #expect(outcome.errors.hasSuffix("\npith: 1 of 2 images failed\n"))
  }

  @Test func imageOfAnotherSizeIsRefusedWithBothSizes() throws {
    let image = Repository.path("Fixtures/png/gray-8.png")
    let outcome = try folder.pith("classify", "-m", "rgb.pith", image)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("pixels but the network takes 2x2 and its recipe has no resize"))
  }

  @Test func foldersAreSearchedInByteOrder() throws {
    for path in ["d/b.png", "d/a/z.PNG", "d/a.png", "d/a/0.png", "d/B.png", "d/é.png", "d/.h.png"] {
      try folder.write(TestContent.red, to: path)
    }
    try folder.write("text", to: "d/a/notes.txt")
    try folder.write("text", to: "d/readme")
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "csv", "--top-k", "1", "d")
    let names = outcome.output.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," } }
    #expect(names == ["d/B.png", "d/a.png", "d/a/0.png", "d/a/z.PNG", "d/b.png", "d/é.png"])
    #expect(outcome.errors == "pith: 2 other files passed over\n")
    #expect(outcome.status == 0)
  }

  @Test func folderWithoutImagesFails() throws {
    try folder.write("text", to: "empty/readme")
    let outcome = try folder.pith("classify", "-m", "rgb.pith", "--format", "jsonl", "empty")
    #expect(outcome.status == 1)
    #expect(
      outcome.output == """
        {"image":"empty","error":"the folder holds no PNG files; files whose names end in .png are looked for, in folders inside it too","code":2}

        """)
  }

  @Test func severalImagesComeThroughStandardInput() throws {
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "jsonl", "--scores", "logit", "--top-k", "1", "-",
      input: TestContent.red + TestContent.green + TestContent.blue)
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        {"image":"-","predictions":[{"index":0,"label":"red","score":1.0}]}
        {"image":"-#2","predictions":[{"index":1,"label":"green","score":1.0}]}
        {"image":"-#3","predictions":[{"index":2,"label":"blue","score":1.0}]}

        """)
  }

  @Test func damagedImageInAStreamDoesNotHideTheNext() throws {
    var damaged = TestContent.red
    damaged[45] ^= 1
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "csv", "--scores", "logit", "--top-k", "1", "-",
      input: damaged + TestContent.green + [1, 2, 3])
    let lines = outcome.output.split(separator: "\n")
    #expect(outcome.status == 1)
    #expect(lines.count == 4)
    #expect(lines[1].hasPrefix("-,,,,,"))
    #expect(lines[2] == "-#2,1,1,green,1.0,,")
    #expect(lines[3] == "-#3,,,,,byte 3: the stream ends before the image does: IEND is missing,11")
  }

  @Test func listNamesImages() throws {
    try folder.write("red.png\n\norange.png\r\n", to: "list.txt")
    let fromFile = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "csv", "--top-k", "1", "--list", "list.txt")
    let fromInput = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "csv", "--top-k", "1", "--list", "-",
      input: Array("red.png\norange.png".utf8))
    #expect(fromFile.status == 0)
    #expect(fromFile.output.split(separator: "\n").count == 3)
    #expect(fromInput.output == fromFile.output)
  }

  @Test func labelsOfAnotherNumberAreRefused() throws {
    try folder.write("a\nb\n", to: "labels.txt")
    let outcome = try folder.pith(
      "classify", "-m", "rgb.pith", "--labels", "labels.txt", "red.png")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == """
        pith: labels.txt: has 2 lines but the network has 3 outputs; give one label a line, in the order of the outputs

        """)
  }

  @Test func modelWithoutLabelsHasNullsAndIndices() throws {
    try folder.write(TestContent.model(labels: []), to: "plain.pith")
    let rows = try folder.pith(
      "classify", "-m", "plain.pith", "--format", "jsonl", "--scores", "logit", "--top-k", "1",
      "red.png")
    #expect(
      rows.output
        == "{\"image\":\"red.png\",\"predictions\":[{\"index\":0,\"label\":null,\"score\":1.0}]}\n")
    let text = try folder.pith("classify", "-m", "plain.pith", "--top-k", "1", "red.png")
    #expect(text.output == "red.png\n  class 0  57.61 %\n")
  }

  @Test func logitsOfProbabilitiesAreWrongUsage() throws {
    try folder.write(TestContent.model(output: .probabilities), to: "probable.pith")
    let outcome = try folder.pith(
      "classify", "-m", "probable.pith", "--scores", "logit", "--format", "json", "red.png")
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(
      outcome.errors == """
        pith: the model puts out probabilities, so it has no logits; ask for probabilities
        {"error":"the model puts out probabilities, so it has no logits; ask for probabilities","code":1}

        """)
  }

  @Test func scoreThatIsNoNumberIsAnError() throws {
    try folder.write(
      TestContent.model(weights: [3e38, 3e38, 3e38, 0, 1, 0, 0, 0, 1]), to: "huge.pith")
    try folder.write(TestContent.png(255, 255, 255), to: "white.png")
    let outcome = try folder.pith(
      "classify", "-m", "huge.pith", "--format", "jsonl", "--top-k", "1", "white.png")
    #expect(outcome.status == 1)
    #expect(
      outcome.output == """
        {"image":"white.png","error":"output 0 of the network is inf; the weights or the preprocessing are damaged: run 'pith verify'","code":16}

        """)
  }

  @Test func modelThatIsAbsentOrCutIsABadModel() throws {
    let absent = try folder.pith("classify", "-m", "absent.pith", "red.png")
    #expect(absent.status == 3)
    #expect(absent.errors == "pith: absent.pith: cannot be opened: No such file or directory\n")
    try folder.write(Array(try folder.bytes("rgb.pith").dropLast(64)), to: "cut.pith")
    let cut = try folder.pith("classify", "-m", "cut.pith", "--format", "jsonl", "red.png")
    #expect(cut.status == 3)
    #expect(cut.output == "")
    let lines = cut.errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("pith: cut.pith: "))
    #expect(lines[1].hasPrefix("{\"error\":\"cut.pith: "))
  }

  @Test func modelWithoutARecipeTakesNoImages() throws {
    try folder.write(TestContent.model(hasRecipe: false), to: "tensors.pith")
    let outcome = try folder.pith("classify", "-m", "tensors.pith", "red.png")
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("the model has no preprocessing recipe"))
  }

  @Test func closedPipeEndsQuietly() throws {
    let outcome = try folder.bash(
      """
      { sleep 0.2; "$PITH" classify -m rgb.pith --format jsonl red.png; echo $? > status; } | true
      cat status
      """)
    #expect(outcome.output == "0\n")
    #expect(outcome.errors == "")
  }

  @Test func fullDiskIsTold() throws {
    let outcome = try folder.bash(
      "\"$PITH\" classify -m rgb.pith --format jsonl red.png > /dev/full; echo $?")
    #expect(outcome.output == "4\n")
    #expect(
      outcome.errors.hasPrefix(
        "pith: standard output: cannot be written: No space left on device\n"))
  }

  @Test func nothingGivenIsWrongUsage() throws {
    let outcome = try folder.pith("classify")
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(
      outcome.errors.hasPrefix(
        "pith: no image was given: name PNG files or folders, or '-' for standard input\nUsage: pith classify "
      ))
  }

  @Test(arguments: [
    ["--top-k", "0"], ["--threads", "0"], ["--batch", "-1"], ["--format", "xml"],
  ])
  func wrongValueOfAnOptionIsWrongUsage(_ option: [String]) throws {
    let outcome = try folder.pith("classify", "red.png", option[0], option[1])
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("pith: "))
  }

  @Test func threadsAndBatchesDoNotChangeAnswers() throws {
    for index in 0..<37 {
      try folder.write(
        TestContent.png(UInt8(index), UInt8(255 - index), 7), to: "many/\(index).png")
    }
    let one = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "jsonl", "--threads", "1", "--batch", "1", "many")
    let many = try folder.pith(
      "classify", "-m", "rgb.pith", "--format", "jsonl", "--threads", "3", "--batch", "5", "many")
    #expect(one.output.split(separator: "\n").count == 37)
    #expect(one.output == many.output)
  }

  @Test func builtInModelClassifiesWithoutAnOption() throws {
    let image = Repository.path("Fixtures/png/gray-8.png")
    let outcome = try folder.pith("classify", "--format", "jsonl", "--top-k", "all", image)
    let row = try #require(try json(outcome.output) as? [String: Any])
    #expect(outcome.status == 0)
    #expect((row["predictions"] as? [[String: Any]])?.count == 10)
  }
}
