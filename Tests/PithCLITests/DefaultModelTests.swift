import Foundation
import Pith
import PithTestSupport
import Testing

/// The model that the command carries is one of its own trainer, and as good as the README says.
@Suite struct DefaultModelTests {
  private static let path = "Sources/CPithDefaultModel/default.pith"

  @Test func itIsSmallAndTrainedHere() throws {
    let bytes = try Repository.bytes(Self.path)
    #expect(bytes.count <= 1_000_000)
    let facts = Dictionary(
      try Model(bytes: bytes).provenance.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    #expect(facts["architecture"] == "resnet20-cifar")
    #expect(facts["source"]?.hasPrefix("pith train ") == true)
    #expect(facts["training"]?.hasPrefix("60 of 60 epochs, ") == true)
    // The options are the defaults, which the run's report has too.
    let report = try Repository.text("tools/default-model/report.html")
    for setting in try #require(facts["training"]).components(separatedBy: ", ").dropFirst() {
      guard let space = setting.firstIndex(of: " ") else { continue }
      let row =
        "<tr><td class=\"l\">\(setting[..<space])</td><td class=\"l\">\(setting[setting.index(after: space)...])</td></tr>"
      #expect(report.contains(row), "\(row)")
    }
  }

  @Test(.needsSharedData)
  func itIsRightAsOftenAsTheReadmeSays() throws {
    let said = try #require(
      try Repository.text("README.md").firstMatch(of: /([0-9,]+) of the 5,000 test images/))
    let correct = try #require(Int(said.output.1.replacing(",", with: "")))
    let outcome = try TemporaryFolder().pith(
      "evaluate", Repository.path(Self.path), SharedData.file("cifar10/test.tar").path,
      "--format", "json", "--quiet")
    #expect(outcome.status == 0)
    let report = try #require(try json(outcome.output) as? [String: Any])
    #expect(report["images"] as? Int == 5000)
    // Two kinds of kernels may round an image or two to the other side.
    #expect(abs(try #require(report["correct"] as? Int) - correct) <= 3)
    #expect(abs(try #require(report["cross_entropy"] as? Double) - 0.429) < 0.001)
    #expect(abs(try #require(report["information_bits"] as? Double) - 2.70) < 0.006)
  }
}
