import PithGraph
import PithTensor
import PithTraining
import Testing

@Suite struct InitializerTests {
  private static let text = """
    input image: [8, 6, 6]
    conv = convolution outputs: 64 kernel: 3 groups: 2
    bn = batch_norm
    act = prelu
    flatten
    fc = fully_connected outputs: 10
    """

  private func parameters(_ initializer: Initializer, seed: UInt64 = 1) throws -> [String: [Float]]
  {
    let plan = try TrainingPlan<Float>(Graph(text: Self.text), batch: 1)
    return Dictionary(
      uniqueKeysWithValues: plan.parameters.map {
        ($0.name, initializer.values(for: $0, seed: seed))
      })
  }

  /// The variance about 0.
  private func variance(_ values: [Float]?) -> Double {
    let values = values ?? []
    return values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
  }

  @Test func variancesAreThoseOfTheFormulas() throws {
    // conv: fan in 4 * 9, fan out 64 * 9, 2,304 weights; fc: fan in 1024, fan out 10, 10,240 weights.
    let he = try parameters(.he)
    #expect(abs(variance(he["conv.weight"]) * 36 / 2 - 1) < 0.1)
    #expect(abs(variance(he["fc.weight"]) * 1024 / 2 - 1) < 0.05)
    let xavier = try parameters(.xavier)
    #expect(abs(variance(xavier["conv.weight"]) * (36 + 576) / 2 - 1) < 0.1)
    #expect(abs(variance(xavier["fc.weight"]) * (1024 + 10) / 2 - 1) < 0.05)
    let bound = Float((6.0 / (36 + 576)).squareRoot())
    #expect(xavier["conv.weight"]?.allSatisfy { abs($0) <= bound } == true)
    #expect(xavier["conv.weight"]?.contains { abs($0) > 0.98 * bound } == true)
    #expect(abs(variance(try parameters(.smallGaussian)["fc.weight"]) * 1e4 - 1) < 0.05)
    #expect(abs(variance(try parameters(.largeGaussian)["fc.weight"]) - 1) < 0.05)
    #expect(try parameters(.zeros)["fc.weight"] == [Float](repeating: 0, count: 10240))
    #expect(try parameters(.constant(0.5))["conv.weight"] == [Float](repeating: 0.5, count: 2304))
  }

  @Test func everythingElseStartsAsItShould() throws {
    let all = try parameters(.he)
    #expect(all["conv.bias"] == [Float](repeating: 0, count: 64))
    #expect(all["bn.weight"] == [Float](repeating: 1, count: 64))
    #expect(all["bn.bias"] == [Float](repeating: 0, count: 64))
    #expect(all["bn.running_mean"] == [Float](repeating: 0, count: 64))
    #expect(all["bn.running_var"] == [Float](repeating: 1, count: 64))
    #expect(all["act.weight"] == [Float](repeating: 0.25, count: 64))
  }

  @Test func weightsFollowFromSeedAndName() throws {
    #expect(try parameters(.he) == parameters(.he))
    #expect(try parameters(.he)["fc.weight"] != parameters(.he, seed: 2)["fc.weight"])
    // Another network with the same layer.
    let plan = try TrainingPlan<Float>(
      Graph(
        text:
          "input x: [2, 4, 4]\nfirst = convolution outputs: 1024 kernel: 4\nflatten\nfc = fully_connected outputs: 10"
      ),
      batch: 1)
    let fc = try #require(plan.parameters.first { $0.name == "fc.weight" })
    #expect(Initializer.he.values(for: fc, seed: 1) == (try parameters(.he)["fc.weight"]))
  }
}
