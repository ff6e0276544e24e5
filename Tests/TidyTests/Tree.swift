import Foundation

/// The package as it lies on disk, without what .gitignore leaves out.
struct Tree {
  let files: [TreeFile]
  let manifest: Manifest
  let topLevel: [String]
  let sources: [String]
  let tests: [String]

  /// Read once for all rules; the package's root is three folders above this file.
  static let package = Tree(
    root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent())

  init(root: URL) {
    let ignored = Ignored((try? String(contentsOf: root.appending(path: ".gitignore"), encoding: .utf8)) ?? "")
    func entries(_ folder: String) -> [String] {
      let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
      return (names ?? []).filter { !ignored.contains($0) && $0 != ".git" }.sorted()
    }
    var found: [TreeFile] = []
    func read(_ folder: String) {
      for name in entries(folder) {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
        if isFolder.boolValue {
          read(path)
        } else if let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) {
          // What is no UTF-8 is a picture or a capture: no rule here reads those.
          found.append(TreeFile(path, text))
        }
      }
    }
    read("")
    files = found
    manifest = Manifest(found.first { $0.path == "Package.swift" }?.lines.joined(separator: "\n") ?? "")
    topLevel = entries("")
    sources = entries("Sources")
    tests = entries("Tests")
  }

  var swift: [TreeFile] { files.filter { $0.swift != nil } }

  /// What people write and read as code: Swift, C, and the scripts, which have no ending.
  var code: [TreeFile] {
    files.filter { file in
      [".swift", ".h", ".c", ".go", ".sh"].contains { file.name.hasSuffix($0) }
        || file.lines.first?.hasPrefix("#!") == true
    }
  }
}

/// The few pattern forms that the project's .gitignore uses: `name`, `name/`, `name*`, `*name`.
struct Ignored {
  private let patterns: [String]

  init(_ text: String) {
    patterns = text.split(separator: "\n").map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }
  }

  func contains(_ name: String) -> Bool {
    patterns.contains { pattern in
      if pattern.hasPrefix("*") { return name.hasSuffix(pattern.dropFirst()) }
      if pattern.hasSuffix("*") { return name.hasPrefix(pattern.dropLast()) }
      return name == pattern
    }
  }
}
