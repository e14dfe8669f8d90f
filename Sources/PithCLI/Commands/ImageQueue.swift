import Glibc
import Pith
import PithFiles
import PithImage

/// The images that the arguments of `classify` name, one after the other.
///
/// Only one folder's names and one batch of images are in memory, however many images there are.
struct ImageQueue {
  /// An image, or why there is none.
  struct Item {
    /// A path, or `-`, `-#2`, `-#3`, ... for the images of standard input.
    let name: String
    let source: Result<ImageSource, PithError>
  }

  /// How many files of folders were passed over because they are no PNG files.
  private(set) var otherFiles = 0
  /// What is still to be opened, last first.
  private var arguments: [String]
  private var folder: ImageFolder?
  private var foundInFolder = 0
  private var folderName = ""
  private var stream: PNGStream?
  private var streamed = 0

  /// - Parameter arguments: paths of files and folders, and `-` for standard input.
  init(_ arguments: [String]) {
    self.arguments = arguments.reversed()
  }

  /// How many images arguments name; nil when that is not known before they are opened.
  static func count(of arguments: [String]) -> Int? {
    arguments.contains { $0 == "-" || FileBytes.isFolder($0) } ? nil : arguments.count
  }

  /// Up to `count` images; fewer when the next would have to be waited for, none at the end.
  mutating func next(upTo count: Int) -> [Item] {
    var items: [Item] = []
    while items.count < count, items.isEmpty || stream?.isReady != false, let item = next() {
      items.append(item)
    }
    return items
  }

  private mutating func next() -> Item? {
    while true {
      if folder != nil {
        if let item = nextOfFolder() { return item }
      } else if stream != nil {
        if let item = nextOfStream() { return item }
      } else if let argument = arguments.popLast() {
        if argument == "-" {
          stream = PNGStream(descriptor: STDIN_FILENO)
        } else if let item = open(argument) {
          return item
        }
      } else {
        return nil
      }
    }
  }

  /// Starts a folder, or is the file itself.
  private mutating func open(_ path: String) -> Item? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return Item(name: path, source: .success(.file(path)))
    }
    do {
      folder = try ImageFolder(path)
      (folderName, foundInFolder) = (path, 0)
      return nil
    } catch {
      return Item(name: path, source: .failure(CommandFailure(error).error))
    }
  }

  private mutating func nextOfFolder() -> Item? {
    if let found = folder?.next() {
      foundInFolder += 1
      switch found {
      case .success(let path): return Item(name: path, source: .success(.file(path)))
      case .failure(let error):
        return Item(name: error.file ?? folderName, source: .failure(error))
      }
    }
    otherFiles += folder?.otherFiles ?? 0
    folder = nil
    guard foundInFolder == 0 else { return nil }
    return Item(
      name: folderName,
      source: .failure(
        PithError(
          .fileAccess, file: folderName, "the folder holds no PNG files",
          advice: "files whose names end in .png are looked for, in folders inside it too")))
  }

  private mutating func nextOfStream() -> Item? {
    let name = streamed == 0 ? "-" : "-#\(streamed + 1)"
    do {
      if let bytes = try stream?.next() {
        streamed += 1
        return Item(name: name, source: .success(.bytes(bytes)))
      }
    } catch {
      streamed += 1
      return Item(name: name, source: .failure(CommandFailure(error).error))
    }
    stream = nil
    guard streamed == 0 else { return nil }
    streamed = 1
    return Item(
      name: name,
      source: .failure(PithError(.malformedImage, "is empty; one or more PNG files were expected")))
  }
}
