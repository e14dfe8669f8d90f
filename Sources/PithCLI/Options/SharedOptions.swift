import ArgumentParser
import Pith
import PithThreads

/// `--format text|json`.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

/// `--threads N`.
struct ThreadOption: ParsableArguments {
  static let greatest = ThreadPool.maximumThreads

  @Option(
    help: ArgumentHelp(
      "Threads that work (default: the processors that affinity and quota allow).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    guard 1...Self.greatest ~= threads ?? 1 else {
      throw ValidationError("--threads must be from 1 to \(Self.greatest)")
    }
  }

  /// A pool of that many threads.
  func makePool() -> ThreadPool { ThreadPool(threads: threads ?? ThreadCount.available) }
}

/// `--memory normal|small`, `--exact`.
struct PlanOptionGroup: ParsableArguments {
  enum Use: String, ExpressibleByArgument, CaseIterable {
    case normal
    case small
  }

  @Option(
    help: ArgumentHelp(
      "What weights take: normal, up to 2.5 times their size as float32, or small, that and slower."
    ))
  var memory = Use.normal

  @Flag(help: "Only kernels that round no more than a plain sum does: not Winograd's.")
  var exact = false

  func plan(_ model: Model, pool: ThreadPool) throws -> Plan {
    let use: Plan.MemoryUse =
      switch memory {
      case .normal: .normal
      case .small: .small
      }
    return try Plan(model, pool: pool, isExact: exact, memory: use)
  }
}

/// `--batch N`.
struct BatchOption: ParsableArguments {
  /// The memory of activations grows with the number of images.
  static let greatest = 4096

  @Option(
    help: ArgumentHelp(
      "Images computed together (default: as many as keep activations within 32 MB, up to 32).",
      valueName: "n"))
  var batch: Int?

  func validate() throws {
    guard 1...Self.greatest ~= batch ?? 1 else {
      throw ValidationError("--batch must be from 1 to \(Self.greatest)")
    }
  }

  /// The number that was asked for, or one that gives every thread an image and stays within a memory that
  /// every machine has.
  func count(for plan: Plan, threads: Int) -> Int {
    if let batch { return batch }
    let fitting = (1...32).last {
      ((try? plan.activationBytes(batch: $0, threads: threads)) ?? .max) <= 32 << 20
    }
    return max(threads, fitting ?? 1)
  }
}
