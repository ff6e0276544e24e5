import Testing

@Suite struct SourceTextTests {
  @Test(
    "code keeps neither comments nor what strings say, and keeps its columns",
    arguments: [
      ("let a = 1 // print(", "let a = 1          "),
      ("a /* x /* y */ z */ b", "a                   b"),
      (#"call("print(")"#, #"call("      ")"#),
      (#"call("a \(Task(b)) c")"#, #"call("   (Task(b))  ")"#),
      (#"x("a\"b")"#, #"x("    ")"#),
      (##"x(#"a"b\n"#)"##, ##"x(#"     "#)"##),
      ("let r = /a\"b/", "let r = /   /"),
      ("let half = a / b // \"", "let half = a / b     "),
    ])
  func code(_ text: String, _ code: String) { #expect(SourceText(text).code == [code]) }

  @Test("a string of several lines ends at its three quotes, not at one")
  func multiline() {
    let text = SourceText("let a = \"\"\"\n  print(\"x\")\n  \"\"\"\nlet b = 2")
    #expect(text.code == ["let a = \"\"\"", "            ", "  \"\"\"", "let b = 2"])
  }

  @Test("comments stand alone in their own text")
  func comments() {
    #expect(SourceText("let a = \"//\" // why").comments == ["             // why"])
    #expect(SourceText("/* a\nb */ c").comments == ["/* a", "b *" + "/  "])
  }

  @Test("a string that is not closed ends with its line")
  func unclosed() { #expect(SourceText("let a = \"x\nprint(1)").code.last == "print(1)") }
}

@Suite struct ManifestTests {
  private let text = """
    func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target { .target(name: name) }
    let package = Package(
      targets: [
        .systemLibrary(name: "CLinux", pkgConfig: "x", providers: [.apt(["y"])]),
        // target("Old", ["Gone"]),
        target("A"),
        target("B", ["A", "CLinux"]),
        .executableTarget(
          name: "Main",
          dependencies: [
            "A", "B",
          ],
          swiftSettings: settings),
        program("Shop", "Cluster/Shop", ["B"]),
        tests(of: "B", ["B"]),
      ])
    """

  @Test("targets and arrows are read from the manifest's text, comments left out")
  func targets() {
    let manifest = Manifest(text)
    #expect(
      manifest.targets == [
        .init(name: "CLinux", kind: .system, arrows: [], folder: "Sources/CLinux", line: 4),
        .init(name: "A", kind: .product, arrows: [], folder: "Sources/A", line: 6),
        .init(name: "B", kind: .product, arrows: ["A", "CLinux"], folder: "Sources/B", line: 7),
        .init(name: "Main", kind: .product, arrows: ["A", "B"], folder: "Sources/Main", line: 8),
        .init(name: "Shop", kind: .program, arrows: ["B"], folder: "Cluster/Shop", line: 14),
        .init(name: "BTests", kind: .test, arrows: ["B"], folder: "Tests/BTests", line: 15),
      ])
    #expect(manifest.target(of: TreeFile("Cluster/Shop/A.swift", ""))?.name == "Shop")
    #expect(manifest.target(of: TreeFile("Sources/B/C/D.swift", ""))?.name == "B")
    #expect(manifest.target(of: TreeFile("Sources/BB/D.swift", "")) == nil)
  }
}
