/// Imports are held against the manifest: pure targets stay pure, and every arrow is there and used.
enum Arrows {
  static let pure: Set = [
    "Clockwork", "JSON", "HTTP", "Swim", "Batch", "Pattern", "Substitution", "Flow", "Simulation",
  ]
  /// What comes with the compiler and the system, for the targets that are not pure.
  static let outside: Set = [
    "Swift", "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Synchronization", "RegexBuilder",
  ]

  /// Imports that a pure target may not have, or that are no arrow of Package.swift.
  static func missing(_ file: TreeFile, _ manifest: Manifest) -> [Complaint] {
    guard let target = manifest.target(of: file) else { return [] }
    let name = target.name
    return imports(file).compactMap { line, module in
      if target.arrows.contains(module) { return nil }
      if manifest.target(module) != nil {
        return file.complain(
          line,
          "\(name) imports \(module), which is no arrow of Package.swift: move the code to where it belongs, "
            + "or add the arrow if it points from the roles towards the pure targets")
      }
      if pure.contains(name) {
        return file.complain(
          line,
          "\(name) is pure and imports \(module): hand time, chance and bytes in as arguments, and let the shell "
            + "in Loop, Net or Gossip do the I/O")
      }
      if outside.contains(module) || (target.kind == .test && module == "Testing") { return nil }
      return file.complain(
        line, "\(name) imports \(module), which neither the project nor the system has: Ignareo takes no packages")
    }
  }

  /// Arrows of the manifest that no file of the target imports.
  static func unused(_ files: [TreeFile], _ manifest: Manifest) -> [Complaint] {
    var used: [String: Set<String>] = [:]
    for file in files {
      guard let name = manifest.target(of: file)?.name else { continue }
      used[name, default: []].formUnion(imports(file).map(\.module))
    }
    return manifest.targets.flatMap { target in
      target.arrows.filter { used[target.name]?.contains($0) != true }.map { arrow in
        Complaint(
          file: "Package.swift", line: target.line,
          text: "\(target.name) has an arrow to \(arrow) and no file of it imports \(arrow): take the arrow out")
      }
    }
  }

  /// Every import with its line: `import A`, `@testable import A`, `package import struct A.B`.
  static func imports(_ file: TreeFile) -> [(line: Int, module: String)] {
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    return (file.swift?.code ?? []).enumerated().compactMap { index, line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
        words[..<place].allSatisfy({ $0.first == "@" || $0.allSatisfy(\.isLowercase) })
      else { return nil }
      var rest = words[(place + 1)...]
      if kinds.contains(rest[rest.startIndex]) { rest = rest.dropFirst() }
      guard let module = rest.first?.split(separator: ".").first else { return nil }
      return (index + 1, String(module))
    }
  }
}
