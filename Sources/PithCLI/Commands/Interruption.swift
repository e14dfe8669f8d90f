import Glibc
import Synchronization

/// Whether somebody wants the command to stop: Ctrl-C, or a request to terminate.
enum Interruption {
  private static let wasAsked = Atomic<Bool>(false)

  /// From now on a first request is remembered; a second one ends the process.
  static func listen() {
    // The value exists before a signal can come.
    wasAsked.store(false, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { number in
        Interruption.wasAsked.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
    // A process inherits what its parent blocks.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var isAsked: Bool { wasAsked.load(ordering: .relaxed) }
}
