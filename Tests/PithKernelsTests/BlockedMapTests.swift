import Glibc
import PithKernels
import PithTensor
import Testing

@Suite struct BlockedMapTests {
  /// One function of single values: how to call it, and what it is measured by.
  private struct Map {
    let name: String
    let function: KernelOperation.Function
    let run: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  }

  private static func maps(_ kernels: BlockedKernelSet) -> [Map] {
    let slope = Double(Float(0.2))
    return [
      Map(name: "clip", function: .clip(minimum: -1, maximum: 6)) {
        kernels.clip($0, $1, -1, 6, $2)
      },
      Map(name: "leaky ReLU", function: .leakyReLU(slope: slope)) {
        kernels.leakyReLU($0, $1, 0.2, $2)
      },
      Map(name: "ELU", function: .elu(alpha: 1.5)) { kernels.elu($0, $1, 1.5, $2) },
      Map(name: "sigmoid", function: .sigmoid) { kernels.sigmoid($0, $1, $2) },
      Map(name: "hard sigmoid", function: .hardSigmoid(slope: slope, offset: 0.5)) {
        kernels.hardSigmoid($0, $1, 0.2, 0.5, $2)
      },
      Map(name: "hard swish", function: .hardSwish) { kernels.hardSwish($0, $1, $2) },
      Map(name: "SiLU", function: .silu) { kernels.silu($0, $1, $2) },
      Map(name: "GELU", function: .gelu) { kernels.gelu($0, $1, $2) },
      Map(name: "approximate GELU", function: .approximateGELU) {
        kernels.approximateGELU($0, $1, $2)
      },
      Map(name: "erf", function: .erf) { kernels.erf($0, $1, $2) },
      Map(name: "tanh", function: .tanh) { kernels.tanh($0, $1, $2) },
    ]
  }

  /// Every region of binary32 in which some function changes, and what is not finite.
  private static let arguments: [Float] = {
    var values: [Float] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude]
    values += stride(from: -110, through: 110, by: 0.001).map { Float($0) }
    values += stride(from: -1, through: 1, by: 0.00003).map { Float($0) }
    for exponent in stride(from: -40, through: 38.5, by: 0.01) {
      values += [Float(pow(10, exponent)), Float(-pow(10, exponent))]
    }
    return values + [.greatestFiniteMagnitude, -.greatestFiniteMagnitude]
  }()

  private static func result(_ map: Map, _ x: [Float]) -> [Float] {
    let (input, output) = (GuardedMemory(x), GuardedMemory<Float>(repeating: 77, count: x.count))
    map.run(x.count, input.base, output.base)
    return output.elements
  }

  @Test(arguments: BlockedKernelSet.available) func functionsMatchDoublePrecision(
    _ kernels: BlockedKernelSet
  ) {
    let x = Self.arguments
    for map in Self.maps(kernels) {
      let expected = referenceRun(
        .map(map.function, count: x.count), [x.map(Double.init)], count: x.count)
      var worst = (error: 0.0, index: 0)
      for (index, (found, expected)) in zip(Self.result(map, x), expected).enumerated() {
        let rounded = Float(expected)
        if !rounded.isFinite {
          #expect(
            found == rounded || (found.isNaN && rounded.isNaN),
            "\(kernels.testDescription) \(map.name)(\(x[index])) is \(found), not \(expected)")
          continue
        }
        let error =
          found.isNaN
          ? .infinity : abs(Double(found) - expected) / max(2e-7 * abs(expected), 1e-7)
        if error > worst.error { worst = (error, index) }
      }
      #expect(
        worst.error <= 1,
        "\(kernels.testDescription) \(map.name)(\(x[worst.index])): \(worst.error) of the bound")
    }
  }

  /// No absolute error is allowed where a value is small.
  @Test(arguments: BlockedKernelSet.available) func smallValuesKeepTheirRelativeError(
    _ kernels: BlockedKernelSet
  ) {
    let x = Self.arguments.filter { (1e-30..<0.3).contains(abs($0)) }
    for map in Self.maps(kernels) where ["tanh", "erf", "ELU", "SiLU", "GELU"].contains(map.name) {
      let expected = referenceRun(
        .map(map.function, count: x.count), [x.map(Double.init)], count: x.count)
      for ((x, found), expected) in zip(zip(x, Self.result(map, x)), expected)
      where !(abs(Double(found) - expected) <= 2.5e-7 * abs(expected)) {
        Issue.record("\(kernels.testDescription) \(map.name)(\(x)) is \(found), not \(expected)")
        break
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func everyLengthAndPlaceGivesTheSameValues(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 74)
    let x = (0..<75).map { _ in 12 * random.uniform() - 6 }
    for map in Self.maps(kernels) {
      let whole = Self.result(map, x)
      for count in 0..<x.count {
        for side in GuardSide.allCases {
          let memory = GuardedMemory(Array(x[..<count]), guardAt: side)
          map.run(count, memory.base, memory.base)
          #expect(
            memory.elements == Array(whole[..<count]),
            "\(kernels.testDescription) \(map.name) of \(count)")
        }
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func softmaxMatchesDoublePrecision(
    _ kernels: BlockedKernelSet
  ) {
    var random = SeededRandom(seed: 75)
    for count in Array(1...70) + [1000, 1001] {
      for spread: Float in [1, 20, 200] {
        let x = (0..<count).map { _ in spread * (2 * random.uniform() - 1) }
        let expected = referenceRun(
          .softmax(outer: 1, axis: count, inner: 1), [x.map(Double.init)], count: count)
        for side in GuardSide.allCases {
          let memory = GuardedMemory(x, guardAt: side)
          kernels.softmax(count, memory.base, memory.base)
          for (found, expected) in zip(memory.elements, expected) {
            #expect(
              abs(Double(found) - expected) <= max(2e-7 * expected, 1e-7),
              "\(kernels.testDescription) of \(count) values up to \(spread)")
          }
        }
      }
    }
  }

  @Test(arguments: BlockedKernelSet.available) func softmaxOfWhatIsNotFinite(
    _ kernels: BlockedKernelSet
  ) {
    func softmax(_ x: [Float]) -> [Float] {
      var y = x
      kernels.softmax(x.count, x, &y)
      return y
    }
    for count in [3, 8, 21] {
      let ones = [Float](repeating: 1, count: count)
      for place in [0, count - 1] {
        var x = ones
        x[place] = .nan
        #expect(softmax(x).allSatisfy { $0.isNaN })
        x[place] = .infinity
        #expect(softmax(x).allSatisfy { $0.isNaN })
        x[place] = -.infinity
        #expect(softmax(x)[place] == 0)
        #expect(abs(softmax(x)[1] - 1 / Float(count - 1)) < 1e-7)
      }
      #expect(softmax(ones.map { _ in -.infinity }).allSatisfy { $0.isNaN })
    }
  }
}
