/// In which order chunks are decoded and pieces of tensors handed over.
///
/// Time goes in waves. Within one, in any order, tasks decode chunks and hand over at once what lies in them whole and waits
/// for nothing that is not there yet. What lies in the chunks of several tasks, or has to wait, is gathered piece by piece and
/// handed over in a later wave.
struct PieceSchedule {
  struct Piece {
    let request: Int
    /// The values of the tensor.
    let range: Range<Int>
    /// The chunks that hold them.
    let chunks: Range<Int>
  }

  /// Chunks that one worker decodes.
  struct Task {
    let chunks: Range<Int>
    /// What is handed over at once, one after the other.
    fileprivate(set) var whole: [Piece] = []
    /// Of which pieces to gather, by index, a part lies here.
    fileprivate(set) var parts: [Int] = []
  }

  struct Wave {
    fileprivate(set) var tasks: [Task] = []
    /// The pieces, by index, that were gathered before and are handed over.
    fileprivate(set) var gathered: [Int] = []
  }

  private(set) var waves: [Wave] = []
  /// The pieces that are gathered.
  private(set) var gathered: [Piece] = []
  /// The most values of a piece that is handed over at once.
  private(set) var largestWhole = 0

  /// A piece has about so many values: they stay in a core's cache.
  private static let pieceValues = 1 << 16

  /// Where a task is.
  private struct Place: Equatable {
    let wave: Int
    let task: Int
  }

  /// When the last piece of a request is handed over.
  private struct End {
    var wave = -1
    /// The task that hands over all of them.
    var task: Place?
  }

  /// - Parameters:
  ///   - requests: each comes after those that it waits for.
  ///   - workers: how many tasks are run at a time.
  ///   - mostChunks: how many chunks a task has at most.
  init(_ requests: [TensorRequest], of table: ChunkTable, workers: Int, mostChunks: Int) {
    let places = placeChunks(table.chunks.count, workers: workers, mostChunks: mostChunks)
    var ends: [End] = []
    for (index, request) in requests.enumerated() {
      let earliest = request.after.reduce(0) { max($0, ends[$1].wave + 1) }
      var end: End?
      for range in Self.ranges(of: request) {
        let position = request.entry.position
        let chunks = table.chunks(
          of: request.entry.storedType,
          overlapping: position + range.lowerBound..<position + range.upperBound)
        let piece = Piece(request: index, range: range, chunks: chunks)
        let place = places[chunks.lowerBound]
        let waits = request.after.contains {
          ends[$0].wave >= place.wave && ends[$0].task != place
        }
        if chunks.count == 1 && !waits {
          waves[place.wave].tasks[place.task].whole.append(piece)
          largestWhole = max(largestWhole, range.count)
          end = End(
            wave: max(end?.wave ?? 0, place.wave),
            task: end == nil || end?.task == place ? place : nil)
        } else {
          let wave = max(earliest, places[chunks.upperBound - 1].wave + 1)
          gather(piece, places, handOverIn: wave)
          end = End(wave: max(end?.wave ?? 0, wave))
        }
      }
      ends.append(end ?? End())
    }
  }

  /// Makes the tasks; as soon as each worker has a chunk, each has several.
  private mutating func placeChunks(_ count: Int, workers: Int, mostChunks: Int) -> [Place] {
    var places: [Place] = []
    while places.count < count {
      let each = count - places.count > workers ? mostChunks : 1
      var wave = Wave()
      while wave.tasks.count < workers, places.count < count {
        let chunks = places.count..<min(count, places.count + each)
        places += chunks.map { _ in Place(wave: waves.count, task: wave.tasks.count) }
        wave.tasks.append(Task(chunks: chunks))
      }
      waves.append(wave)
    }
    return places
  }

  private mutating func gather(_ piece: Piece, _ places: [Place], handOverIn wave: Int) {
    var last: Place?
    for place in places[piece.chunks] where place != last {
      waves[place.wave].tasks[place.task].parts.append(gathered.count)
      last = place
    }
    while waves.count <= wave { waves.append(Wave()) }
    waves[wave].gathered.append(gathered.count)
    gathered.append(piece)
  }

  /// Cuts a tensor into pieces, where possible at the border of a chunk.
  private static func ranges(of request: TensorRequest) -> [Range<Int>] {
    let (count, position) = (request.entry.shape.count, request.entry.position)
    let unit = max(1, request.unit)
    var ranges: [Range<Int>] = []
    var start = 0
    while start < count {
      let border = Chunk.valueCount - (position + start) % Chunk.valueCount
      let units = max(1, min(Self.pieceValues, border) / unit)
      let length = units > (count - start) / unit ? count - start : units * unit
      ranges.append(start..<start + length)
      start += length
    }
    return ranges
  }
}
