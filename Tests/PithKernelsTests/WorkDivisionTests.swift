import PithKernels
import PithTensor
import Testing

@Suite struct WorkDivisionTests {
  @Test(arguments: [true, false])
  func tasksCoverEverythingOnce(_ isByRows: Bool) {
    var random = SeededRandom(seed: 3)
    for _ in 0..<200 {
      let images = Int.random(in: 1...3, using: &random)
      let rows = Int.random(in: 1...33, using: &random)
      let panels = Int.random(in: 1...9, using: &random)
      // More parts than rows, too.
      let division = WorkDivision(
        images: images, rows: rows, parts: Int.random(in: 1...40, using: &random), panels: panels,
        panelsPerTask: Int.random(in: 1...panels, using: &random), isByRows: isByRows)
      var visits = [Int](repeating: 0, count: images * rows * panels)
      for task in 0..<division.count {
        let part = division.part(task)
        #expect(!part.rows.isEmpty && !part.panels.isEmpty)
        for row in part.rows {
          for panel in part.panels { visits[(part.image * rows + row) * panels + panel] += 1 }
        }
      }
      #expect(visits.allSatisfy { $0 == 1 })
    }
  }

  @Test func halvesOfTheTasksAreHalvesOfTheRowsOrOfTheChannels() {
    func firstHalf(_ isByRows: Bool) -> (Set<Range<Int>>, Set<Range<Int>>) {
      let division = WorkDivision(
        images: 1, rows: 14, parts: 2, panels: 6, panelsPerTask: 2, isByRows: isByRows)
      let parts = (0..<division.count / 2).map(division.part)
      return (Set(parts.map(\.rows)), Set(parts.map(\.panels)))
    }
    #expect(firstHalf(true) == ([0..<7], [0..<2, 2..<4, 4..<6]))
    #expect(firstHalf(false) == ([0..<7, 7..<14], [0..<2, 2..<4]))
  }

  @Test func sharesAreEvenWithinAFifteenth() {
    #expect(WorkDivision.isEven(14, threads: 2))
    #expect(WorkDivision.isEven(15, threads: 2))
    #expect(!WorkDivision.isEven(13, threads: 2))
    #expect(!WorkDivision.isEven(14, threads: 4))
    #expect(!WorkDivision.isEven(1, threads: 2))
  }
}
