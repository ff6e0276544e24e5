// swift-tools-version: 6.2
import PackageDescription

// Arrows point one way: pure machines <- loop <- net <- gossip <- roles <- program.
// Tests/TidyTests reads this file and holds every import against it.

let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ]
  // CI knows its compiler; a user's newer one may warn of what nobody could know here.
  + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A program that sees of the package what a user's program sees, outside Sources.
func program(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, packageAccess: false, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// What test targets share.
func sharedByTests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let package = Package(
  name: "Ignareo",
  products: [
    .library(name: "Ignareo", targets: ["Ignareo"]),
    .executable(name: "ignareo", targets: ["Main"]),
  ],
  targets: [
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

    // Pure: no I/O, no clock, no randomness of their own, no Foundation.
    target("Clockwork"),
    target("JSON"),
    target("Pattern"),
    target("Substitution", ["JSON"]),
    target("Flow", ["Clockwork", "JSON", "Pattern", "Substitution"]),
    target("HTTP", ["Clockwork"]),
    target("Swim", ["Clockwork"]),
    target("Batch", ["Clockwork", "JSON", "Substitution"]),

    target("Loop", ["Clockwork", "CLinux"]),
    target("Net", ["Clockwork", "Loop", "HTTP", "JSON", "CCurl", "CLinux"]),
    target("Gossip", ["Clockwork", "Swim", "JSON", "HTTP", "Loop", "Net", "COpenSSL"]),
    target("Ignareo", ["Clockwork", "JSON", "Flow", "HTTP", "Loop", "Net", "Gossip"]),
    target("Coordinator", ["Clockwork", "JSON", "HTTP", "Batch", "Loop", "Net", "Gossip", "COpenSSL"]),
    target("Simulation", ["Clockwork", "Swim", "Batch"]),
    .executableTarget(
      name: "Main",
      dependencies: [
        "Clockwork", "JSON", "HTTP", "Loop", "Net", "Gossip", "Ignareo", "Coordinator", "Simulation",
      ],
      swiftSettings: settings),

    program("Benchmark", "Benchmarks/Program", ["Ignareo"]),
    program("MonitorExample", "Cluster/examples/monitor", ["Ignareo"]),

    sharedByTests("Contract", ["HTTP", "JSON"]),

    tests(of: "Clockwork", ["Clockwork"]),
    tests(of: "JSON", ["JSON"]),
    tests(of: "Pattern", ["Pattern", "Clockwork", "JSON"], resources: [.copy("Vectors")]),
    tests(of: "Substitution", ["Substitution"]),
    tests(of: "Flow", ["Flow", "Clockwork", "JSON", "Batch"]),
    tests(of: "HTTP", ["HTTP", "Clockwork"]),
    tests(of: "Swim", ["Swim", "Clockwork"], resources: [.copy("Vectors")]),
    tests(of: "Batch", ["Batch", "Clockwork", "JSON"]),
    tests(of: "Loop", ["Loop", "Clockwork"]),
    tests(of: "Net", ["Net", "Loop", "HTTP", "Clockwork"]),
    tests(of: "Gossip", ["Gossip", "Swim", "Net", "Loop", "JSON", "HTTP", "Clockwork"], resources: [.copy("Vectors")]),
    tests(of: "Ignareo", ["Ignareo", "Contract", "Gossip", "Net", "Loop", "JSON", "HTTP", "Clockwork"]),
    tests(
      of: "Coordinator", ["Coordinator", "Contract", "Batch", "Gossip", "Net", "Loop", "JSON", "HTTP", "Clockwork"]),
    tests(of: "Simulation", ["Simulation", "Swim"]),
    tests(of: "Main", ["Main", "Gossip", "JSON", "Loop", "Net", "HTTP", "Clockwork", "Simulation"]),
    tests(of: "Tidy", []),
    tests(of: "Interop", ["Gossip", "Swim", "Loop", "JSON", "HTTP", "Clockwork"]),
    tests(of: "Cluster", ["Clockwork", "JSON", "HTTP", "Loop", "Net"]),
  ],
  swiftLanguageModes: [.v6]
)
