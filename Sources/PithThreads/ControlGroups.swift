import Glibc

/// The quota of processor time that control groups set, version 1 and 2.
///
/// Source: the kernel's documentation, `admin-guide/cgroup-v2.rst` (cpu.max), `scheduler/sched-bwc.rst`
/// (cpu.cfs_quota_us) and proc(5) (mountinfo).
package enum ControlGroups {
  /// The least number of processors, rounded up, that any group around this process allows; nil: no limit.
  package static func quota(root: String) -> Int? {
    let groups = contents("\(root)/proc/self/cgroup") ?? ""
    let mounts = contents("\(root)/proc/self/mountinfo") ?? ""
    let unified = folders(.unified, groups: groups, mounts: mounts).map {
      contents("\(root)\($0)/cpu.max").flatMap(processors(unified:))
    }
    let legacy = folders(.legacy, groups: groups, mounts: mounts).map { folder in
      contents("\(root)\(folder)/cpu.cfs_quota_us").flatMap { quota in
        contents("\(root)\(folder)/cpu.cfs_period_us").flatMap {
          processors(quota: quota, period: $0)
        }
      }
    }
    return (unified + legacy).compactMap { $0 }.min()
  }

  enum Version { case unified, legacy }

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

  /// The folders whose limits hold for this process: its own group's and every one above, up to where the
  /// hierarchy is mounted.
  ///
  /// - Parameters:
  ///   - groups: the text of `/proc/self/cgroup`: lines of `number:controllers:path`.
  ///   - mounts: the text of `/proc/self/mountinfo`.
  static func folders(_ version: Version, groups: String, mounts: String) -> [String] {
    guard let path = groupPath(version, groups: groups),
      let mount = mountPoint(version, mounts: mounts)
    else { return [] }
    var below = path.hasPrefix(mount.root) ? String(path.dropFirst(mount.root.count)) : ""
    if mount.root == "/" { below = "/" + below }
    var folders = [mount.folder]
    var folder = mount.folder
    for name in below.split(separator: "/") where name != ".." {
      folder += "/\(name)"
      folders.append(folder)
    }
    return folders
  }

  private static func groupPath(_ version: Version, groups: String) -> String? {
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      switch version {
      case .unified:
        if fields[0] == "0" && fields[1].isEmpty { return String(fields[2]) }
      case .legacy:
        if fields[1].split(separator: ",").contains("cpu") { return String(fields[2]) }
      }
    }
    return nil
  }

  private static func mountPoint(
    _ version: Version, mounts: String
  ) -> (root: String, folder: String)? {
    for line in mounts.split(separator: "\n") {
      // id, parent, device, root, mount point, options, any number of tags, -, type, source, options
      let words = line.split(separator: " ")
      guard let dash = words.firstIndex(of: "-"), dash >= 6, dash + 3 < words.count else {
        continue
      }
      let kind = words[dash + 1]
      let matches =
        switch version {
        case .unified: kind == "cgroup2"
        case .legacy:
          kind == "cgroup" && words[dash + 3].split(separator: ",").contains("cpu")
        }
      if matches { return (String(words[3]), String(words[4])) }
    }
    return nil
  }

  private static func integer(_ text: String) -> Int? {
    text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }

  /// The text of a small file of the system; nil when it cannot be read or is longer than a mebibyte.
  private static func contents(_ path: String) -> String? {
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
