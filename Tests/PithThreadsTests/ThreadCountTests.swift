import Foundation
import PithTestSupport
import PithThreads
import Testing

@Suite struct ThreadCountTests {
  @Test func thisProcessHasAtLeastOneProcessor() {
    #expect((1...1024).contains(ThreadCount.available))
  }

  @Test func withoutControlGroupsTheAffinityDecides() throws {
    let root = try TemporaryFolder([:])
    #expect(ThreadCount.available(root: root.url.path) == ThreadCount.affinity)
  }

  static let quotas: [(String, String, Int?)] = [
    ("100000", "100000", 1), ("150000", "100000", 2), ("10000\n", "100000\n", 1),
    ("800000", "100000", 8), ("-1", "100000", nil), ("max", "100000", nil), ("0", "100000", nil),
    ("5", "0", nil), ("", "", nil), ("99999999999999999999", "1", nil),
    ("9223372036854775807", "1", Int.max),
  ]

  @Test(arguments: quotas) func quotasAreRoundedUp(
    quota: String, period: String, expected: Int?
  ) {
    #expect(ControlGroups.processors(quota: quota, period: period) == expected)
  }

  @Test func theUnifiedLimitHasTwoWords() {
    #expect(ControlGroups.processors(unified: "max 100000\n") == nil)
    #expect(ControlGroups.processors(unified: "250000 100000\n") == 3)
    #expect(ControlGroups.processors(unified: "250000") == nil)
    #expect(ControlGroups.processors(unified: "") == nil)
  }

  @Test func theTightestGroupOfTheUnifiedHierarchyCounts() throws {
    let root = try TemporaryFolder([
      "proc/self/cgroup": "0::/user.slice/job\n",
      "proc/self/mountinfo":
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
      "sys/fs/cgroup/user.slice/cpu.max": "50000 100000\n",
      "sys/fs/cgroup/user.slice/job/cpu.max": "max 100000\n",
    ])
    #expect(ControlGroups.quota(root: root.url.path) == 1)
    #expect(ThreadCount.available(root: root.url.path) == 1)
  }

  @Test func aContainerWithItsOwnNamespaceIsLimitedAtTheMountPoint() throws {
    let root = try TemporaryFolder([
      "proc/self/cgroup": "0::/\n",
      "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      "sys/fs/cgroup/cpu.max": "250000 100000\n",
    ])
    #expect(ControlGroups.quota(root: root.url.path) == 3)
  }

  @Test func aContainerUnderVersionOneSeesItsGroupAsTheRootOfTheMount() throws {
    let root = try TemporaryFolder([
      "proc/self/cgroup": "5:cpu,cpuacct:/docker/abc/inner\n4:memory:/docker/abc\n",
      "proc/self/mountinfo":
        "36 35 0:31 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "400000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us": "120000\n",
      "sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us": "100000\n",
    ])
    #expect(ControlGroups.quota(root: root.url.path) == 2)
  }

  @Test func aControllerWhoseNameOnlyContainsCpuIsNotAsked() throws {
    let root = try TemporaryFolder([
      "proc/self/cgroup": "3:cpuset:/\n",
      "proc/self/mountinfo": "36 35 0:31 / /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n",
      "sys/fs/cgroup/cpuset/cpu.cfs_quota_us": "100000\n",
      "sys/fs/cgroup/cpuset/cpu.cfs_period_us": "100000\n",
    ])
    #expect(ControlGroups.quota(root: root.url.path) == nil)
  }
}

extension TemporaryFolder {
  /// A folder that stands for `/`, with some files of the system in it.
  convenience init(_ files: [String: String]) throws {
    try self.init()
    for (name, text) in files { try write(text, to: name) }
  }
}
