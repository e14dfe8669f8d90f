import CZlib
import Pith
import PithGraph
import PithTensor
import Testing

/// Models that every later release must open and understand as this one does.
struct GoldenModelTests {
  static let all: [(name: String, contents: @Sendable () throws -> ModelContents)] = [
    ("model-cnn", { try GoldenModels.cnn() }),
    ("model-mean-image", { try GoldenModels.meanImage() }),
    ("model-i8", { try GoldenModels.int8() }),
    ("model-operations", { try GoldenModels.operations() }),
  ]

  @Test(arguments: all.indices) func theContentsAreWhatWasWritten(index: Int) throws {
    let (name, contents) = Self.all[index]
    let model = try Model(bytes: ModelFixtures.golden(name))
    let expected = try contents()
    #expect(model.graph == expected.graph)
    #expect(model.preprocessing == expected.preprocessing)
    #expect(model.output == expected.output)
    #expect(model.labels == expected.labels)
    #expect(model.samples == expected.samples)
    #expect(model.provenance == expected.provenance)
    for (tensor, source) in expected.parameters {
      let read = try model.tensor(named: tensor)
      #expect(read.shape == source.tensor.shape)
      #expect(model.container.entry(named: tensor)?.logicalType == source.type)
      guard model.container.entry(named: tensor)?.storedType == .int8 else {
        #expect(read.values.map(\.bitPattern) == source.tensor.values.map(\.bitPattern))
        continue
      }
      // Half a step of the coarser of the two scales.
      for (value, old) in zip(read.values, source.tensor.values) {
        #expect(abs(value - old) <= 0.01 / 127 * 0.50001)
      }
    }
  }

  @Test(arguments: all.map(\.name)) func verificationPasses(name: String) throws {
    let model = try Model(bytes: ModelFixtures.golden(name))
    let verification = try Verification(model, threads: 2)
    #expect(verification.passes, "\(verification.problems)")
    #expect(verification.identity == model.identity)
    #expect(verification.samples.map(\.origin) == model.samples.map { _ in "numpy" })
    #expect(verification.samples.allSatisfy { $0.difference <= $0.tolerance / 10 })
  }

  @Test func identitiesStay() throws {
    let identities = try Self.all.map { try Model(bytes: ModelFixtures.golden($0.name)).identity }
    #expect(
      identities == [
        "7da1e3eb357e30fa6038c43f75539d52ac88e835ac5347449dba0be893d12df2",
        "c61a8ebf3857b4ffde478ca53c29b0feadefcde55d611ec790f947112fc25ddd",
        "53d2236ff2a71865d3e932246aa89d3536aa441e40156aa6a4d8926282cea849",
        "bc656d4f60f303e3dd83b151c3ad648d17ad0e679e3967a127318e48ef9269f2",
      ])
  }

  /// The files were made by another program from the specification alone.
  @Test(.enabled(if: String(cString: zlibVersion()) == "1.2.13", "made with zlib 1.2.13"))
  func theWriterMakesTheSameBytes() throws {
    for (name, contents) in Self.all {
      let weights: ElementType? = name == "model-i8" ? .int8 : nil
      #expect(try contents().encoded(weights: weights) == ModelFixtures.golden(name), "\(name)")
    }
  }

  /// Two inputs, two outputs, every operation: the plan agrees with the reference in double precision.
  @Test func everyOperationRuns() throws {
    let contents = try GoldenModels.operations()
    let model = try Model(bytes: ModelFixtures.golden("model-operations"))
    let inputs = [
      "image": GoldenModels.numbers(72, 51, 2), "scale": GoldenModels.numbers(4, 52, 2),
    ]
    let outputs = try Session(Plan(model, threads: 1), threads: 1).run([
      "image": Tensor(shape: [2, 6, 6], values: inputs["image"] ?? []),
      "scale": Tensor(shape: [4, 1, 1], values: inputs["scale"] ?? []),
    ])
    let expected = try ReferenceNetwork<Double>(contents.network)
      .run(inputs.mapValues { $0.map(Double.init) })
    #expect(Set(outputs.keys) == ["softmax", "fc"])
    for (name, tensor) in outputs {
      for (value, reference) in zip(tensor.values, expected[name] ?? []) {
        #expect(abs(Double(value) - reference) < 1e-6)
      }
    }
  }
}
