import Foundation
import PithTestSupport
import PithThreads
import Testing

/// How many threads the command takes of what the system allows it.
@Suite struct ProcessorTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(TestContent.model(), to: "rgb.pith")
  }

  private static let bench = "$PITH bench rgb.pith --iterations 1 --format json"

  /// The threads of a `bench` that a script of bash runs.
  private func threads(_ script: String) throws -> Int {
    let outcome = try folder.bash(script)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let report = try #require(try json(outcome.output) as? [String: Any])
    return try #require(report["threads"] as? Int)
  }

  @Test(
    .enabled(if: ThreadCount.available > 1, "this process may use one processor only"))
  func affinityToOneProcessorLeavesOneThread() throws {
    #expect(try threads(Self.bench) == ThreadCount.available)
    let pinned =
      "taskset -c $(sed -n 's/^Cpus_allowed_list:[[:space:]]*\\([0-9]*\\).*/\\1/p' /proc/self/status)"
    #expect(try threads("\(pinned) \(Self.bench)") == 1)
    // What is asked for is what is taken.
    #expect(try threads("\(pinned) \(Self.bench) --threads 2") == 2)
  }

  @Test(
    .enabled(if: ThreadCount.available > 1, "this process may use one processor only"),
    .enabled(if: ControlGroup.canBeMade, "this process may not make control groups"))
  func theQuotaOfARealControlGroupIsFollowed() throws {
    let group = try #require(ControlGroup())
    #expect(try threads("\(group.entry); \(Self.bench)") == ThreadCount.available)
    try group.limit(percent: 100)
    #expect(try threads("\(group.entry); \(Self.bench)") == 1)
    try group.limit(percent: 150)
    #expect(try threads("\(group.entry); \(Self.bench)") == 2)
  }
}

/// A control group of the system with a quota of processor time, made for one test.
private final class ControlGroup {
  private let folder: String
  private let isUnified: Bool

  /// Whether this process may make one.
  static let canBeMade = ControlGroup() != nil

  /// Nil when the system has no writable hierarchy that counts processor time.
  init?() {
    isUnified = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
    let hierarchy = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu"
    folder = "\(hierarchy)/pith-\(UUID().uuidString)"
    guard mkdir(folder, 0o755) == 0 else { return nil }
    // Without the controller there is no such file; whether a process may enter shows when one does.
    let limit = folder + (isUnified ? "/cpu.max" : "/cpu.cfs_quota_us")
    guard access(limit, W_OK) == 0, canBeEntered else {
      rmdir(folder)
      return nil
    }
  }

  deinit { rmdir(folder) }

  /// What a shell does to be in the group, with all that it starts.
  var entry: String { "echo $$ > \(folder)/cgroup.procs" }

  func limit(percent: Int) throws {
    let quota = percent * 1000
    if isUnified {
      try "\(quota) 100000".write(toFile: folder + "/cpu.max", atomically: false, encoding: .utf8)
    } else {
      try "\(quota)".write(
        toFile: folder + "/cpu.cfs_quota_us", atomically: false, encoding: .utf8)
    }
  }

  private var canBeEntered: Bool {
    let outcome = try? Program.run(URL(filePath: "/bin/sh"), ["-c", entry])
    return outcome?.status == 0
  }
}
