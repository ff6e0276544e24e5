/// The shape of the tree: what may stand at the top, and that folders and targets are one and the same.
enum Layout {
  static let top: Set = ["Package.swift", "Sources", "Tests", "Cluster", "README.md", "Benchmarks"]
  /// Folders of Tests that are no test target.
  static let besides: Set = ["Scenarios", "Interop", "Fuzz", "run", "fuzz", "simulate"]
  /// Test targets that test the whole and no single target.
  static let whole: Set = ["TidyTests", "InteropTests", "ClusterTests"]

  static func topLevel(_ entries: [String]) -> [Complaint] {
    entries.filter { !$0.hasPrefix(".") && !top.contains($0) }.map {
      Complaint(
        file: $0, line: 1,
        text: "the top level holds \(top.sorted().joined(separator: ", ")) and dot files: put it into one of them")
    }
  }

  /// Folders without a target, targets without a folder, and targets without tests.
  static func folders(sources: [String], tests: [String], _ manifest: Manifest) -> [Complaint] {
    let products = manifest.targets.filter { $0.kind == .product || $0.kind == .system }
    let suites = manifest.targets.filter { $0.kind == .test }
    let shared = manifest.targets.filter { $0.kind == .shared }
    let strayFolders =
      sources.filter { name in !products.contains { $0.name == name } }.map { "Sources/\($0)" }
      + tests.filter { name in !besides.contains(name) && !(suites + shared).contains { $0.name == name } }
      .map { "Tests/\($0)" }
    let stray = strayFolders.map {
      Complaint(file: $0, line: 1, text: "no target of Package.swift has this folder: declare it, or move the files")
    }
    let homeless =
      products.filter { !sources.contains($0.name) } + (suites + shared).filter { !tests.contains($0.name) }
    let untested = products.filter { target in
      target.kind == .product && !suites.contains { $0.name == target.name + "Tests" }
    }
    let pointless = suites.filter { suite in
      !whole.contains(suite.name) && !products.contains { $0.name + "Tests" == suite.name }
    }
    let unshared = shared.filter { target in suites.count { $0.arrows.contains(target.name) } < 2 }
    return stray
      + homeless.map { manifest.complain($0, "has no folder: add it, or take the target out") }
      + untested.map { manifest.complain($0, "has no tests: add Tests/\($0.name)Tests and its target") }
      + pointless.map { manifest.complain($0, "tests no target: name it after the one it tests") }
      + unshared.map { manifest.complain($0, "is shared by no two suites: move it into the one that needs it") }
  }
}

extension Manifest {
  fileprivate func complain(_ target: Target, _ text: String) -> Complaint {
    Complaint(file: "Package.swift", line: target.line, text: "\(target.name) \(text)")
  }
}
