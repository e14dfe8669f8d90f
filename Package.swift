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
    .target(
      name: "CPNG", cSettings: strictC,
      linkerSettings: [.linkedLibrary("png16"), .linkedLibrary("z")]),
    .target(name: "CPithKernels", cSettings: strictC),
    // Floor 1.
    .target(name: "PithTensor", swiftSettings: strict),
    .target(name: "PithFiles", dependencies: ["PithTensor"], swiftSettings: strict),
    .target(name: "PithThreads", dependencies: ["CPithKernels"], swiftSettings: strict),
    // Floor 2.
    .target(
      name: "PithFormat", dependencies: ["CZlib", "CPithKernels", "PithTensor", "PithFiles"],
      swiftSettings: strict),
    .target(
      name: "PithKernels", dependencies: ["PithTensor", "PithThreads", "CPithKernels"],
      swiftSettings: strict),
    .target(
      name: "PithImage", dependencies: ["CPNG", "PithFiles", "PithTensor"],
      swiftSettings: strict),
    // Floor 3.
    .target(name: "PithGraph", dependencies: ["PithTensor"], swiftSettings: strict),
    // Floor 4.
    .target(
      name: "Pith",
      dependencies: [
        "PithTensor", "PithThreads", "PithFormat", "PithKernels", "PithImage", "PithGraph",
      ],
      swiftSettings: strict),
    // Floor 5.
    .target(
      name: "PithConversion",
      dependencies: [
        "CZlib", "PithTensor", "PithFiles", "PithFormat", "PithImage", "PithGraph", "Pith",
      ],
      swiftSettings: strict),
    // Tests.
    .testTarget(name: "PithThreadsTests", dependencies: ["PithThreads"], swiftSettings: strict),
    .testTarget(
      name: "PithKernelsTests",
      dependencies: ["CPithKernels", "CZlib", "PithKernels", "PithTensor", "PithThreads"],
      swiftSettings: strict),
    .testTarget(
      name: "PithTests",
      dependencies: [
        "Pith", "PithConversion", "PithGraph", "PithKernels", "PithTensor", "PithThreads",
      ],
      swiftSettings: strict),
  ]
)
