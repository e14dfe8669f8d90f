import Glibc

/// The limits of processor time and memory that control groups set, version 1 and 2.
///
/// Source: the kernel's documentation, `admin-guide/cgroup-v2.rst` (cpu.max, memory.max, memory.current),
/// `scheduler/sched-bwc.rst` (cpu.cfs_quota_us), `admin-guide/cgroup-v1/memory.rst` (memory.limit_in_bytes,
/// memory.usage_in_bytes) and proc(5) (mountinfo).
package enum ControlGroups {
  /// The least number of processors, rounded up, that any group around this process allows; nil: no limit.
  package static func quota(root: String) -> Int? {
    let membership = Membership(root: root)
    let unified = membership.folders(.unified).map {
      contents("\($0)/cpu.max").flatMap(processors(unified:))
    }
    let legacy = membership.folders(.legacy("cpu")).map { folder in
      contents("\(folder)/cpu.cfs_quota_us").flatMap { quota in
        contents("\(folder)/cpu.cfs_period_us").flatMap {
          processors(quota: quota, period: $0)
        }
      }
    }
    return (unified + legacy).compactMap { $0 }.min()
  }

  /// The least number of bytes that any group around this process leaves of its limit; nil: no limit.
  static func freeMemory(root: String) -> Int? {
    let membership = Membership(root: root)
    let unified = membership.folders(.unified).map {
      bytes(limit: "\($0)/memory.max", used: "\($0)/memory.current")
    }
    let legacy = membership.folders(.legacy("memory")).map {
      bytes(limit: "\($0)/memory.limit_in_bytes", used: "\($0)/memory.usage_in_bytes")
    }
    return (unified + legacy).compactMap { $0 }.min()
  }

  /// What the numbers in two files leave; nil when there is no limit.
  private static func bytes(limit: String, used: String) -> Int? {
    guard let limit = contents(limit).flatMap(integer), let used = contents(used).flatMap(integer),
      limit >= 0, used >= 0
    else { return nil }
    return max(0, limit - used)
  }

  /// The processors of a `cpu.max`: `max 100000` (nil: no limit) or `150000 100000`.
  package static func processors(unified text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2 else { return nil }
    return processors(quota: String(words[0]), period: String(words[1]))
  }

  /// The processors of a quota and a period in microseconds, rounded up; nil when there is no limit.
  package static func processors(quota: String, period: String) -> Int? {
    guard let quota = integer(quota), let period = integer(period), quota > 0, period > 0 else {
      return nil
    }
    return quota / period + (quota % period == 0 ? 0 : 1)
  }

  private static func integer(_ text: String) -> Int? {
    text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }

  /// The text of a small file of the system; nil when it cannot be read or is longer than a mebibyte.
  static func contents(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= 1 << 20 {
      let got = read(descriptor, &chunk, chunk.count)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { return nil }
      guard got > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk[..<got])
    }
    return nil
  }
}

/// A tree of control groups.
private enum Hierarchy {
  case unified
  /// That of a controller of version 1.
  case legacy(Substring)
}

/// What the system says about the groups of this process.
private struct Membership {
  private let root: String
  private let groups: String
  private let mounts: String

  init(root: String) {
    self.root = root
    groups = ControlGroups.contents("\(root)/proc/self/cgroup") ?? ""
    mounts = ControlGroups.contents("\(root)/proc/self/mountinfo") ?? ""
  }

  /// The folders under `root` whose limits hold for this process: its own group's and every one above, up to where the
  /// hierarchy is mounted.
  func folders(_ hierarchy: Hierarchy) -> [String] {
    guard let path = groupPath(hierarchy), let mount = mountPoint(hierarchy) else { return [] }
    var below = path.hasPrefix(mount.root) ? String(path.dropFirst(mount.root.count)) : ""
    if mount.root == "/" { below = "/" + below }
    var folder = root + mount.folder
    var folders = [folder]
    for name in below.split(separator: "/") where name != ".." {
      folder += "/\(name)"
      folders.append(folder)
    }
    return folders
  }

  /// From lines of `number:controllers:path`.
  private func groupPath(_ hierarchy: Hierarchy) -> String? {
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      switch hierarchy {
      case .unified:
        if fields[0] == "0" && fields[1].isEmpty { return String(fields[2]) }
      case .legacy(let controller):
        if fields[1].split(separator: ",").contains(controller) { return String(fields[2]) }
      }
    }
    return nil
  }

  private func mountPoint(_ hierarchy: Hierarchy) -> (root: String, folder: String)? {
    for line in mounts.split(separator: "\n") {
      // id, parent, device, root, mount point, options, any number of tags, -, type, source, options
      let words = line.split(separator: " ")
      guard let dash = words.firstIndex(of: "-"), dash >= 6, dash + 3 < words.count else {
        continue
      }
      let kind = words[dash + 1]
      let matches =
        switch hierarchy {
        case .unified: kind == "cgroup2"
        case .legacy(let controller):
          kind == "cgroup" && words[dash + 3].split(separator: ",").contains(controller)
        }
      if matches { return (String(words[3]), String(words[4])) }
    }
    return nil
  }
}
