import Pith
import PithFormat
import PithFormatSupport
import PithGraph
import PithTensor
import PithTestSupport
import Testing

/// Damaged models give errors, never a trap and never other answers.
struct DamagedModelTests {
  static let names = GoldenModelTests.all.map(\.name)

  /// Small enough that whatever opens can be planned and run.
  static var limits: Limits {
    var limits = Limits()
    limits.activationBytes = 1 << 20
    limits.tensorValues = 1 << 16
    limits.imagePixels = 1 << 16
    return limits
  }

  /// Everything that can be done with the bytes of a model; any error is a proper answer.
  static func use(_ bytes: [UInt8]) throws {
    let model = try Model(bytes: bytes, limits: limits)
    let verification = try Verification(model, threads: 1)
    let plan = try Plan(model, threads: 1)
    var inputs: [String: Tensor] = [:]
    for input in plan.inputs { inputs[input.name] = Tensor(shape: input.shape, repeating: 1) }
    _ = try Session(plan, threads: 1).run(inputs)
    if let problem = verification.problems.first { throw problem }
  }

  @Test(arguments: names) func everyPrefixIsRefused(name: String) throws {
    let bytes = try FormatFixtures.bytes(name)
    for length in 0..<bytes.count {
      let error = pithError { try Model(bytes: Array(bytes[..<length])) }
      #expect(error?.rule == (length < 64 ? "F-1" : "F-7"), "\(length) bytes")
    }
  }

  @Test(arguments: names) func everyFlippedByteIsRefused(name: String) throws {
    var bytes = try FormatFixtures.bytes(name)
    let data = try #require(Container(bytes: bytes).sections.first { $0.name == .data })
    let stored = data.offset..<data.offset + data.length
    for position in bytes.indices {
      for flip in [0x01, 0x80, 0xFF] as [UInt8] {
        bytes[position] ^= flip
        let error = pithError {
          let model = try Model(bytes: bytes)
          // A damaged chunk is seen when it is decoded.
          #expect(stored.contains(position), "byte \(position)")
          _ = try Plan(model, threads: 1)
        }
        #expect(error?.rule != nil, "byte \(position), flip \(flip)")
        bytes[position] ^= flip
      }
    }
  }

  /// Every byte changed, with all checksums made right again: an error, or a model that runs.
  @Test(arguments: names) func changedFilesWithRightChecksumsNeverTrap(name: String) throws {
    let original = try FormatFixtures.bytes(name)
    let samples = try Container(bytes: original).sections.first { $0.name == .samples }
    // Of the samples' PNG, which has tests of its own, every 16th byte.
    let png = samples.map { $0.offset + 64..<$0.offset + $0.length } ?? 0..<0
    var refused: [String: Int] = [:]
    var accepted = 0
    for position in original.indices where !png.contains(position) || position % 16 == 0 {
      for flip in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = original
        bytes[position] ^= flip
        ContainerRepair.repair(&bytes)
        // What the repair put right again is the file as it was.
        guard bytes != original else { continue }
        if let error = pithError({ try Self.use(bytes) }) {
          refused[error.rule ?? "\(error.code)", default: 0] += 1
        } else {
          accepted += 1
        }
      }
    }
    #expect(refused["F-4"] == nil && refused["F-10"] == nil && refused["F-21"] == nil)
    #expect(refused["F-60"] ?? 0 > 50 && refused["F-63"] ?? 0 > 20 && refused["F-71"] ?? 0 > 5)
    // Beyond the sections of the container and their flags, the identity sees every change.
    #expect(accepted < 64, "\(accepted) of \(3 * original.count)")
  }

  @Test func aChangedExponentIsFoundByTheIdentity() throws {
    let original = try FormatFixtures.bytes("model-cnn")
    for index in 0..<12 {
      var bytes = try changedWeight(index, of: original)
      // All checksums fit, but the identity is the one that was published.
      let identity = try identityRange(of: original)
      bytes.replaceSubrange(try identityRange(of: bytes), with: original[identity])
      ContainerRepair.repair(&bytes)
      let verification = try Verification(Model(bytes: bytes), threads: 1)
      #expect(!verification.passes)
      #expect(verification.problems.first?.rule == "F-47", "weight \(index)")
    }
  }

  @Test func aChangedExponentIsFoundByTheSamples() throws {
    let original = try FormatFixtures.bytes("model-cnn")
    for index in 0..<12 {
      let verification = try Verification(
        Model(bytes: changedWeight(index, of: original)), threads: 1)
      #expect(!verification.passes)
      #expect(verification.problems.map(\.code) == [.verificationFailed], "weight \(index)")
      let text = verification.problems.first?.description ?? ""
      let output = index / 4
      #expect(text.hasPrefix("sample 'photo': output \(output) differs by "), "\(text)")
      #expect(
        text.hasSuffix(
          " from what numpy gave; \(verification.samples[0].tolerance) is allowed; "
            + "the weights or the recipe are not those of the source: convert it again"), "\(text)")
    }
  }

  @Test func anotherRecipeIsFoundByTheSamples() throws {
    for change in [
      { $0.color = .bgr }, { $0.range = .byte }, { $0.interpolation = .bicubic },
      { $0.resize = .shorterSide(13) }, { $0.mean = .none },
    ] as [(inout Preprocessing) -> Void] {
      var contents = try GoldenModels.cnn()
      var recipe = try #require(contents.preprocessing)
      change(&recipe)
      contents.preprocessing = recipe
      let verification = try Verification(Model(bytes: contents.encoded()), threads: 1)
      #expect(verification.problems.map(\.place) == ["sample 'photo'"])
    }
  }

  @Test func valuesThatNoTrainedNetworkHasAreReported() throws {
    let original = try FormatFixtures.bytes("model-operations")
    let bytes = try rewrittenModel(original) { name, values in
      if name == "conv.weight" { values[7] = .nan }
      if name == "fc.weight" { values[8] = -.infinity }
      if name == "bn.running_var" { values[2] = -0.25 }
    }
    let verification = try Verification(Model(bytes: bytes), threads: 1)
    let advice = "the training diverged or the file is damaged; convert an earlier checkpoint"
    #expect(
      verification.problems.map(\.description) == [
        "tensor 'conv.weight': has the value nan at [1, 0, 0, 1]; \(advice)",
        "tensor 'bn.running_var': has the value -0.25 at [2] but a variance cannot be negative; \(advice)",
        "tensor 'fc.weight': has the value -inf at [2, 2]; \(advice)",
      ])
  }

  @Test func aSampleThatIsNoImageIsReported() throws {
    var contents = try GoldenModels.cnn()
    contents.samples[0].png = Array("GIF89a".utf8)
    let verification = try Verification(Model(bytes: contents.encoded()), threads: 1)
    #expect(verification.problems.map(\.place) == ["sample 'photo', byte 0"])
    #expect(verification.problems.map(\.code) == [.malformedImage])
    #expect(verification.samples[0].difference.isNaN)
  }

  @Test func outputsThatAreNotNumbersDoNotPass() throws {
    let bytes = try rewrittenModel(FormatFixtures.bytes("model-cnn")) { name, values in
      if name == "fc.bias" { values[1] = .nan }
    }
    let verification = try Verification(Model(bytes: bytes), threads: 1)
    #expect(verification.problems.map(\.place) == ["tensor 'fc.bias'", "sample 'photo'"])
    #expect(verification.samples[0].worstOutput == 1)
  }

  /// The golden file with the lowest bit of the exponent of one weight of its last layer flipped.
  private func changedWeight(_ index: Int, of bytes: [UInt8]) throws -> [UInt8] {
    try rewrittenModel(bytes) { name, values in
      guard name == "fc.weight" else { return }
      values[index] = Float(bitPattern: values[index].bitPattern ^ 0x0080_0000)
    }
  }

  private func identityRange(of bytes: [UInt8]) throws -> Range<Int> {
    let section = try #require(Container(bytes: bytes).sections.first { $0.name == .identity })
    return section.offset..<section.offset + section.length
  }
}
