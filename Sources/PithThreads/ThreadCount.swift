import CPithKernels

/// How many threads a process should use: what its affinity and its control groups let it have.
package enum ThreadCount {
  /// The processors that this process may use, at least 1: the smaller of its affinity mask and its
  /// quota of processor time, rounded up.
  package static var available: Int { available(root: "") }

  /// The same with the files of the system under another folder than `/`.
  package static func available(root: String) -> Int {
    let allowed = affinity
    return max(1, min(allowed, ControlGroups.quota(root: root) ?? allowed))
  }

  /// The number of processors in this process's affinity mask, at least 1.
  package static var affinity: Int { max(1, Int(pith_cpu_allowed())) }
}
