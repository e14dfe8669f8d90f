import Foundation
import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Files of the real onnx package.
@Suite struct ONNXFileTests {
  private static let folder = Repository.file("Fixtures/onnx")

  private static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](contentsOf: folder.appending(path: name))
  }

  @Test(arguments: ["types", "network", "external"])
  func everythingIsReadAsONNXReadsIt(name: String) throws {
    let model = try ONNXModel(reading: Self.bytes("\(name).onnx"), folder: Self.folder.path)
    let expected = try String(
      contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8)
    #expect(try ONNXDescription.text(model) == expected)
  }

  @Test func kindsOfAttributesThatAreNotReadAreNamed() throws {
    let nodes = try ONNXModel(reading: Self.bytes("network.onnx")).graph.nodes
    guard case .other("graph") = nodes[4].attributes["then_branch"] else {
      Issue.record("\(String(describing: nodes[4].attributes["then_branch"]))")
      return
    }
    guard case .other("reference to an attribute of a function") = nodes[5].attributes["alpha"]
    else {
      Issue.record("\(String(describing: nodes[5].attributes["alpha"]))")
      return
    }
  }

  @Test func rawDataAreARangeOfTheFile() throws {
    let bytes = try Self.bytes("types.onnx")
    let tensor = try ONNXModel(reading: bytes).graph.initializers[0]
    guard case .raw(let slice) = tensor.storage else {
      Issue.record("float32.raw is not stored as bytes")
      return
    }
    #expect(slice.startIndex > 0)
    #expect(slice == bytes[slice.indices])
    let isShared = bytes.withUnsafeBytes { file in
      slice.withUnsafeBytes { $0.baseAddress == file.baseAddress! + slice.startIndex }
    }
    #expect(isShared)
  }

  @Test func typesThatAreNotReadAreRefusedByNameWhenTheirValuesAreAskedFor() throws {
    let tensors = try ONNXModel(reading: Self.bytes("strange.onnx")).graph.initializers
    #expect(tensors.map(\.type) == [.string, .complex64, .float8E4M3FN, .int4])
    for tensor in tensors {
      let name = tensor.name == "text" ? "string" : tensor.name
      let floats = pithError { try tensor.floats() }
      #expect(floats?.code == .unsupported)
      #expect(
        floats?.description
          == "tensor '\(tensor.name)': the values are of type \(name); "
          + "a floating-point type was expected")
      #expect(
        pithError { try tensor.integers() }?.description
          == "tensor '\(tensor.name)': the values are of type \(name); "
          + "an integer type or bool was expected")
    }
  }

  @Test func integersAreNoFloatsAndTheOtherWayRound() throws {
    let tensors = try ONNXModel(reading: Self.bytes("types.onnx")).graph.initializers
    let real = try #require(tensors.first { $0.name == "float16.raw" })
    let integer = try #require(tensors.first { $0.name == "int32.typed" })
    #expect(
      pithError { try real.integers() }?.description
        == "tensor 'float16.raw': the values are of type float16; "
        + "an integer type or bool was expected")
    #expect(
      pithError { try integer.floats() }?.description
        == "tensor 'int32.typed': the values are of type int32; a floating-point type was expected")
  }

  @Test func aCutFileIsRefused() throws {
    // After the graph follow the two operator sets and the function, so three cuts are between whole fields.
    let network = try Self.bytes("network.onnx")
    let read = network.indices.filter { (try? ONNXModel(reading: Array(network[..<$0]))) != nil }
    #expect(read.count == 3)
    for name in ["types.onnx", "external.onnx", "strange.onnx"] {
      let bytes = try Self.bytes(name)
      let read = bytes.indices.filter { (try? ONNXModel(reading: Array(bytes[..<$0]))) != nil }
      #expect(read.count == 1, "\(name)")
    }
    #expect(
      Wire.problem(Array(network.dropLast(100)))?.hasPrefix("ModelProto, byte") == true)
  }

  @Test func noDamageToAByteTraps() throws {
    for name in ["network.onnx", "types.onnx", "external.onnx", "strange.onnx"] {
      var bytes = try Self.bytes(name)
      var refused = 0
      for index in bytes.indices {
        for mask in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] as [UInt8] {
          bytes[index] ^= mask
          do {
            let model = try ONNXModel(reading: bytes, folder: Self.folder.path)
            for tensor in model.graph.initializers {
              _ = try? tensor.floats()
              _ = try? tensor.integers()
            }
          } catch {
            #expect(error is PithError)
            refused += 1
          }
          bytes[index] ^= mask
        }
      }
      #expect(refused > 100, "\(name)")
    }
  }

  @Test func filesOfOtherKindsAreNamed() throws {
    let advice = "; an ONNX file begins with its IR version; torch.onnx.export writes one"
    for (bytes, found) in [
      ([], "the file is empty"),
      (Array("\n<!DOCTYPE html><html>".utf8), "the file is a page of a web site"),
      (Array("{\"a\": 1}".utf8), "the file is JSON"),
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "the file is a PNG image"),
      (try PyTorchFixtures.bytes("zip.pt"), "the file is a zip archive, as torch.save writes them"),
      (try PyTorchFixtures.bytes("legacy.pt"), "the file is a pickle"),
      ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "the file is compressed by gzip"),
      ([8], "the file is too short"),
      (
        Array("version https://git-lfs.github.com/spec/v1\n".utf8), "the file is of an unknown kind"
      ),
    ] {
      #expect(!ONNXModel.recognizes(bytes[...]))
      let error = pithError { try ONNXModel(reading: bytes) }
      #expect(error?.code == .malformedCheckpoint)
      #expect(error?.description == "\(found); an ONNX model was expected\(advice)")
    }
    #expect(ONNXModel.recognizes(try Self.bytes("types.onnx")[...]))
  }
}
