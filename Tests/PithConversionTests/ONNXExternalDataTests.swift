import Foundation
import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Values in files beside the model, and attempts to reach other files through them.
@Suite struct ONNXExternalDataTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let values = Wire.little(Float(1.5).bitPattern) + Wire.little(Float(-2).bitPattern)
    try folder.write(values, to: "model/w.bin")
    try folder.write(values, to: "model/inner/w.bin")
    try folder.write([1, 2, 3, 4], to: "secret")
  }

  /// The initializer `w`, of two floats or so, in another file.
  private func tensor(
    _ location: String, offset: String? = nil, length: String? = nil, count: Int64 = 2,
    hasFolder: Bool = true
  ) throws -> ONNXTensor {
    var bytes = Wire.integer(1, count) + Wire.integer(2, 1) + Wire.integer(14, 1)
    for (key, value) in [("location", location), ("offset", offset), ("length", length)] {
      if let value { bytes += Wire.bytes(13, Wire.text(1, key), Wire.text(2, value)) }
    }
    let model = try ONNXModel(
      reading: Wire.model(tensor: bytes),
      folder: hasFolder ? folder.path("model") : nil)
    return model.graph.initializers[0]
  }

  @Test func rangesAreRead() throws {
    #expect(try tensor("w.bin").floats() == [1.5, -2])
    #expect(try tensor("./inner//w.bin", length: "8").floats() == [1.5, -2])
    #expect(try tensor("w.bin", offset: "4", count: 1).floats() == [-2])
    #expect(try tensor("w.bin", offset: "0", length: "4", count: 1).floats() == [1.5])
    #expect(try tensor("w.bin", offset: "8", count: 0).floats() == [])
  }

  @Test func onlyTheFolderOfTheModelIsRead() throws {
    for location in [
      "../secret", "inner/../../secret", "..", folder.path("secret"),
    ] {
      let error = pithError { try tensor(location) }
      #expect(error?.code == .unsupported)
      #expect(
        error?.description == "initializer 0, tensor 'w': its values are in '\(location)'; "
          + "only files in the model's own folder are read")
    }
  }

  @Test func linksAreNotFollowed() throws {
    let model = folder.file("model")
    for (name, target) in [
      ("link", "../secret"), ("out", ".."), ("away", folder.url.path), ("inside", "w.bin"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: model.appending(path: name).path, withDestinationPath: target)
    }
    for (location, link) in [
      ("link", "link"), ("out/secret", "out"), ("away/secret", "away"), ("inside", "inside"),
    ] {
      let error = pithError { try tensor(location, count: 1).floats() }
      #expect(error?.code == .fileAccess)
      #expect(
        error?.description == "\(model.path)/\(location): tensor 'w': '\(link)' is a symbolic "
          + "link, which is not followed; put the file itself there")
    }
  }

  @Test func filesThatAreNoneAreRefused() throws {
    let model = folder.path("model")
    #expect(mkfifo("\(model)/pipe", 0o600) == 0)
    for (location, problem) in [
      ("missing", "cannot be opened: No such file or directory"),
      ("w.bin/x", "cannot be opened: Not a directory"),
      ("inner", "is not a regular file, which was expected"),
      ("pipe", "is not a regular file, which was expected"),
    ] {
      #expect(
        pithError { try tensor(location).floats() }?.description
          == "\(model)/\(location): tensor 'w': \(problem)")
    }
  }

  @Test func rangesOutsideOfTheFileAreRefused() throws {
    let path = folder.path("model/w.bin")
    for (offset, length, count, problem) in [
      (nil, nil, 3, "12 bytes from byte 0 were expected but the file has 8"),
      (nil, nil, 1, "4 bytes from byte 0 were expected but the file has 8"),
      ("4", "8", 2, "8 bytes from byte 4 were expected but the file has 8"),
      ("9", nil, 0, "0 bytes from byte 9 were expected but the file has 8"),
      (
        "9223372036854775807", "8", 2,
        "8 bytes from byte 9223372036854775807 were expected but the file has 8"
      ),
    ] as [(String?, String?, Int64, String)] {
      #expect(
        pithError {
          try tensor("w.bin", offset: offset, length: length, count: count).floats()
        }?.description == "\(path): tensor 'w': \(problem)")
    }
    #expect(
      pithError { try tensor("w.bin", length: "4").floats() }?.description
        == "tensor 'w': its shape and type need 8 bytes "
        + "but the length of its external data is 4")
  }

  @Test func aModelInMemoryHasNoOtherFiles() throws {
    let tensor = try tensor("w.bin", hasFolder: false)
    let error = pithError { try tensor.floats() }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description == "tensor 'w': the values are in the file 'w.bin', and the model is "
        + "not in a folder; read the model from its file")
  }

  @Test func entriesThatMakeNoSenseAreRefused() {
    for (offset, length, what) in [
      ("-1", nil, "offset of its external data is '-1'"),
      ("+1", nil, "offset of its external data is '+1'"),
      ("0x4", nil, "offset of its external data is '0x4'"),
      (nil, "99999999999999999999", "length of its external data is '99999999999999999999'"),
    ] as [(String?, String?, String)] {
      #expect(
        pithError { try tensor("w.bin", offset: offset, length: length) }?.description
          == "initializer 0, tensor 'w': the \(what), which is no number of bytes")
    }
    #expect(
      pithError { try tensor("") }?.description == "initializer 0, tensor 'w': its values are in "
        + "another file, but the location is missing")
    let external = Wire.integer(2, 1) + Wire.integer(14, 1)
    let location = Wire.bytes(13, Wire.text(1, "location"), Wire.text(2, "a"))
    #expect(
      Wire.problem(Wire.model(tensor: external + location + location))
        == "initializer 0, StringStringEntryProto, byte 30: external_data has 'location' twice")
    #expect(
      Wire.problem(Wire.model(tensor: external + location + Wire.float(4, 1)))
        == "initializer 0, TensorProto, byte 6: the tensor 'w' has values here and in another file")
  }
}
