/// How much memory this process has had at once.
package enum PeakMemory {
  /// Bytes, `VmHWM` of `/proc/self/status` (proc(5)); 0 where that cannot be read.
  ///
  /// `getrusage` would count what the process was before it started this program, a shell or a test for example.
  package static var bytes: Int {
    let lines = ControlGroups.contents("/proc/self/status")?.split(separator: "\n")
    return (lines?.first { $0.hasPrefix("VmHWM:") }.flatMap { Int($0.filter(\.isNumber)) } ?? 0)
      << 10
  }
}
