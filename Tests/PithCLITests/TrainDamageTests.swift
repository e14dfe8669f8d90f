import Foundation
import PithTestSupport
import Testing

/// Runs that are killed, and data, networks and disks that no run can use.
@Suite struct TrainDamageTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeColors()
    try folder.write(
      """
      parameter classes = 2
      input image: [3, 2, 2]
      conv = convolution outputs: 8 kernel: 3 padding: 1 bias: false
      bn = batch_norm
      relu
      dropout rate: 0.2
      flatten
      fc = fully_connected outputs: classes

      """, to: "n.network")
  }

  /// Killed at random moments again and again, now with one thread, now with three.
  @Test func killedRunsEndAsUninterruptedOnes() throws {
    let outcome = try folder.bash(
      """
      begin="--architecture n.network --epochs 40 --batch 8 --augment flip,crop=1 --no-checks"
      "$PITH" train data --output whole $begin --threads 1 --quiet || exit 1
      RANDOM=7
      for kills in {0..300}; do
        start="$begin"
        if [ -e killed/last.pith ]; then start="--resume --no-checks"; fi
        "$PITH" train data --output killed $start --threads $((1 + kills % 2 * 2)) --quiet &
        delay=$((RANDOM % (60 + 10 * kills)))
        sleep $((delay / 1000)).$(printf %03d $((delay % 1000)))
        kill -KILL $! 2>/dev/null
        wait $!
        status=$?
        if [ $status != 137 ]; then break; fi
      done >/dev/null 2>&1
      echo "$status $kills"
      """)
    #expect(outcome.status == 0)
    let end = outcome.output.split(separator: "\n").last?.split(separator: " ") ?? []
    #expect(end.first == "0")
    #expect(try #require(end.last.flatMap { Int($0) }) >= 3, "killed several times")
    #expect(try folder.bytes("killed/last.pith") == folder.bytes("whole/last.pith"))
    #expect(try folder.bytes("killed/best.pith") == folder.bytes("whole/best.pith"))
    #expect(try timelessReport("killed") == timelessReport("whole"))
  }

  private func timelessReport(_ run: String) throws -> String {
    try folder.text("\(run)/report.html")
      .replacing(/<span class="time">[^<]*<\/span>/, with: "")
  }

  // MARK: bad input

  private func message(_ options: String) throws -> String {
    let outcome = try folder.bash(
      "\"$PITH\" train \(options) --output run --no-checks --quiet; echo $?")
    #expect(outcome.output == "2\n")
    #expect(!folder.exists("run"), "nothing is left behind")
    return outcome.errors
  }

  @Test func dataThatCannotBeLearnedAreRefused() throws {
    let network = "--architecture n.network"
    try folder.write("text", to: "empty/a/readme.txt")
    try folder.write(TestContent.red, to: "empty/b/0.png")
    #expect(
      try message("empty \(network)")
        == "pith: empty: there are no PNG files in 'empty/a'; put images there, or remove the empty folder: a class without images cannot be learned\n"
    )
    try folder.write(TestContent.red, to: "one/a/0.png")
    #expect(
      try message("one \(network)")
        == "pith: one: all images are of one class, 'a', and there must be at least two to learn; put the images of each class into a folder of their own\n"
    )
    #expect(try message("missing \(network)").hasPrefix("pith: missing: "))
  }

  @Test func aNetworkOfOtherClassesIsRefused() throws {
    try folder.write(
      "input image: [3, 2, 2]\nflatten\nfc = fully_connected outputs: 5\n", to: "five.network")
    #expect(
      try message("data --architecture five.network")
        == "pith: the network has 5 outputs but there are 3 classes; set the network's parameter 'classes', or the outputs of its last layer\n"
    )
  }

  /// Files may have one block only, as on a disk that is full.
  private static let full = "trap '' XFSZ; ulimit -f 1;"

  @Test func aFullDiskIsSeenBeforeTheFirstStep() throws {
    let outcome = try folder.bash(
      "\(Self.full) \"$PITH\" train data --architecture n.network --output run --no-checks --quiet; echo $?; ls run"
    )
    #expect(outcome.output == "2\nconfiguration.txt\nlog.csv\n")
    #expect(outcome.errors == "pith: run/last.pith: cannot be written: File too large\n")
  }

  @Test func aDiskThatFillsUpLosesNothing() throws {
    _ = try folder.bash(
      """
      "$PITH" train data --architecture n.network --output run --epochs 100000 --batch 8 --no-checks --quiet &
      until [ -e run/report.html ]; do sleep 0.05; done; kill -INT $!; wait $!
      """)
    let (last, best) = try (folder.bytes("run/last.pith"), folder.bytes("run/best.pith"))
    let outcome = try folder.bash(
      "\(Self.full) \"$PITH\" train data --output run --resume --quiet; echo $?; ls run")
    #expect(
      outcome.output
        == "4\nbest.pith\nconfiguration.txt\nlast.pith\nlog.csv\nrecord.tsv\nreport.html\n")
    #expect(outcome.errors.hasSuffix(": cannot be written: File too large\n"))
    #expect(try folder.bytes("run/last.pith") == last)
    #expect(try folder.bytes("run/best.pith") == best)
  }
}
