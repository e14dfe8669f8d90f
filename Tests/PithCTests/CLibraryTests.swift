import CPith
import Pith
import PithC
import PithTensor
import PithTestSupport
import Testing

/// What the functions of `pith.h` do when they are used as it says.
struct CLibraryTests {
  @Test func statusNumbersAreThoseOfPithError() {
    let names: [pith_status] = [
      PITH_INVALID_ARGUMENT, PITH_FILE_ACCESS, PITH_MALFORMED_FILE, PITH_CHECKSUM_MISMATCH,
      PITH_UNSUPPORTED_VERSION, PITH_LIMIT_EXCEEDED, PITH_TENSOR_MISMATCH, PITH_SHAPE_MISMATCH,
      PITH_INVALID_GRAPH, PITH_UNSUPPORTED, PITH_MALFORMED_IMAGE, PITH_IMAGE_SIZE,
      PITH_MALFORMED_CHECKPOINT, PITH_UNSAFE_CHECKPOINT, PITH_MISSING_PREPROCESSING,
      PITH_INVALID_VALUE, PITH_VERIFICATION_FAILED, PITH_MALFORMED_NETWORK,
    ]
    let codes: [PithError.Code] = [
      .invalidArgument, .fileAccess, .malformedFile, .checksumMismatch, .unsupportedVersion,
      .limitExceeded, .tensorMismatch, .shapeMismatch, .invalidGraph, .unsupported,
      .malformedImage, .imageSize, .malformedCheckpoint, .unsafeCheckpoint, .missingPreprocessing,
      .invalidValue, .verificationFailed, .malformedNetwork,
    ]
    #expect(codes == PithError.Code.allCases)
    #expect(names.map { Int($0.rawValue) } == codes.map(\.rawValue))
    #expect(PITH_OK.rawValue == 0)
  }

  @Test func shapesAreThoseOfOneImage() {
    let opened = CLibrary.open(FormatFixtures.path("model-cnn"))
    defer { pith_free(opened.session) }
    #expect(opened.status == PITH_OK)
    #expect(opened.message == "")
    #expect(pith_input_count(opened.session) == 3 * 8 * 8)
    var dimensions = [-1, -1, -1, -1]
    #expect(pith_input_shape(opened.session, &dimensions, 4) == 3)
    #expect(dimensions == [3, 8, 8, -1])
    #expect(pith_output_shape(opened.session, nil, 0) == 1)
    dimensions = [-1, -1]
    #expect(pith_input_shape(opened.session, &dimensions, 1) == 3)
    #expect(dimensions == [3, -1])
    #expect(pith_output_shape(opened.session, &dimensions, .max) == 1)
    #expect(dimensions == [pith_output_count(opened.session), -1])
  }

  @Test(arguments: [(1, 1, false), (2, 3, false), (1, 8, true)])
  func answersAreThoseOfTheSwiftLibrary(threads: Int, batch: Int, exact: Bool) throws {
    let path = FormatFixtures.path("model-cnn")
    let opened = CLibrary.open(
      path, CLibrary.options(threads: threads, batch: batch, exact: exact))
    defer { pith_free(opened.session) }
    let images = 5
    var random = SeededRandom(seed: 7)
    let input = (0..<images * 192).map { _ in random.uniform() }
    let plan = try Plan(Model(contentsOf: path), threads: 1, isExact: exact)
    let expected = try Session(plan, threads: 1).run([
      plan.inputs[0].name: Tensor(shape: [images, 3, 8, 8], values: input)
    ])
    let found = CLibrary.run(opened.session, input, images: images)
    #expect(found.status == PITH_OK)
    #expect(found.message == "")
    #expect(found.output == expected[plan.outputs[0].name]?.values)
  }

  @Test func noImagesAreNoWork() {
    let opened = CLibrary.open(FormatFixtures.path("model-cnn"))
    defer { pith_free(opened.session) }
    let found = CLibrary.call { message, capacity in
      var untouched: Float = 5
      let status = pith_run(opened.session, [1], 0, &untouched, message, capacity)
      #expect(untouched == 5)
      return status
    }
    #expect(found.status == PITH_OK)
  }

  @Test func versionIsThatOfTheSwiftLibrary() throws {
    #expect(String(cString: try #require(pith_version())) == PithVersion.current)
  }
}
