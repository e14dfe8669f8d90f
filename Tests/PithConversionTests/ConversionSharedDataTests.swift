import Foundation
import Pith
import PithConversion
import PithImage
import PithTensor
import PithTestSupport
import Testing

/// Published checkpoints against what PyTorch computes with them on the same images.
@Suite(.needsSharedData) struct ConversionSharedDataTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let recipe: Preprocessing = {
    var recipe = Preprocessing()
    recipe.range = .unit
    recipe.mean = .channel([0.485, 0.456, 0.406])
    recipe.standardDeviation = [0.229, 0.224, 0.225]
    return recipe
  }()

  private static func path(_ name: String) throws -> String { try SharedData.file(name).path }

  private static func options(_ architecture: String) -> Conversion.Options {
    var options = Conversion.Options()
    options.architecture = architecture
    options.preprocessing = recipe
    return options
  }

  /// The greatest difference from PyTorch's logits and the right answers, over the first images of the archive.
  private static func compare(
    _ model: Model, with name: String, images count: Int
  ) throws -> (difference: Float, right: Int) {
    let archive = try TarArchive(contentsOf: path("cifar10/test.tar"))
    // The logits are in the order of the names.
    let members = archive.members.filter { ImageFolder.isPNG($0.path) }
      .sorted { $0.path < $1.path }
    let reference = try NumPyFile.readArchive(
      bytes: [UInt8](contentsOf: SharedData.file("reference/cifar10-logits.npz")),
      where: { $0 == name })
    let logits = try #require(reference.first).tensor.values
    let classes = try String(contentsOfFile: path("models/cifar10_labels.txt"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let classifier = try Classifier(model, batch: 64)
    let images = try members.prefix(count).map {
      ImageSource.bytes(try archive.read($0, limit: 1 << 20))
    }
    var (difference, right): (Float, Int) = (0, 0)
    for (index, result) in classifier.outputs(of: images).enumerated() {
      let outputs = try result.get()
      for (output, expected) in zip(outputs, logits[(index * 10)...]) {
        difference = output.isNaN ? .infinity : max(difference, abs(output - expected))
      }
      let folder = try #require(members[index].path.split(separator: "/").dropLast().last)
      let best = try #require(outputs.indices.max { outputs[$0] < outputs[$1] })
      if classes[best] == folder { right += 1 }
    }
    return (difference, right)
  }

  @Test(arguments: [
    ("resnet20-12fca82f.th", "resnet20", 4051), ("resnet32-d509ac18.th", "resnet32", 4145),
  ])
  func everyLogitIsThatOfPyTorch(file: String, name: String, right: Int) throws {
    let conversion = try Conversion(
      path: Self.path("models/\(file)"), options: Self.options("\(name)-cifar"))
    let model = try Model(bytes: conversion.bytes)
    let result = try Self.compare(model, with: name, images: 5000)
    #expect(result.difference < 1e-4)
    #expect(abs(result.right - right) <= 2)
  }

  @Test(
    .needsPython("torch"),
    arguments: [("zip", ".clone()", Float(1e-4)), ("half", ".half()", 0.05)])
  func savedAnewTheAnswersStay(form: String, change: String, tolerance: Float) throws {
    let script = """
      import sys, torch
      state = torch.load(sys.argv[1], map_location='cpu', weights_only=True)['state_dict']
      torch.save({name: value\(change) for name, value in state.items()}, sys.argv[2])
      """
    let saved = folder.path("\(form).pt")
    let resaved = try Python.run([
      "-c", script, Self.path("models/resnet20-12fca82f.th"), saved,
    ])
    try #require(resaved.status == 0, "\(resaved.errors)")
    let conversion = try Conversion(path: saved, options: Self.options("resnet20-cifar"))
    let model = try Model(bytes: conversion.bytes)
    #expect(try Verification(model).passes)
    let result = try Self.compare(model, with: "resnet20", images: 500)
    #expect(result.difference < tolerance)
  }

  @Test func theNumberOfClassesComesFromTheTensorsAndEverythingWrongIsListedAtOnce() throws {
    #expect {
      _ = try Conversion(
        path: Self.path("models/resnet20-12fca82f.th"), options: Self.options("resnet32-cifar"))
    } throws: { error in
      let text = "\(error)"
      return text.contains("missing: 'layer1.3.conv1.weight' of shape 16x16x3x3")
        && text.contains("missing: 'layer3.4.bn2.running_var' of shape 64")
    }
  }
}
