package import PithTensor

extension ONNXModel {
  /// Reads the bytes of an ONNX file: everything but the values of tensors, which are checked to be all there.
  ///
  /// Training information, metadata and the types of inner values are skipped.
  ///
  /// - Parameters:
  ///   - bytes: the whole file; tensors keep ranges of it.
  ///   - folder: where files with the values of tensors may be; nil: nowhere.
  ///   - limits: what counts and sizes are held to before memory is spent.
  /// - Throws: ``PithError`` with the code `malformedCheckpoint`, `unsupported`, `unsupportedVersion` or
  ///   `limitExceeded`, with the message of onnx.proto and the byte as its place.
  package init(reading bytes: [UInt8], folder: String? = nil, limits: Limits = Limits()) throws {
    guard Self.recognizes(bytes[...]) else {
      throw PithError(
        .malformedCheckpoint, "\(FileKind(bytes[...]).found); an ONNX model was expected",
        advice: "an ONNX file begins with its IR version; torch.onnx.export writes one")
    }
    var decoder = ONNXDecoder(folder: folder, limits: limits)
    self = try decoder.model(bytes[...])
  }

  /// Whether bytes begin with fields of ModelProto up to the IR version, which writers put first.
  package static func recognizes(_ bytes: ArraySlice<UInt8>) -> Bool {
    var reader = ProtocolBufferReader(bytes, message: "ModelProto")
    while let field = try? reader.next() {
      switch (field.number, field.value) {
      case (1, .varint(let version)): return 1...1000 ~= version
      case (5, .varint), (2...4, .bytes), (6...8, .bytes), (14, .bytes), (20, .bytes),
        (25...26, .bytes):
        continue
      default: return false
      }
    }
    return false
  }
}

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
