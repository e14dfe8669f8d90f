import Glibc
import Pith
import PithThreads

/// What `bench` measured.
struct BenchReport {
  /// One step of the plan.
  struct Step {
    let layers: [String]
    let kernel: String
    /// The least time of a run of the whole batch.
    let seconds: Double
    /// For one image.
    let multiplyAdds: Int

    init(_ step: Plan.Step, seconds: Double) {
      layers = step.layers
      kernel = step.kernel
      self.seconds = seconds
      multiplyAdds = step.multiplyAdds
    }
  }

  /// What `--layers` asks for.
  struct Layers {
    let steps: [Step]
    let peak: PeakSpeed
  }

  /// What is planned, in bytes.
  struct Memory {
    let weights: Int
    /// Scratch included.
    let activations: Int
    let scratch: Int

    init(_ session: Session) {
      weights = session.plan.weightBytes
      scratch = session.scratchBytes
      activations = session.activationBytes + scratch
    }
  }

  let threads: Int
  let batch: Int
  /// Seconds, shortest first; not empty.
  let times: [Double]
  let load: Double
  let plan: Double
  let memory: Memory
  /// Nil when they were not asked for.
  let layers: Layers?

  private var median: Double {
    let middle = times.count / 2
    return times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
  }

  /// Nine of ten runs take no longer (nearest rank).
  private var ninetieth: Double { times[(times.count * 9 + 9) / 10 - 1] }

  var text: String {
    func milliseconds(_ seconds: Double) -> String { Decimal.fixed(1000 * seconds, 3) + " ms" }
    func megabytes(_ bytes: Int) -> String { Decimal.fixed(Double(bytes) / 1e6, 1) + " MB" }
    var table = TextTable([.left, .right])
    table.add(["median", milliseconds(median)])
    table.add(["p90", milliseconds(ninetieth)])
    table.add(["min", milliseconds(times[0])])
    table.add(["images/s", Decimal.fixed(Double(batch) / median, 1)])
    table.add(["load", milliseconds(load)])
    table.add(["plan", milliseconds(plan)])
    table.add(["peak memory", megabytes(PeakMemory.bytes)])
    table.add(["weights", megabytes(memory.weights)])
    table.add([
      "activations",
      "\(megabytes(memory.activations)), \(megabytes(memory.scratch)) of them scratch",
    ])
    return
      "\(Plural.text(threads, "thread")), batch \(batch), \(Plural.text(times.count, "run"))\n\(table.text)\(stepText)"
  }

  private var stepText: String {
    guard let layers else { return "" }
    let total = layers.steps.reduce(0) { $0 + $1.seconds }
    var table = TextTable([.left, .left, .right, .right, .right, .right])
    table.add(["step", "kernel", "min ms", "share", "GFLOP/s", "of peak"])
    for step in layers.steps {
      table.add([
        step.layers.joined(separator: " + "), step.kernel, Decimal.fixed(1000 * step.seconds, 3),
        Decimal.percent(step.seconds / total),
        speed(step).map { Decimal.fixed($0 / 1e9, 1) } ?? "",
        speed(step).map { Decimal.percent($0 / layers.peak.operationsPerSecond) } ?? "",
      ])
    }
    let peak = Decimal.fixed(layers.peak.operationsPerSecond / 1e9, 1)
    return
      "\n\(table.text)\npeak  \(peak) GFLOP/s, \(Plural.text(threads, "thread")) of \(layers.peak.kernelName)\n"
  }

  /// Operations a second, two for each multiplication with an addition; nil for a step that has none.
  private func speed(_ step: Step) -> Double? {
    guard step.multiplyAdds > 0, step.seconds > 0 else { return nil }
    return 2 * Double(step.multiplyAdds * batch) / step.seconds
  }

  var json: JSON {
    .object(
      [
        ("threads", .integer(threads)), ("batch", .integer(batch)),
        ("iterations", .integer(times.count)), ("median_ms", Self.milliseconds(median)),
        ("p90_ms", Self.milliseconds(ninetieth)), ("min_ms", Self.milliseconds(times[0])),
        ("load_ms", Self.milliseconds(load)), ("plan_ms", Self.milliseconds(plan)),
        ("peak_rss_bytes", .integer(PeakMemory.bytes)), ("weight_bytes", .integer(memory.weights)),
        ("activation_bytes", .integer(memory.activations)),
        ("scratch_bytes", .integer(memory.scratch)),
      ] + (layers.map(json) ?? []))
  }

  private func json(_ layers: Layers) -> [(String, JSON)] {
    let peak = layers.peak.operationsPerSecond
    let steps = layers.steps.map { step in
      JSON.object([
        ("layers", .array(step.layers.map { .string($0) })), ("kernel", .string(step.kernel)),
        ("min_ms", Self.milliseconds(step.seconds)),
        ("gflops", speed(step).map { Self.tenths($0 / 1e9) } ?? .null),
        ("peak_percent", speed(step).map { Self.tenths(100 * $0 / peak) } ?? .null),
      ])
    }
    return [
      ("peak_gflops", Self.tenths(peak / 1e9)), ("peak_kernel", .string(layers.peak.kernelName)),
      ("layers", .array(steps)),
    ]
  }

  private static func tenths(_ value: Double) -> JSON { .double((value * 10).rounded() / 10) }

  /// To the nearest microsecond.
  private static func milliseconds(_ seconds: Double) -> JSON {
    .double((seconds * 1e6).rounded() / 1000)
  }
}
