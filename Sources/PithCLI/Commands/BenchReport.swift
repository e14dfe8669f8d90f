import Glibc
import PithFiles

/// What `bench` measured.
struct BenchReport {
  let threads: Int
  let batch: Int
  /// Seconds, shortest first; not empty.
  let times: [Double]
  let load: Double
  let plan: Double

  private var median: Double {
    let middle = times.count / 2
    return times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
  }

  /// Nine of ten runs take no longer (nearest rank).
  private var ninetieth: Double { times[(times.count * 9 + 9) / 10 - 1] }

  var text: String {
    func milliseconds(_ seconds: Double) -> String { Decimal.fixed(1000 * seconds, 3) + " ms" }
    var table = TextTable([.left, .right])
    table.add(["median", milliseconds(median)])
    table.add(["p90", milliseconds(ninetieth)])
    table.add(["min", milliseconds(times[0])])
    table.add(["images/s", Decimal.fixed(Double(batch) / median, 1)])
    table.add(["load", milliseconds(load)])
    table.add(["plan", milliseconds(plan)])
    table.add(["peak memory", Decimal.fixed(Double(Self.peakMemory) / 1e6, 1) + " MB"])
    return
      "\(Plural.text(threads, "thread")), batch \(batch), \(Plural.text(times.count, "run"))\n\(table.text)"
  }

  var json: JSON {
    .object([
      ("threads", .integer(threads)), ("batch", .integer(batch)),
      ("iterations", .integer(times.count)), ("median_ms", Self.milliseconds(median)),
      ("p90_ms", Self.milliseconds(ninetieth)), ("min_ms", Self.milliseconds(times[0])),
      ("load_ms", Self.milliseconds(load)), ("plan_ms", Self.milliseconds(plan)),
      ("peak_rss_bytes", .integer(Self.peakMemory)),
    ])
  }

  /// To the nearest microsecond.
  private static func milliseconds(_ seconds: Double) -> JSON {
    .double((seconds * 1e6).rounded() / 1000)
  }

  /// The most memory that this process has had at once, in bytes.
  ///
  /// `getrusage` would count what the process was before it started this program, a shell or a test for example.
  private static var peakMemory: Int {
    let path = "/proc/self/status"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    let bytes = (try? FileBytes.readStream(descriptor, named: path, limit: 1 << 20)) ?? []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("VmHWM:") {
      return (Int(line.filter(\.isNumber)) ?? 0) * 1024
    }
    return 0
  }
}
