import CPith
import Foundation
import Pith
import PithC
import PithTensor
import PithTestSupport
import Testing

/// What the functions of `pith.h` say when they cannot do what they are asked.
struct CLibraryErrorTests {
  @Test func leftOutPointersAreRefused() {
    let path = FormatFixtures.path("model-cnn")
    let advice = "see pith.h for what it points to"
    var found = CLibrary.call { pith_open(path, nil, nil, $0, $1) }
    #expect(found == (PITH_INVALID_ARGUMENT, "'session' is NULL; \(advice)"))
    var session: OpaquePointer? = OpaquePointer(bitPattern: 8)
    found = CLibrary.call { pith_open(nil, nil, &session, $0, $1) }
    #expect(found == (PITH_INVALID_ARGUMENT, "'path' is NULL; \(advice)"))
    #expect(session == nil)
    let opened = CLibrary.open(path)
    defer { pith_free(opened.session) }
    let input = [Float](repeating: 0, count: 192)
    var output = [Float](repeating: 0, count: 16)
    found = CLibrary.call { pith_run(nil, input, 1, &output, $0, $1) }
    #expect(found == (PITH_INVALID_ARGUMENT, "'session' is NULL; \(advice)"))
    found = CLibrary.call { pith_run(opened.session, nil, 1, &output, $0, $1) }
    #expect(found == (PITH_INVALID_ARGUMENT, "'input' is NULL; \(advice)"))
    found = CLibrary.call { pith_run(opened.session, input, 1, nil, $0, $1) }
    #expect(found == (PITH_INVALID_ARGUMENT, "'output' is NULL; \(advice)"))
    #expect(pith_input_count(nil) == 0 && pith_output_count(nil) == 0)
    #expect(pith_input_shape(nil, nil, 0) == 0 && pith_output_shape(nil, nil, 0) == 0)
    pith_free(nil)
  }

  @Test func numbersOutOfRangeAreRefused() {
    let path = FormatFixtures.path("model-cnn")
    var found = CLibrary.open(path, CLibrary.options(threads: 513))
    #expect(found.status == PITH_INVALID_ARGUMENT)
    #expect(
      found.message
        == "options.threads is 513 but the most is 512; 0 stands for as many as the process may use"
    )
    #expect(found.session == nil)
    found = CLibrary.open(path, CLibrary.options(batch: -1))
    #expect(found.status == PITH_INVALID_ARGUMENT)
    #expect(
      found.message
        == "options.batch is 18446744073709551615 but the most is 4096; 0 stands for 1; "
        + "a call may have any number of images")
    var options = CLibrary.options()
    options.size = 8
    found = CLibrary.open(path, options)
    #expect(found.status == PITH_INVALID_ARGUMENT)
    #expect(
      found.message
        == "options.size is 8 but this library's structure has 32 bytes; "
        + "set it to sizeof(pith_options), of the pith.h that came with the library")
  }

  @Test(arguments: [-1, Int.max, Int.max / 192 / 4 + 1])
  func moreImagesThanMemoryHoldsAreRefused(images: Int) {
    let opened = CLibrary.open(FormatFixtures.path("model-cnn"))
    defer { pith_free(opened.session) }
    var output: [Float] = [5]
    let found = CLibrary.call { pith_run(opened.session, [1], images, &output, $0, $1) }
    #expect(found.status == PITH_LIMIT_EXCEEDED)
    #expect(
      found.message
        == "'images' is \(UInt(bitPattern: images)), more than any memory holds; "
        + "it counts images, not values or bytes")
    #expect(output == [5])
  }

  @Test func modelsWithSeveralInputsAreRefused() {
    let path = FormatFixtures.path("model-operations")
    let found = CLibrary.open(path)
    #expect(found.status == PITH_UNSUPPORTED)
    #expect(
      found.message
        == "\(path): the model has 2 inputs and 2 outputs, but the C library runs models with one "
        + "of each; use the Swift library or 'pith run'")
  }

  @Test func everyMalformedFileGivesTheSwiftLibrarysErrorAndNoSession() throws {
    let folder = FormatFixtures.malformedFolder
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count > 50)
    for file in files {
      let path = folder.appending(path: file).path
      let found = CLibrary.open(path)
      #expect(found.session == nil, "\(file)")
      do {
        _ = try Plan(Model(contentsOf: path), threads: 1)
        Issue.record("\(file) opens")
      } catch let error as PithError {
        #expect(Int(found.status.rawValue) == error.code.rawValue, "\(file)")
        #expect(found.message == error.inFile(path).description)
      }
    }
  }

  @Test func sentencesAreCutBetweenCharacters() {
    func cut(_ capacity: Int) -> String {
      CLibrary.call(capacity: capacity) { buffer, capacity in
        var session: OpaquePointer?
        return pith_open("/nö.pith", nil, &session, buffer, capacity)
      }.message
    }
    #expect(cut(512).hasPrefix("/nö.pith: "))
    #expect(cut(1) == "")
    #expect(cut(3) == "/n")
    #expect(cut(4) == "/n")
    #expect(cut(5) == "/nö")
    var session: OpaquePointer?
    #expect(pith_open("/nö.pith", nil, &session, nil, 512) == PITH_FILE_ACCESS)
    var untouched: CChar = 9
    #expect(pith_open("/nö.pith", nil, &session, &untouched, 0) == PITH_FILE_ACCESS)
    #expect(untouched == 9)
  }
}
