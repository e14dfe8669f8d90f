import CInstructionCounter
import Foundation
import Pith
import PithGraph
import PithKernels
import PithTensor
import PithTestSupport
import Testing

/// Layers may not take more instructions than they did when `Fixtures/instructions.txt` was written: whatever makes a kernel
/// do more work fails here, on a busy machine as on an idle one.
@Suite struct InstructionCountTests {
  /// Whether this system lets a process be run instruction by instruction.
  static let canCount = instruction_count({ _ in }, nil) > 0

  @Test(
    .enabled(
      if: canCount, "this system does not let a process trace its child, so nothing is counted"),
    arguments: InstructionBound.all.filter(\.kernels.isAvailable))
  func layersTakeNoMoreInstructionsThanTheyDid(_ bound: InstructionBound) throws {
    let layer = try #require(Self.layers[bound.layer])
    let counted = try Self.count(layer, kernels: bound.kernels)
    #expect(
      counted <= bound.instructions,
      "\(bound.layer) with \(bound.kernels.rawValue): \(counted) instructions for each \(layer.unit), at most \(bound.instructions) are allowed"
    )
    // A bound far above what is counted would let a slower kernel pass.
    #expect(
      counted >= 0.5 * bound.instructions,
      "\(bound.layer) with \(bound.kernels.rawValue): only \(counted) instructions for each \(layer.unit); write a lower bound than \(bound.instructions)"
    )
  }

  @Test func everyLayerHasABoundForEveryKindOfVectorKernels() {
    for kernels in [InstructionSet.avx2, .avx512] {
      let bounds = InstructionBound.all.filter { $0.kernels == kernels }
      #expect(Set(bounds.map(\.layer)) == Set(Self.layers.keys), "\(kernels.rawValue)")
    }
  }

  /// The count itself: twice the work is twice the instructions, and no other process disturbs it.
  @Test(.enabled(if: canCount, "this system does not let a process trace its child"))
  func countsAreExact() {
    func count(_ repetitions: Int) -> Int {
      var repetitions = repetitions
      return instruction_count(
        { context in
          guard let repetitions = context?.load(as: Int.self) else { return }
          var value = 1.0
          for _ in 0..<repetitions { value = value.squareRoot() + 1 }
          if value < 0 { abort() }
        }, &repetitions)
    }
    let (some, more, most) = (count(100), count(200), count(300))
    #expect(some > 200)
    #expect(most - more == more - some)
    #expect(count(100) == some)
  }

  @Test(.enabled(if: canCount, "this system does not let a process trace its child"))
  func aCrashIsNoCount() {
    #expect(instruction_count({ _ in abort() }, nil) == -2)
  }

  /// One layer, small enough to be stepped through.
  private struct MeasuredLayer {
    let operation: Pith.Operation
    let input: Shape
    var isExact = false
    /// What instructions are counted for: a multiplication with an addition, or a value of the output.
    let unit: String
  }

  private static let layers: [String: MeasuredLayer] = {
    func convolution(
      _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, _ input: Shape,
      isExact: Bool = false
    ) -> MeasuredLayer {
      MeasuredLayer(
        operation: .convolution(
          Convolution(
            outputs: outputs, kernel: Extent(kernel), stride: Extent(stride),
            padding: Padding(kernel / 2), groups: groups)),
        input: input, isExact: isExact, unit: "multiplication with an addition")
    }
    return [
      "first_7x7": convolution(16, kernel: 7, stride: 2, [3, 16, 16]),
      "direct_3x3": convolution(16, kernel: 3, [16, 12, 12], isExact: true),
      "winograd_3x3": convolution(32, kernel: 3, [32, 12, 12]),
      "strided_3x3": convolution(16, kernel: 3, stride: 2, [16, 16, 16]),
      "pointwise": convolution(32, kernel: 1, [32, 14, 14]),
      "depthwise_3x3": convolution(16, kernel: 3, groups: 16, [16, 14, 14]),
      "depthwise_5x5": convolution(16, kernel: 5, groups: 16, [16, 14, 14]),
      "fully_connected": MeasuredLayer(
        operation: .fullyConnected(FullyConnected(outputs: 128)), input: [256],
        unit: "multiplication with an addition"),
      "max_pool_3x3": MeasuredLayer(
        operation: .maxPool(
          MaxPool(Window(kernel: Extent(3), stride: Extent(2), padding: Padding(1)))),
        input: [16, 28, 28], unit: "value"),
      "sigmoid": MeasuredLayer(operation: .sigmoid, input: [16, 14, 14], unit: "value"),
    ]
  }()

  /// The instructions of one run of a layer, on one thread, by its multiplications, else by its values.
  private static func count(_ layer: MeasuredLayer, kernels: InstructionSet) throws -> Double {
    let graph = Graph(
      inputs: [Graph.Input("image", shape: layer.input)],
      layers: [Layer("layer", layer.operation, inputs: ["image"])], outputs: ["layer"])
    let plan = try Plan(
      RandomNetwork.network(graph, seed: 1), kernels: KernelSet(kernels), isExact: layer.isExact)
    let run = Run(plan)
    // What is allocated or looked up once is.
    run.run()
    let instructions = instruction_count(
      { context in
        guard let context else { return }
        Unmanaged<Run>.fromOpaque(context).takeUnretainedValue().run()
      }, Unmanaged.passUnretained(run).toOpaque())
    try #require(instructions > 0)
    let multiplyAdds = plan.steps.reduce(0) { $0 + $1.multiplyAdds }
    let units = multiplyAdds > 0 ? multiplyAdds : plan.outputs[0].shape.count
    return Double(instructions) / Double(units)
  }

  /// A session with its input and output.
  private final class Run {
    private let session: Session
    private let input: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<Float>
    private let inputs: [UnsafePointer<Float>]
    private let outputs: [UnsafeMutablePointer<Float>]

    init(_ plan: Plan) {
      session = Session(plan, threads: 1)
      let (inputCount, outputCount) = (plan.inputs[0].shape.count, plan.outputs[0].shape.count)
      input = .allocate(capacity: inputCount)
      input.initialize(repeating: 0.5, count: inputCount)
      output = .allocate(capacity: outputCount)
      output.initialize(repeating: 0, count: outputCount)
      inputs = [UnsafePointer(input)]
      outputs = [output]
    }

    deinit {
      input.deallocate()
      output.deallocate()
    }

    func run() { session.run(images: 1, inputs: inputs, outputs: outputs) }
  }
}

/// A row of `Fixtures/instructions.txt`.
struct InstructionBound: CustomTestStringConvertible, Sendable {
  let layer: String
  let kernels: InstructionSet
  /// The most that are allowed for each multiplication with an addition, or for each value of a layer that has none.
  let instructions: Double

  var testDescription: String { "\(layer) with \(kernels.rawValue)" }

  static let all: [InstructionBound] = {
    do {
      return try Repository.text("Fixtures/instructions.txt").split(separator: "\n")
        .filter { !$0.hasPrefix("#") }.map { line in
          let words = line.split(separator: " ")
          guard words.count == 3, let kernels = InstructionSet(rawValue: String(words[1])),
            let instructions = Double(words[2])
          else { throw PithError(.invalidValue, "'\(line)' is not a bound") }
          return InstructionBound(
            layer: String(words[0]), kernels: kernels, instructions: instructions)
        }
    } catch {
      fatalError("Fixtures/instructions.txt cannot be read: \(error)")
    }
  }()
}
