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
    // Floor 2.
    .target(
      name: "PithKernels", dependencies: ["PithTensor", "CPithKernels"], swiftSettings: strict),
    // Floor 3.
    .target(name: "PithGraph", dependencies: ["PithTensor"], swiftSettings: strict),
    // Floor 4.
    .target(
      name: "Pith", dependencies: ["PithTensor", "PithKernels", "PithGraph"], swiftSettings: strict),
    // Floor 5.
    .target(
      name: "PithConversion", dependencies: ["PithTensor", "PithGraph"], swiftSettings: strict),
    // Tests.
    .testTarget(
      name: "PithTensorTests", dependencies: ["PithTensor", "PithFiles"], swiftSettings: strict),
    .testTarget(
      name: "PithKernelsTests", dependencies: ["Pith", "PithKernels", "PithGraph", "PithTensor"],
      swiftSettings: strict),
    .testTarget(
      name: "PithGraphTests", dependencies: ["Pith", "PithGraph", "PithTensor"],
      swiftSettings: strict),
    .testTarget(
      name: "PithConversionTests",
      dependencies: ["PithConversion", "Pith", "PithKernels", "PithGraph", "PithTensor"],
      swiftSettings: strict),
  ]
)
