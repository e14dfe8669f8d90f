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
      name: "PithKernels", dependencies: ["CPithKernels", "PithTensor", "PithThreads"],
      swiftSettings: strict),
    .testTarget(
      name: "PithKernelsTests",
      dependencies: ["CPithKernels", "CZlib", "PithKernels", "PithTensor", "PithThreads"],
      swiftSettings: strict),
  ]
)
