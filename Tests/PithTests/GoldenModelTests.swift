import CZlib
import Pith
import PithFormat
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// Models that every later release must open and understand as this one does.
struct GoldenModelTests {
  static let all: [(name: String, contents: @Sendable () throws -> ModelContents)] = [
    ("model-cnn", { try GoldenModels.cnn() }),
    ("model-mean-image", { try GoldenModels.meanImage() }),
    ("model-i8", { try GoldenModels.int8() }),
    ("model-operations", { try GoldenModels.operations() }),
    ("model-operations-1.1", { try GoldenModels.newerOperations() }),
  ]

  @Test(arguments: all.indices) func theContentsAreWhatWasWritten(index: Int) throws {
    let (name, contents) = Self.all[index]
    let model = try Model(bytes: FormatFixtures.bytes(name))
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
    let model = try Model(bytes: FormatFixtures.bytes(name))
    let verification = try Verification(model, threads: 2)
    #expect(verification.passes, "\(verification.problems)")
    #expect(verification.identity == model.identity)
    #expect(verification.samples.map(\.origin) == model.samples.map { _ in "numpy" })
    #expect(verification.samples.allSatisfy { $0.difference <= $0.tolerance / 10 })
  }

  @Test func identitiesStay() throws {
    let identities = try Self.all.map { try Model(bytes: FormatFixtures.bytes($0.name)).identity }
    #expect(
      identities == [
        "7da1e3eb357e30fa6038c43f75539d52ac88e835ac5347449dba0be893d12df2",
        "c61a8ebf3857b4ffde478ca53c29b0feadefcde55d611ec790f947112fc25ddd",
        "53d2236ff2a71865d3e932246aa89d3536aa441e40156aa6a4d8926282cea849",
        "bc656d4f60f303e3dd83b151c3ad648d17ad0e679e3967a127318e48ef9269f2",
        "ba79a62db93745db804af6b6bcce50b42d667733df07d00f0f5054c2455f4c10",
      ])
  }

  /// What uses nothing new says so, and is the same file that the first release wrote.
  @Test func filesSayTheLowestVersionThatHasAllTheyUse() throws {
    let versions = try Self.all.map {
      try Model(bytes: FormatFixtures.bytes($0.name)).container.version.description
    }
    #expect(versions == ["1.0", "1.0", "1.0", "1.0", "1.1"])
    let written = try Self.all.map {
      try Container(bytes: $0.contents().encoded()).version.description
    }
    #expect(written == versions)
  }

  /// The files were made by another program from the specification alone.
  @Test(.enabled(if: String(cString: zlibVersion()) == "1.2.13", "made with zlib 1.2.13"))
  func theWriterMakesTheSameBytes() throws {
    for (name, contents) in Self.all {
      let weights: ElementType? = name == "model-i8" ? .int8 : nil
      #expect(try contents().encoded(weights: weights) == FormatFixtures.bytes(name), "\(name)")
    }
  }

  /// Several inputs and outputs, every operation: the plan agrees with the reference in double precision.
  @Test(arguments: [
    ("model-operations", ["softmax", "fc"]), ("model-operations-1.1", ["log", "all"]),
  ])
  func everyOperationRuns(name: String, results: [String]) throws {
    let contents = try #require(Self.all.first { $0.name == name }).contents()
    let model = try Model(bytes: FormatFixtures.bytes(name))
    var inputs: [String: Tensor] = [:]
    for (index, input) in model.graph.inputs.enumerated() {
      inputs[input.name] = try Tensor(
        shape: input.shape,
        values: GoldenModels.numbers(input.shape.count, 51 + UInt64(index), 2))
    }
    let outputs = try Session(Plan(model, threads: 1), threads: 1).run(inputs)
    let expected = try ReferenceNetwork<Double>(contents.network)
      .run(inputs.mapValues { $0.values.map(Double.init) })
    #expect(model.graph.outputs == results)
    #expect(Set(outputs.keys) == Set(results))
    for (name, tensor) in outputs {
      for (value, reference) in zip(tensor.values, expected[name] ?? []) {
        #expect(abs(Double(value) - reference) < 1e-6)
      }
    }
  }
}
