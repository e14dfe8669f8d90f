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
    .target(name: "PithThreads", dependencies: ["CPithKernels"], swiftSettings: strict),
    .testTarget(name: "PithThreadsTests", dependencies: ["PithThreads"], swiftSettings: strict),
    // Floor 2.
    .target(
      name: "PithFormat", dependencies: ["CZlib", "CPithKernels", "PithTensor", "PithFiles"],
      swiftSettings: strict),
    .target(
      name: "PithFormatSupport", dependencies: ["PithFormat", "PithTensor"],
      path: "Tests/PithFormatSupport", swiftSettings: strict),
    .executableTarget(
      name: "SaveLoop", dependencies: ["PithFiles", "PithFormatSupport"], path: "Tests/SaveLoop",
      swiftSettings: strict),
    .testTarget(
      name: "PithFormatTests",
      dependencies: ["PithFormat", "PithFormatSupport", "PithTensor", "CZlib", "SaveLoop"],
      swiftSettings: strict),
    .target(
      name: "PithKernels", dependencies: ["CPithKernels", "PithTensor", "PithThreads"],
      swiftSettings: strict),
    .testTarget(
      name: "PithKernelsTests",
      dependencies: ["CPithKernels", "CZlib", "PithKernels", "PithTensor", "PithThreads"],
      swiftSettings: strict),
  ]
)

// Fuzzers and benchmarks are built only when asked for: tools/fuzz/run and tools/bench/run.
if Context.environment["PITH_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "FuzzFormat", dependencies: ["PithFormatSupport", "PithTensor"],
      path: "tools/fuzz/FuzzFormat", swiftSettings: strict))
}
if Context.environment["PITH_BENCH"] != nil {
  package.targets.append(
    .executableTarget(
      name: "BenchFormat",
      dependencies: ["PithFiles", "PithFormat", "PithFormatSupport", "PithTensor"],
      path: "tools/bench/BenchFormat", swiftSettings: strict))
}
