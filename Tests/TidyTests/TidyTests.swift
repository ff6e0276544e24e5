import Testing

/// Each rule over the whole tree. What a rule means and how it can fail stands in RuleTests.
@Suite struct TidyTests {
  let tree = Tree.package

  private func expectNone(_ complaints: [Complaint]) {
    for complaint in complaints { Issue.record(Comment(rawValue: complaint.description)) }
  }

  @Test("the tree and its manifest were found and read")
  func found() {
    #expect(tree.swift.count > 20)
    #expect(tree.manifest.target("Net")?.arrows.contains("Loop") == true)
    #expect(tree.manifest.target("Main")?.arrows.contains("Ignareo") == true)
  }

  @Test("every import is an arrow of the manifest, and pure targets import nothing from outside")
  func arrows() { expectNone(tree.swift.flatMap { Arrows.missing($0, tree.manifest) }) }

  @Test("every arrow of the manifest is used")
  func unusedArrows() { expectNone(Arrows.unused(tree.swift, tree.manifest)) }

  @Test("tasks are born on a loop")
  func tasks() { expectNone(tree.swift.flatMap(Calls.bareTask)) }

  @Test("only the program prints")
  func printing() { expectNone(tree.swift.flatMap(Calls.print)) }

  @Test("files have a readable length")
  func files() { expectNone(tree.code.flatMap(Lengths.file)) }

  @Test("functions have a readable length")
  func functions() { expectNone(tree.swift.flatMap(Lengths.function)) }

  @Test("lines have a readable length")
  func lines() { expectNone(tree.code.flatMap(Lengths.line)) }

  @Test("no file holds a path of one machine or a registry's host")
  func machinePaths() { expectNone(tree.files.flatMap(Words.machinePath)) }

  @Test("no work is put off in the text")
  func postponedWork() { expectNone(tree.files.flatMap(Words.postponedWork)) }

  @Test("no file is named as a drawer")
  func vagueNames() { expectNone(tree.files.flatMap(Words.vagueName)) }

  @Test("what the compiler does not check, a comment guards")
  func guards() { expectNone(tree.swift.flatMap { Guards.unchecked($0) + Guards.pointers($0) }) }

  @Test("the top level holds only what it should")
  func topLevel() { expectNone(Layout.topLevel(tree.topLevel)) }

  @Test("folders and targets are one and the same, and each target has tests")
  func folders() { expectNone(Layout.folders(sources: tree.sources, tests: tree.tests, tree.manifest)) }
}
