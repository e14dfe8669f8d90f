import Glibc

/// A bar on standard error while a command works, when that is a terminal.
struct Progress {
  private let total: Int?
  private let isShown: Bool
  private var done = 0
  private var lastShown = -1.0

  /// - Parameters:
  ///   - total: how many there are; nil when that is not known.
  ///   - isQuiet: shows nothing.
  init(total: Int?, isQuiet: Bool) {
    self.total = total
    isShown = !isQuiet && Diagnostics.isTerminal
  }

  /// Counts, and shows the bar at most ten times a second.
  mutating func advance(by count: Int) {
    done += count
    guard isShown else { return }
    let now = MonotonicClock.seconds
    guard now - lastShown >= 0.1 || done == total else { return }
    lastShown = now
    guard let total, total > 0 else { return Diagnostics.write("\r\(done) images") }
    let width = 30
    let filled = width * done / total
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    Diagnostics.write("\r\(bar) \(done)/\(total)")
  }

  /// Removes the bar.
  func finish() {
    if isShown { Diagnostics.write("\r\u{1B}[K") }
  }
}

/// A clock that only goes forward.
enum MonotonicClock {
  /// Seconds from some moment on.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
