import PithTestSupport
import PithThreads
import Testing

@Suite struct FreeMemoryTests {
  private static let available =
    "MemTotal:       24675948 kB\nMemFree: 7 kB\nMemAvailable:   1000000 kB\n"
  private static let unified = [
    "proc/self/cgroup": "0::/user.slice/job\n",
    "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
  ]

  private func free(_ files: [String: String]) throws -> Int {
    let root = try TemporaryFolder(files)
    return FreeMemory.bytes(root: root.url.path)
  }

  @Test func withoutControlGroupsTheKernelsEstimateCounts() throws {
    #expect(try free(["proc/meminfo": Self.available]) == 1_024_000_000)
  }

  @Test func whereNothingCanBeReadItIsAGibibyte() throws {
    #expect(try free([:]) == 1 << 30)
  }

  @Test func theTightestGroupAboveTheProcessCounts() throws {
    var files = Self.unified
    files["proc/meminfo"] = Self.available
    files["sys/fs/cgroup/user.slice/memory.max"] = "500000000\n"
    files["sys/fs/cgroup/user.slice/memory.current"] = "100000000\n"
    files["sys/fs/cgroup/user.slice/job/memory.max"] = "max\n"
    files["sys/fs/cgroup/user.slice/job/memory.current"] = "50000000\n"
    #expect(try free(files) == 400_000_000)
    files["sys/fs/cgroup/user.slice/job/memory.max"] = "40000000\n"
    #expect(try free(files) == 0)
  }

  @Test func versionOneIsReadToo() throws {
    let files = [
      "proc/meminfo": Self.available, "proc/self/cgroup": "5:cpu:/\n4:memory:/docker/abc\n",
      "proc/self/mountinfo":
        "36 35 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup c rw,memory\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "300000000\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "100000000\n",
    ]
    #expect(try free(files) == 200_000_000)
  }

  @Test func thisProcessHasSome() {
    #expect((1...(1 << 50)).contains(FreeMemory.bytes))
  }
}
