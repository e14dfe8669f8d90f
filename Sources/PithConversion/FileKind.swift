/// What a file looks like by its first bytes, to say more than that it is not what was expected.
enum FileKind: String {
  case empty = "the file is empty"
  case png = "the file is a PNG image"
  case zip = "the file is a zip archive, as torch.save writes them"
  case gzip = "the file is compressed by gzip"
  case pickle = "the file is a pickle"
  case html = "the file is a page of a web site"
  case json = "the file is JSON"
  case tooShort = "the file is too short"
  case unknown = "the file is of an unknown kind"

  /// A sentence without its end.
  var found: String { rawValue }

  init(_ bytes: ArraySlice<UInt8>) {
    let visible = bytes.prefix(256).drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
    self =
      if bytes.isEmpty {
        .empty
      } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        .png
      } else if bytes.starts(with: [0x50, 0x4B, 3, 4]) {
        .zip
      } else if bytes.starts(with: [0x1F, 0x8B]) {
        .gzip
      } else if bytes.first == 0x80, bytes.dropFirst().first.map({ 2...5 ~= $0 }) == true {
        .pickle
      } else if visible.first == 0x3C {
        .html
      } else if visible.first == 0x7B {
        .json
      } else if bytes.count < 8 {
        .tooShort
      } else {
        .unknown
      }
  }
}
