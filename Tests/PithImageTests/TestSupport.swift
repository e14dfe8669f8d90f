import CZlib
import Foundation
import PithImage
import PithTensor
import PithTestSupport

/// The PNG files below a folder of the shared data, in byte order.
func sharedImages(_ folder: String) throws -> [String] {
  let walker = FileManager.default.enumerator(
    at: try SharedData.file(folder), includingPropertiesForKeys: nil)
  return (walker?.compactMap { ($0 as? URL)?.path } ?? []).filter { $0.hasSuffix(".png") }.sorted()
}

/// The line of `expected.txt`, as words.
func expectations(_ kind: String) throws -> [[String]] {
  try Repository.text("Fixtures/png/expected.txt").split(separator: "\n")
    .map { $0.split(separator: " ").map(String.init) }
    .filter { $0.first == kind }
}

func crc(_ pixels: [UInt8]) -> String {
  let sum = String(crc32(0, pixels, UInt32(pixels.count)), radix: 16)
  return String(repeating: "0", count: 8 - sum.count) + sum
}

func colorNamed(_ name: String) -> Preprocessing.Color {
  Preprocessing.Color.allCases.first { $0.name == name } ?? .bgr
}

func randomImage(
  _ height: Int, _ width: Int, _ channels: Int, _ random: inout SeededRandom
) throws -> PixelImage {
  let pixels = (0..<height * width * channels).map { _ in UInt8.random(in: 0...255, using: &random)
  }
  return try PixelImage(height: height, width: width, channels: channels, pixels: pixels)
}

/// The sentence of the error of a call, with its code.
func errorMessage(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch let error as PithError {
    return "\(error.code): \(error)"
  } catch {
    return "another error"
  }
}
