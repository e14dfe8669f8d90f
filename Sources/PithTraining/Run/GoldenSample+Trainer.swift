import Pith
import PithGraph
import PithImage
import PithTensor

extension GoldenSample {
  /// An image with the logits that the trainer computed for it. The tolerance is a ten-thousandth of the largest, or of 1.
  init(name: String, png: [UInt8], logits: [Float]) {
    self.init(
      name: name, png: png, expected: logits, origin: "pith trainer \(PithVersion.current)",
      tolerance: 1e-4 * max(1, logits.reduce(0) { max($0, abs($1)) }))
  }
}

extension TrainingCheckpoint {
  /// Replaces the samples by other images, with the logits that the trainer computes for them.
  ///
  /// - Throws: ``PithError`` with the image's name when it cannot be read, or the recipe does not make the network's input of it.
  mutating func replaceSamples(by images: [(name: String, png: [UInt8])]) throws {
    var options = TrainingOptions()
    options.imagesPerPass = 1
    let trainer = try Trainer(
      graph, parameters: tensors, classes: labels.count, options: options)
    let input = trainer.plan.graph.graph.inputs[0].shape
    let plan = try PreprocessingPlan(preprocessing, input: input)
    var scratch = PreprocessingScratch()
    let values = ScalarBuffer<Float>(count: input.count)
    let target = UnsafeMutableBufferPointer(start: values.start, count: input.count)
    samples = try images.map { image in
      do {
        _ = try image.png.withUnsafeBytes { try plan.run(png: $0, &scratch, into: target) }
      } catch let error as PithError {
        throw error.inFile(image.name)
      }
      let report = try trainer.evaluate(UnsafeBufferPointer(target), [0])
      return GoldenSample(name: image.name, png: image.png, logits: report.logits)
    }
  }
}
