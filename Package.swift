// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "pith",
  products: [
    .library(name: "Pith", targets: ["Pith"]),
    // tools/library makes libpith.so of it: a product cannot have the name of the command.
    .library(name: "PithC", type: .dynamic, targets: ["PithC"]),
    .library(name: "PithTraining", targets: ["PithTraining"]),
    .executable(name: "pith", targets: ["PithCLI"]),
  ],
  traits: [
    .trait(
      name: "Command",
      description: "The command pith; a package that needs the library only says traits: []."),
    .default(enabledTraits: ["Command"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
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
      name: "PithImage",
      dependencies: ["CPNG", "CPithKernels", "CZlib", "PithFiles", "PithTensor"],
      swiftSettings: strict),
    // Floor 3.
    .target(
      name: "CPithNetworks",
      exclude: [
        "alexnet.network", "densenet.network", "efficientnet_b0.network",
        "googlenet.network", "lenet.network", "mobilenet_v2.network",
        "mobilenet_v3_large.network", "resnet-cifar.network", "resnet.network",
        "squeezenet1_1.network", "vgg.network",
      ],
      cSettings: strictC),
    .target(
      name: "PithGraph", dependencies: ["CPithNetworks", "PithTensor"], swiftSettings: strict),
    // Floor 4.
    .target(
      name: "Pith",
      dependencies: [
        "PithTensor", "PithThreads", "PithFormat", "PithKernels", "PithImage", "PithGraph",
      ],
      swiftSettings: strict),
    // Floor 5.
    .target(
      name: "PithTraining",
      dependencies: [
        "CPithKernels", "PithTensor", "PithFiles", "PithThreads", "PithFormat", "PithKernels",
        "PithImage", "PithGraph", "Pith",
      ],
      swiftSettings: strict),
    .target(
      name: "PithConversion",
      dependencies: [
        "CZlib", "PithTensor", "PithFiles", "PithFormat", "PithImage", "PithGraph", "Pith",
      ],
      swiftSettings: strict),
    .target(name: "CPith", cSettings: strictC),
    .target(
      name: "PithC", dependencies: ["CPith", "PithTensor", "PithThreads", "PithGraph", "Pith"],
      swiftSettings: strict),
    // Floor 6.
    .target(name: "CPithDefaultModel", exclude: ["default.pith"], cSettings: strictC),
    .executableTarget(
      name: "PithCLI",
      dependencies: [
        "CPithDefaultModel", "PithTensor", "PithFiles", "PithThreads", "PithFormat", "PithKernels",
        "PithImage", "PithGraph", "Pith", "PithTraining", "PithConversion",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser",
          condition: .when(traits: ["Command"])),
      ],
      swiftSettings: strict),
    // Tests, floor by floor, and what they share.
    .target(
      name: "PithTestSupport", dependencies: ["CZlib", "PithTensor"],
      path: "Tests/PithTestSupport", swiftSettings: strict),
    .testTarget(
      name: "PithTensorTests", dependencies: ["PithTensor", "PithFiles", "PithTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "PithThreadsTests", dependencies: ["PithThreads", "PithTestSupport"],
      swiftSettings: strict),
    .target(
      name: "PithFormatSupport", dependencies: ["PithFormat", "PithTensor"],
      path: "Tests/PithFormatSupport", swiftSettings: strict),
    .executableTarget(
      name: "SaveLoop", dependencies: ["PithFiles", "PithFormatSupport"], path: "Tests/SaveLoop",
      swiftSettings: strict),
    .testTarget(
      name: "PithFormatTests",
      dependencies: [
        "PithFiles", "PithFormat", "PithFormatSupport", "PithTensor", "CPithKernels", "CZlib",
        "SaveLoop",
        "PithTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PithKernelsTests",
      dependencies: [
        "CPithKernels", "CZlib", "PithTensor", "PithThreads", "PithKernels", "PithGraph", "Pith",
        "PithTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PithImageTests",
      dependencies: [
        "CPNG", "CPithKernels", "CZlib", "PithImage", "PithTensor", "PithTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PithGraphTests",
      dependencies: ["Pith", "PithGraph", "PithTensor", "PithTestSupport"],
      swiftSettings: strict),
    .target(
      name: "CAllocationCounter", path: "Tests/CAllocationCounter", cSettings: strictC),
    .target(
      name: "CInstructionCounter", path: "Tests/CInstructionCounter", cSettings: strictC),
    .executableTarget(
      name: "InferenceLoop",
      dependencies: ["CAllocationCounter", "Pith", "PithTensor", "PithThreads"],
      path: "Tests/InferenceLoop", swiftSettings: strict),
    .testTarget(
      name: "PithTests",
      dependencies: [
        "CInstructionCounter", "CZlib", "InferenceLoop", "Pith", "PithConversion", "PithFormat",
        "PithFormatSupport", "PithGraph", "PithKernels", "PithTensor", "PithTestSupport",
        "PithThreads",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "TrainLoop",
      dependencies: ["PithTraining", "PithGraph", "PithTensor", "PithThreads"],
      path: "Tests/TrainLoop", swiftSettings: strict),
    .testTarget(
      name: "PithTrainingTests",
      dependencies: [
        "TrainLoop", "PithTraining", "PithConversion", "Pith", "PithGraph", "PithFormat",
        "PithFiles", "PithImage", "PithKernels", "PithThreads", "PithTensor", "PithTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PithConversionTests",
      dependencies: [
        "PithConversion", "Pith", "PithKernels", "PithGraph", "PithFiles", "PithImage",
        "PithTensor", "PithTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PithCTests",
      dependencies: ["CPith", "PithC", "Pith", "PithTensor", "PithTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "PithCLITests",
      dependencies: [
        "PithTensor", "PithThreads", "PithFormat", "PithKernels", "PithGraph", "Pith",
        "PithConversion", "PithCLI", "PithTestSupport",
      ],
      swiftSettings: strict),
  ]
)

// Fuzzers and benchmarks are built only when asked for: tools/fuzz/run and tools/bench/run.
if Context.environment["PITH_FUZZ"] != nil {
  package.targets += [
    .executableTarget(
      name: "FuzzFormat", dependencies: ["PithFormatSupport", "PithTensor"],
      path: "tools/fuzz/FuzzFormat", swiftSettings: strict),
    .executableTarget(
      name: "FuzzInflate", dependencies: ["CPithKernels", "CZlib"],
      path: "tools/fuzz/FuzzInflate", swiftSettings: strict),
    .executableTarget(
      name: "FuzzModel", dependencies: ["Pith", "PithFormatSupport", "PithTensor"],
      path: "tools/fuzz/FuzzModel", swiftSettings: strict),
    .executableTarget(
      name: "FuzzNetwork", dependencies: ["PithGraph", "PithTensor"],
      path: "tools/fuzz/FuzzNetwork", swiftSettings: strict),
    .executableTarget(
      name: "FuzzPyTorch", dependencies: ["PithConversion", "PithTensor"],
      path: "tools/fuzz/FuzzPyTorch", swiftSettings: strict),
    .executableTarget(
      name: "FuzzONNX", dependencies: ["PithConversion", "PithGraph", "PithTensor"],
      path: "tools/fuzz/FuzzONNX", swiftSettings: strict),
    .executableTarget(
      name: "FuzzSafetensors", dependencies: ["PithConversion", "PithTensor"],
      path: "tools/fuzz/FuzzSafetensors", swiftSettings: strict),
  ]
}
if Context.environment["PITH_BENCH"] != nil {
  package.targets += [
    .executableTarget(
      name: "BenchFormat",
      dependencies: ["PithFiles", "PithFormat", "PithFormatSupport", "PithTensor"],
      path: "tools/bench/BenchFormat", swiftSettings: strict),
    .executableTarget(
      name: "BenchTraining",
      dependencies: ["PithConversion", "PithFiles", "PithGraph", "PithTensor", "PithTraining"],
      path: "tools/bench/BenchTraining", swiftSettings: strict),
  ]
}
