// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "pith",
  targets: [
    // Floor 0: system libraries and leaf kernels.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CPithKernels", cSettings: strictC),
    // Floor 1.
    .target(name: "PithTensor", swiftSettings: strict),
    .target(name: "PithFiles", dependencies: ["PithTensor"], swiftSettings: strict),
    // Floor 5.
    .target(
      name: "PithConversion", dependencies: ["CZlib", "PithFiles", "PithTensor"],
      swiftSettings: strict),
    .testTarget(
      name: "PithConversionTests", dependencies: ["PithConversion", "PithFiles", "PithTensor"],
      swiftSettings: strict),
  ]
)

// Fuzzing needs `--sanitize fuzzer`, which an ordinary build does not have.
if Context.environment["PITH_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "FuzzPyTorch", dependencies: ["PithConversion", "PithTensor"],
      path: "tools/fuzz/FuzzPyTorch", swiftSettings: strict))
}
