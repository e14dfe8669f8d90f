import PithConversion
import PithTensor
import PithTestSupport
import Testing

/// Headers made by hand that lie.
@Suite struct HostileSafetensorsTests {
  private static func file(_ header: String, data: Int = 0) -> [UInt8] {
    Wire.little(UInt64(header.utf8.count)) + header.utf8 + [UInt8](repeating: 0, count: data)
  }

  private static func problem(_ header: String, data: Int = 0) -> String? {
    pithError { try SafetensorsFile.read(bytes: file(header, data: data)) }?.description
  }

  /// A member for a tensor of bytes.
  private static func tensor(_ name: String, _ start: Int, _ end: Int) -> String {
    #""\#(name)":{"dtype":"I8","shape":[\#(end - start)],"data_offsets":[\#(start),\#(end)]}"#
  }

  @Test func paddingAndEveryOrderAreRead() throws {
    let header =
      #"{"b":{"data_offsets":[4,8],"shape":[],"dtype":"F32"},"#
      + #""a" : {"dtype":"F32","shape":[1, 1],"data_offsets":[0,4]}}   "#
    let state = try SafetensorsFile.read(bytes: Self.file(header, data: 8))
    #expect(state.entries.map(\.name) == ["b", "a"])
    #expect(state["b"]?.shape == [])
    #expect(state["a"]?.shape == [1, 1])
  }

  @Test func escapesInNamesAreRead() throws {
    let header =
      #"{"\u00e4\/\ud83d\ude00\"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#
    #expect(
      try SafetensorsFile.read(bytes: Self.file(header)).entries.map(\.name) == ["ä/😀\""])
  }

  @Test func anEmptyFileOfTensorsIsRead() throws {
    #expect(try SafetensorsFile.read(bytes: Self.file("{}")).entries.isEmpty)
    #expect(
      try SafetensorsFile.read(bytes: Self.file(#"{"__metadata__":{}}"#)).extras.isEmpty)
  }

  @Test func lyingLengthsAreRefused() {
    var bytes = Self.file("{}")
    bytes[0] = 3
    #expect(
      pithError { try SafetensorsFile.read(bytes: bytes) }?.description
        == "safetensors file, byte 8: the header needs 3 bytes but 2 are left")
    bytes[0] = 0
    #expect(
      pithError { try SafetensorsFile.read(bytes: bytes) }?.description
        == "safetensors file, byte 8: the header does not begin with '{'")
    let long = Wire.little(UInt64(100_000_001)) + Array("{}".utf8)
    #expect(
      pithError { try SafetensorsFile.read(bytes: long) }?.description
        == "the file is of an unknown kind; a safetensors file was expected; save the weights with: "
        + "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')")
  }

  @Test func bytesOfNoTensorOrOfTwoAreRefused() {
    let (a, b) = (Self.tensor("a", 0, 4), Self.tensor("b", 4, 8))
    #expect(Self.problem("{\(a),\(b)}", data: 8) == nil)
    #expect(
      Self.problem("{\(a),\(b)}", data: 9)
        == "safetensors file: the tensors need 8 bytes of data but 9 follow the header")
    #expect(
      Self.problem("{\(a),\(b)}", data: 7)
        == "safetensors file: the tensors need 8 bytes of data but 7 follow the header")
    #expect(
      Self.problem("{\(a),\(Self.tensor("b", 5, 8))}", data: 8)
        == "tensor 'b': the tensor begins at byte 5 of the data; bytes 4 to 4 belong to no tensor")
    #expect(
      Self.problem("{\(b),\(Self.tensor("c", 1, 4))}", data: 8)
        == "tensor 'c': the tensor begins at byte 1 of the data; bytes 0 to 0 belong to no tensor")
    #expect(
      Self.problem("{\(b),\(Self.tensor("c", 0, 6))}", data: 8)
        == "tensor 'b': the tensor begins at byte 4 of the data but 'c' ends at 6")
    #expect(
      Self.problem("{\(b),\(a),\(Self.tensor("c", 2, 2))}", data: 8)
        == "tensor 'c': the tensor begins at byte 2 of the data but 'a' ends at 4")
  }

  private static let tensors: [(String, String)] = [
    (
      #""dtype":"F32","shape":[2],"data_offsets":[0,4]"#,
      "the shape 2 and the dtype F32 need 8 bytes but data_offsets give it 4"
    ),
    (#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#, "data_offsets run from 4 to 0"),
    (
      #""dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,4]"#,
      "the number of elements of shape [9223372036854775807, 2] does not fit 64 bits (9223372036854775807 * 2); the file is damaged or was made to harm"
    ),
    (
      #""dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,4]"#,
      "the size of the tensor does not fit 64 bits (4611686018427387904 * 8); the file is damaged or was made to harm"
    ),
    (
      #""dtype":"Q4","shape":[1],"data_offsets":[0,4]"#,
      "the dtype is 'Q4'; F32, F64, F16, BF16, I64, I32, I16, I8, U8, BOOL are read; convert the tensor, to F32 for example, before it is saved"
    ),
  ]

  @Test(arguments: tensors)
  func tensorsThatDoNotFitAreRefused(members: String, problem: String) {
    #expect(Self.problem("{\"w\":{\(members)}}", data: 4) == "tensor 'w': \(problem)")
  }

  private static let headers: [(String, String)] = [
    // JSON.
    ("{", "byte 9: '\"' was expected, the beginning of a key of the header"),
    ("{}x", "byte 10: 1 bytes follow the end of the JSON"),
    (#"{"a"}"#, "byte 12: ':' was expected, the value of 'a'"),
    (#"{"a":1}"#, "byte 13: '{' was expected, the beginning of tensor 'a'"),
    (#"{"a":{}"#, "byte 15: tensor 'a' needs a dtype, a shape and two data_offsets"),
    (#"{"a"#, "byte 10: a key of the header does not end"),
    ("{\"a\nb\":{}}", "byte 11: a key of the header has a control character"),
    (#"{"a\u001bb":{}}"#, "byte 9: a key of the header has control characters"),
    (#"{"\x":{}}"#, "byte 10: a key of the header has an escape that JSON does not have"),
    (#"{"\u12":{}}"#, "byte 12: a key of the header has an escape without four hexadecimal digits"),
    (
      #"{"\u+123":{}}"#,
      "byte 12: a key of the header has an escape without four hexadecimal digits"
    ),
    (#"{"\ud83d":{}}"#, "byte 10: a key of the header has half of a surrogate pair"),
    (#"{"\ud83d\u0041":{}}"#, "byte 10: a key of the header has half of a surrogate pair"),
    (#"{"\ude00":{}}"#, "byte 10: a key of the header has half of a surrogate pair"),
    (#"{,}"#, "byte 9: '\"' was expected, the beginning of a key of the header"),
    // Tensors.
    (#"{"":{}}"#, "byte 12: a tensor has no name"),
    (
      #"{"a":{"dtype":"F32","shape":[1]}}"#,
      "byte 40: tensor 'a' needs a dtype, a shape and two data_offsets"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
      "byte 59: tensor 'a' needs a dtype, a shape and two data_offsets"
    ),
    (
      #"{"a":{"data_offsets":[0,1,2]}}"#,
      "byte 35: data_offsets of tensor 'a' has more than 2 numbers"
    ),
    (#"{"a":{"strides":[1]}}"#, "byte 24: tensor 'a' has the unknown key 'strides'"),
    (
      #"{"a":{"dtype":32}}"#, "byte 22: '\"' was expected, the beginning of the dtype of tensor 'a'"
    ),
    (
      #"{"a":{"shape":[-1]}}"#,
      "byte 23: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[1.0]}}"#,
      "byte 23: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[1e3]}}"#,
      "byte 23: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[01]}}"#,
      "byte 23: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[9223372036854775808]}}"#,
      "byte 23: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[[1]]}}"#,
      "byte 23: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[1,]}}"#,
      "byte 25: the shape of tensor 'a' has to have whole numbers from 0 to 9223372036854775807"
    ),
    (
      #"{"a":{"shape":[1,1,1,1,1,1,1,1,1]}}"#,
      "byte 40: the shape of tensor 'a' has more than 8 numbers"
    ),
    // Keys given twice, at each level and behind an escape.
    (
      #"{"a":{"dtype":"I8","shape":[0],"data_offsets":[0,0]},"\u0061":{}}"#,
      "byte 61: the header has the key 'a' twice"
    ),
    (#"{"a":{"dtype":"I8","dtype":"I8"}}"#, "byte 27: tensor 'a' has the key 'dtype' twice"),
    (#"{"__metadata__":{"k":"","k":""}}"#, "byte 32: __metadata__ has the key 'k' twice"),
    (
      #"{"__metadata__":{},"__metadata__":{}}"#,
      "byte 27: the header has the key '__metadata__' twice"
    ),
    (
      #"{"__metadata__":{"k":1}}"#,
      "byte 29: '\"' was expected, the beginning of the value of 'k'"
    ),
    (#"{"__metadata__":[]}"#, "byte 24: '{' was expected, the beginning of __metadata__"),
  ]

  @Test(arguments: headers)
  func impossibleHeadersAreRefused(header: String, problem: String) {
    #expect(Self.problem(header) == "header, \(problem)")
  }

  @Test func depthAndNamesAreBounded() {
    let deep = "{\"a\":" + String(repeating: "[", count: 1_000_000)
    #expect(
      Self.problem(deep) == "header, byte 13: '{' was expected, the beginning of tensor 'a'")
    let name = String(repeating: "n", count: 2000)
    #expect(
      Self.problem("{\"\(name)\":{}}")
        == "header, byte 10: a key of the header may have at most 1024 bytes")
    #expect(
      pithError {
        var limits = Limits()
        limits.tensors = 1
        return try SafetensorsFile.read(
          bytes: Self.file(
            "{\(Self.tensor("a", 0, 0)),\(Self.tensor("b", 0, 0)),\(Self.tensor("c", 0, 0))}"),
          limits: limits)
      }?.description == "header, byte 113: the header has more than 2 members")
    let notText: [UInt8] = [5, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x22, 0x7D]
    #expect(
      pithError { try SafetensorsFile.read(bytes: notText) }?.description
        == "header, byte 10: a key of the header is not valid UTF-8")
  }
}
