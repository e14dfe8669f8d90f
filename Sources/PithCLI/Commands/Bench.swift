import ArgumentParser
import Pith
import PithGraph
import PithKernels
import PithThreads

/// `pith bench`: how long a model takes.
struct Bench: Subcommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how long a model takes.",
    discussion: """
      Runs random inputs through the network; no images are decoded. Times are of one run of the whole batch. \
      load is opening and checking the file, plan is decoding and preparing the weights. Weights are what they take as \
      they are laid out, activations those of a batch, of which scratch is what each thread has for itself.

      --layers counts two operations for each multiplication with an addition of the plain sum, whatever the kernel \
      computes: Winograd's needs up to five times fewer and may pass 100 %. The peak is that of a loop of such \
      operations in registers, with the same instruction set on as many threads, measured between the runs: the best \
      of many short rounds.

      json  {"threads":1,"batch":1,"iterations":N,"median_ms":..,"p90_ms":..,"min_ms":..,"load_ms":..,\
      "plan_ms":..,"peak_rss_bytes":..,"weight_bytes":..,"activation_bytes":..,"scratch_bytes":..}; with --layers also "peak_gflops":..,"peak_kernel":"..",\
      "layers":[{"layers":[...],"kernel":"..","min_ms":..,"gflops":..,"peak_percent":..},...], a row for each step of the \
      plan, which may compute several layers; a step without multiplications has null for the last two.
      """)

  /// Without --iterations: at least this many, and for this many seconds.
  private static let (leastIterations, seconds) = (5, 3.0)

  @Argument(help: ArgumentHelp("A Pith file.", valueName: "model"))
  var model: String

  @OptionGroup var threads: ThreadOption

  @OptionGroup var planning: PlanOptionGroup

  @Option(help: ArgumentHelp("Images in a run.", valueName: "n"))
  var batch = 1

  @Option(
    help: ArgumentHelp("Runs that are timed (default: as many as take 3 seconds).", valueName: "n"))
  var iterations: Int?

  @Flag(
    help:
      "Also the least time of each step, its kernel, its speed, and that as a part of the machine's peak."
  )
  var layers = false

  @Option(help: "How the result is printed.")
  var format = ReportFormat.text

  var reportsErrorsAsJSON: Bool { format == .json }

  func validate() throws {
    guard 1...BatchOption.greatest ~= batch else {
      throw ValidationError("--batch must be from 1 to \(BatchOption.greatest)")
    }
    guard 1...1_000_000 ~= iterations ?? 1 else {
      throw ValidationError("--iterations must be from 1 to 1000000")
    }
  }

  func execute() throws -> ExitStatus {
    let pool = threads.makePool()
    let start = MonotonicClock.seconds
    let model = try ModelSource.file(model).open()
    let loaded = MonotonicClock.seconds
    let plan = try failing(with: .badModel) {
      try planning.plan(model, pool: pool)
    }
    let planned = MonotonicClock.seconds
    var stepTimes = [Double](repeating: .infinity, count: plan.steps.count)
    let session = Session(plan, pool: pool, batch: batch)
    var peak = PeakSpeed(try KernelSet.chosen().instructionSet, pool: pool)
    let times = measure(session, &stepTimes, &peak).sorted()
    let steps = zip(plan.steps, stepTimes).map { BenchReport.Step($0, seconds: $1) }
    try print(
      BenchReport(
        threads: pool.threads, batch: batch, times: times, load: loaded - start,
        plan: planned - loaded, memory: BenchReport.Memory(session),
        layers: layers ? BenchReport.Layers(steps: steps, peak: peak) : nil))
    return .done
  }

  /// The seconds of each run, and with --layers the least of each step; the first run, which fills caches, is not
  /// counted.
  private func measure(
    _ session: Session, _ stepTimes: inout [Double], _ peak: inout PeakSpeed
  ) -> [Double] {
    func allocate(_ value: Graph.Input) -> UnsafeMutableBufferPointer<Float> {
      .allocate(capacity: value.shape.count * batch)
    }
    let inputs = session.plan.inputs.map(allocate)
    let outputs = session.plan.outputs.map(allocate)
    defer { for buffer in inputs + outputs { buffer.deallocate() } }
    var random = SeededRandom(seed: 1)
    for input in inputs {
      for index in input.indices { input[index] = random.uniform() }
    }
    let sources = inputs.compactMap { UnsafePointer($0.baseAddress) }
    let targets = outputs.compactMap(\.baseAddress)
    session.run(images: batch, inputs: sources, outputs: targets)
    var times: [Double] = []
    let end = MonotonicClock.seconds + Self.seconds
    while times.count < iterations ?? Self.leastIterations
      || (iterations == nil && MonotonicClock.seconds < end)
    {
      if layers {
        peak.measure()
        var last = MonotonicClock.seconds
        // A batch goes through some steps in pieces.
        var taken = [Double](repeating: 0, count: stepTimes.count)
        session.run(images: batch, inputs: sources, outputs: targets) { step in
          let now = MonotonicClock.seconds
          taken[step] += now - last
          last = now
        }
        for step in taken.indices { stepTimes[step] = min(stepTimes[step], taken[step]) }
      }
      let start = MonotonicClock.seconds
      session.run(images: batch, inputs: sources, outputs: targets)
      times.append(MonotonicClock.seconds - start)
    }
    if layers { peak.measure() }
    return times
  }

  private func print(_ report: BenchReport) throws {
    let output = StandardOutput()
    switch format {
    case .text: try output.write(report.text)
    case .json: try output.write(report.json.text + "\n")
    }
    try output.flush()
  }
}
