import PithFiles
import PithTensor

/// How much memory the process may still take.
enum FreeMemory {
  /// `MemAvailable` of `/proc/meminfo` (proc(5)), or what the control group leaves when that is less (cgroup-v2.rst:
  /// `memory.max` and `memory.current`); a gibibyte where neither can be read.
  static var bytes: Int {
    let available = text("/proc/meminfo")?.split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }?.split(separator: " ").dropFirst().first
      .flatMap { Int($0) }.map { $0 << 10 }
    let group = number("/sys/fs/cgroup/memory.max").flatMap { most in
      number("/sys/fs/cgroup/memory.current").map { max(0, most - $0) }
    }
    return [available, group].compactMap { $0 }.min() ?? 1 << 30
  }

  private static func text(_ path: String) -> String? {
    (try? FileBytes.readSystemFile(path, limit: 1 << 20)).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private static func number(_ path: String) -> Int? {
    text(path)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }
}
