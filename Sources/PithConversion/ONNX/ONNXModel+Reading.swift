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
