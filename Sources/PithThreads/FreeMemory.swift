import CPithKernels

/// How much memory this process may still take.
package enum FreeMemory {
  /// Bytes.
  package static var bytes: Int { bytes(root: "") }

  /// `MemAvailable` of `/proc/meminfo` (proc(5)), or what the tightest control group leaves when that is less; a gibibyte
  /// where neither can be read.
  ///
  /// - Parameter root: a folder in whose place `/` is meant, for tests.
  package static func bytes(root: String) -> Int {
    let available = ControlGroups.contents("\(root)/proc/meminfo")?.split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }?.split(separator: " ").dropFirst().first
      .flatMap { Int($0) }
      .flatMap { kibibytes in
        let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : max(0, bytes)
      }
    return [available, ControlGroups.freeMemory(root: root)].compactMap { $0 }.min() ?? 1 << 30
  }

  /// Gives memory back that was freed but is kept for later: tens of megabytes where arrays of such sizes come and go.
  package static func giveBack() { pith_memory_trim() }
}
