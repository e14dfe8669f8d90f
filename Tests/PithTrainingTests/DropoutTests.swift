import PithGraph
import PithThreads
import PithTraining
import Testing

@Suite struct DropoutTests {
  private static let count = 4096

  /// The outputs of a dropout layer for ones.
  private func outputs(
    rate: Double, images: Int = 1, name: String = "drop", _ pass: TrainingPass
  ) throws -> [Float] {
    let graph = try Graph(text: "input x: [\(Self.count)]\n\(name) = dropout rate: \(rate)")
    let plan = try TrainingPlan<Float>(graph, batch: images, inputGradients: true)
    let session = TrainingSession(plan, pool: ThreadPool(threads: 2))
    let ones = [Float](repeating: 1, count: Self.count * images)
    return try ones.withUnsafeBufferPointer { ones in
      let result = session.forward([try #require(ones.baseAddress)], images: images, pass: pass)
      return Array(UnsafeBufferPointer(start: result, count: ones.count))
    }
  }

  @Test(arguments: [0.1, 0.5, 0.8])
  func theRateIsKeptAndTheMeanStays(rate: Double) throws {
    let values = try outputs(rate: rate, images: 8, TrainingPass(isTraining: true, seed: 3))
    let dropped = Double(values.count { $0 == 0 }) / Double(values.count)
    // Three standard deviations of 32,768 draws.
    #expect(abs(dropped - rate) < 3 * (rate * (1 - rate) / 32768).squareRoot())
    #expect(Set(values) == [0, Float(1 / (1 - rate))])
  }

  @Test func whatIsDroppedFollowsFromSeedStepLayerAndPosition() throws {
    let base = try outputs(rate: 0.5, TrainingPass(isTraining: true, seed: 1, step: 2))
    #expect(try outputs(rate: 0.5, TrainingPass(isTraining: true, seed: 1, step: 2)) == base)
    #expect(try outputs(rate: 0.5, TrainingPass(isTraining: true, seed: 2, step: 2)) != base)
    #expect(try outputs(rate: 0.5, TrainingPass(isTraining: true, seed: 1, step: 3)) != base)
    #expect(
      try outputs(rate: 0.5, name: "other", TrainingPass(isTraining: true, seed: 1, step: 2))
        != base)
    let two = try outputs(rate: 0.5, images: 2, TrainingPass(isTraining: true, seed: 1, step: 2))
    #expect(Array(two[..<Self.count]) == base)
    let second = try outputs(
      rate: 0.5, TrainingPass(isTraining: true, seed: 1, step: 2, firstImage: 1))
    #expect(Array(two[Self.count...]) == second)
  }

  @Test func evaluatingDropsNothing() throws {
    let values = try outputs(rate: 0.5, TrainingPass(isTraining: false))
    #expect(values == [Float](repeating: 1, count: Self.count))
  }

  @Test func aRateOfOneDropsEverything() throws {
    let values = try outputs(rate: 1, TrainingPass(isTraining: true))
    #expect(values == [Float](repeating: 0, count: Self.count))
  }
}
