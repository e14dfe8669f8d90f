import Foundation
import Pith
import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// A published ONNX model with real weights, on real photographs, against onnxruntime.
@Suite(.needsSharedData) struct SqueezeNetTests {
  /// What onnxruntime gives for a photograph.
  private struct Reference: Decodable {
    struct Class: Decodable {
      let index: Int
      let label: String
      let score: Float
    }

    let image: String
    let top5: [Class]
  }

  private static func conversion() throws -> Conversion {
    var recipe = Preprocessing()
    recipe.color = .bgr
    recipe.resize = .exact(Preprocessing.Size(height: 227, width: 227))
    recipe.mean = .channel([104, 117, 123])
    var options = Conversion.Options()
    options.preprocessing = recipe
    options.labels = try String(
      contentsOf: SharedData.file("models/imagenet_labels.txt"), encoding: .utf8
    )
    .split(separator: "\n").map(String.init)
    return try Conversion(
      path: SharedData.file("models/squeezenet_v1.1.onnx").path, options: options)
  }

  @Test func theTopFiveOfEveryPhotographAreThoseOfOnnxruntime() throws {
    let references = try JSONDecoder().decode(
      [Reference].self, from: Data(contentsOf: SharedData.file("reference/squeezenet.json")))
    #expect(references.count == 23)
    let classifier = try Classifier(Model(bytes: Self.conversion().bytes))
    for reference in references {
      let png = try [UInt8](contentsOf: SharedData.file("images/\(reference.image)"))
      let predictions = try classifier.classify(pngBytes: png, top: 5)
      for (place, expected) in reference.top5.enumerated() {
        let found = predictions[place]
        // Classes whose scores differ by less than 1e-4 there may change places.
        let rivals = reference.top5.filter { abs($0.score - expected.score) < 1e-4 }
        let match = try #require(
          rivals.first { $0.index == found.index },
          "\(reference.image), place \(place): \(found.label ?? "") instead of \(expected.label)")
        #expect(found.label == match.label)
        #expect(abs(found.score - match.score) <= 2e-3, "\(reference.image), \(match.label)")
      }
    }
  }

  @Test func theEndOfTheGraphSaysThatTheOutputsAreProbabilities() throws {
    let conversion = try Self.conversion()
    #expect(conversion.contents.output == .probabilities)
    #expect(
      conversion.notes.contains("the graph ends in a softmax: the outputs are probabilities"))
  }

  @Test func anotherMeaningIsRefused() throws {
    var options = Conversion.Options()
    options.withoutPreprocessing = true
    options.output = .logits
    let path = try SharedData.file("models/squeezenet_v1.1.onnx").path
    let error = try #require(throws: PithError.self) {
      try Conversion(path: path, options: options)
    }
    #expect(
      error.description
        == "\(path): the graph ends in a softmax: the outputs are probabilities, but --output says logits; leave --output out"
    )
  }
}
