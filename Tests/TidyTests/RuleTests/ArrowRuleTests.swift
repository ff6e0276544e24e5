import Testing

@Suite struct ArrowRuleTests {
  private let manifest = Manifest(
    """
    .systemLibrary(name: "CLinux"),
    target("JSON"),
    target("Batch", ["JSON"]),
    target("Loop", ["CLinux"]),
    tests(of: "Loop", ["Loop"]),
    """)

  @Test(
    "an import is found in every spelling",
    arguments: [
      ("import A", "A"), ("package import A", "A"), ("@testable import A", "A"), ("import struct A.B", "A"),
      ("@preconcurrency public import A // why", "A"),
    ])
  func spellings(_ line: String, _ module: String) {
    #expect(Arrows.imports(TreeFile("Sources/X/X.swift", line)).map(\.module) == [module])
  }

  @Test("what only looks like an import is none", arguments: ["// import A", "\"import A\"", "let import1 = 2"])
  func noImport(_ line: String) { #expect(Arrows.imports(TreeFile("Sources/X/X.swift", line)).isEmpty) }

  @Test(
    "a pure target may import what it has an arrow to, and nothing from outside",
    arguments: [
      ("Sources/Batch/A.swift", "import JSON", nil),
      ("Sources/Batch/A.swift", "import Foundation", "is pure"),
      ("Sources/Batch/A.swift", "import Glibc", "is pure"),
      ("Sources/Batch/A.swift", "import Loop", "no arrow"),
      ("Sources/Loop/A.swift", "import Glibc", nil),
      ("Sources/Loop/A.swift", "import CLinux", nil),
      ("Sources/Loop/A.swift", "import JSON", "no arrow"),
      ("Sources/Loop/A.swift", "import Testing", "takes no packages"),
      ("Sources/Loop/A.swift", "import NIO", "takes no packages"),
      ("Tests/LoopTests/A.swift", "import Testing", nil),
      ("Tests/LoopTests/A.swift", "import JSON", "no arrow"),
    ])
  func missing(_ path: String, _ line: String, _ complaint: String?) {
    let complaints = Arrows.missing(TreeFile(path, "// first\n" + line), manifest)
    if let complaint {
      #expect(complaints.count == 1)
      #expect(complaints.first?.description.hasPrefix("\(path):2: ") == true)
      #expect(complaints.first?.text.contains(complaint) == true)
    } else {
      #expect(complaints.isEmpty)
    }
  }

  @Test("an arrow that nobody imports is reported at its target's line")
  func unused() {
    let files = [
      TreeFile("Sources/Batch/A.swift", "let a = 1"), TreeFile("Sources/Loop/A.swift", "import CLinux"),
      TreeFile("Tests/LoopTests/A.swift", "@testable import Loop"),
    ]
    #expect(Arrows.unused(files, manifest).map(\.line) == [3])
  }
}

@Suite struct LayoutRuleTests {
  private let manifest = Manifest("target(\"A\"),\ntests(of: \"A\", [\"A\"]),\ntests(of: \"Tidy\", []),")

  @Test("the top level holds the allowed entries and dot files, no others")
  func topLevel() {
    #expect(Layout.topLevel(["Package.swift", "Sources", ".gitignore", "README.md", ".ci"]).isEmpty)
    #expect(Layout.topLevel(["notes.txt", "docs", "Sources"]).map(\.file) == ["notes.txt", "docs"])
  }

  @Test("a tree whose folders and targets agree has no complaint")
  func agree() {
    let tests = ["ATests", "TidyTests", "run", "Scenarios"]
    #expect(Layout.folders(sources: ["A"], tests: tests, manifest).isEmpty)
  }

  @Test("stray folders, targets without a folder and suites without a target are reported")
  func disagree() {
    let stray = Layout.folders(sources: ["A", "B"], tests: ["ATests", "BTests", "TidyTests"], manifest)
    #expect(stray.map(\.file) == ["Sources/B", "Tests/BTests"])
    let homeless = Layout.folders(sources: [], tests: ["TidyTests"], manifest)
    #expect(homeless.map(\.line) == [1, 2])
    let other = Manifest("target(\"A\"),\ntests(of: \"B\", []),")
    let texts = Layout.folders(sources: ["A"], tests: ["BTests"], other).map(\.text)
    #expect(texts.count == 2 && texts[0].contains("has no tests") && texts[1].contains("tests no target"))
  }

  @Test("what tests share has a folder beside theirs, and is of use to two of them at least")
  func shared() {
    func folders(_ second: String, _ tests: [String] = ["ATests", "BTests", "S"]) -> [String] {
      let manifest = Manifest(
        "target(\"A\"),\ntarget(\"B\"),\nsharedByTests(\"S\", [\"A\"]),\n"
          + "tests(of: \"A\", [\"A\", \"S\"]),\ntests(of: \"B\", [\(second)]),")
      return Layout.folders(sources: ["A", "B"], tests: tests, manifest).map(\.text)
    }
    #expect(folders("\"S\"") == [])
    #expect(folders("").map { $0.contains("shared by no two suites") } == [true])
    #expect(folders("\"S\"", ["ATests", "BTests"]).map { $0.contains("no folder") } == [true])
  }

  @Test("what .gitignore leaves out is left out", arguments: [".build", ".build-x", "a.swp", "cache"])
  func ignored(_ name: String) {
    let ignored = Ignored(".build/\n.build-*/\n*.swp\ncache\n")
    #expect(ignored.contains(name) && !ignored.contains("Sources") && !ignored.contains("build"))
  }
}
