import PithTensor
import Testing

@Suite struct PithErrorTests {
  @Test func theSentenceHasEveryPartInOrder() {
    let error = PithError(
      .malformedFile, file: "a.pith", place: "section 'graph', byte 8", "7 layers were announced",
      advice: "fetch the file again", rule: "F-60")
    #expect(
      error.description
        == "a.pith: section 'graph', byte 8: 7 layers were announced [F-60]; fetch the file again")
    #expect("\(error)" == error.description)
  }

  @Test func partsThatAreMissingLeaveNothingBehind() {
    #expect(PithError(.invalidGraph, "no output").description == "no output")
    #expect(PithError(.invalidGraph, file: "a", "no output").description == "a: no output")
    #expect(PithError(.invalidGraph, "no output", rule: "F-69").description == "no output [F-69]")
    #expect(PithError(.invalidGraph, "no", advice: "add one").description == "no; add one")
  }

  @Test func whatIsSaidFirstStays() {
    let error = PithError(.malformedFile, "broken").inFile("a").at("b").underRule("F-1")
    #expect(error.description == "a: b: broken [F-1]")
    #expect(error.inFile("x").at("y").underRule("F-2") == error)
    #expect(error.code == .malformedFile)
  }

  /// The C header, the server and `--format json` have these numbers for ever.
  @Test func codesKeepTheirNumbers() {
    #expect(PithError.Code.allCases.map(\.rawValue) == Array(1...18))
    #expect(PithError.Code.malformedFile.rawValue == 3)
    #expect(PithError.Code.invalidGraph.rawValue == 9)
    #expect(PithError.Code.verificationFailed.rawValue == 17)
    #expect(PithError.Code.malformedNetwork.rawValue == 18)
  }
}
