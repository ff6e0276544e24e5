import Testing

@Suite struct LengthRuleTests {
  private func file(_ text: String) -> TreeFile { TreeFile("Sources/Net/A.swift", text) }
  private func lines(_ count: Int) -> String { Array(repeating: "  x()", count: count).joined(separator: "\n") }

  @Test("a file is long from its 401st line on")
  func fileLength() {
    #expect(Lengths.file(file(lines(400))).isEmpty)
    #expect(Lengths.file(file(lines(400) + "\n")).isEmpty)
    #expect(Lengths.file(file(lines(401))).map(\.line) == [401])
  }

  @Test("a line is long from its 121st column on, counted in characters")
  func lineLength() {
    #expect(Lengths.line(file(String(repeating: "ä", count: 120))).isEmpty)
    #expect(Lengths.line(file("\n" + String(repeating: "a", count: 121))).map(\.line) == [2])
  }

  @Test(
    "a function is long from its 71st line on, whatever kind it is",
    arguments: [
      "func f() {", "init(a: Int = { 1 }()) throws {", "deinit {", "subscript(place: Int) -> Int {", "var sum: Int {",
      "package static func f<T: P>(\n  _ x: T\n) async throws(E) -> [T] where T: Q {",
    ])
  func functionLength(_ head: String) {
    let headLines = head.split(separator: "\n").count
    #expect(Lengths.function(file("\(head)\n\(lines(70 - headLines - 1))\n}")).isEmpty)
    #expect(Lengths.function(file("\n\(head)\n\(lines(71 - headLines - 1))\n}")).map(\.line) == [2])
  }

  @Test("declarations without a body are not measured, and those behind them are")
  func noBody() {
    let text = """
      protocol P {
        func a()
        var b: Int { get }
        init(c: Int)
      }
      struct S {
        var d = [1].map { $0 }
        var e: Int
        func f() -> S { .init(g: 1) }
        func h() {
          func i() {}
        }
      }
      """
    #expect(Lengths.functions(file(text)).map(\.name) == ["b", "f", "h", "i"])
    #expect(Lengths.functions(file(text)).map(\.lines) == [1, 1, 3, 1])
  }
}

@Suite struct WordRuleTests {
  @Test("a folder of one machine and a registry's host are reported with their line")
  func machinePath() {
    for needle in Words.machinePaths + Words.registries {
      #expect(Words.machinePath(TreeFile("Cluster/demo", "#!\ncat \(needle)x")).map(\.line) == [2])
    }
    #expect(Words.machinePath(TreeFile("Cluster/demo", "cat /usr/share/doc /tmp/x \"$HOME/x\"")).isEmpty)
  }

  @Test("postponed work is reported in any file, and the phrase for it in comments")
  func postponed() {
    for needle in Words.postponed {
      #expect(Words.postponedWork(TreeFile("README.md", "a\n\(needle): b")).map(\.line) == [2])
    }
    for phrase in Words.postponedPhrases {
      #expect(Words.postponedWork(TreeFile("Sources/Net/A.swift", "// \(phrase) it works")).count == 1)
      #expect(Words.postponedWork(TreeFile("Sources/Net/A.swift", "\(phrase) in times {}")).isEmpty)
      #expect(Words.postponedWork(TreeFile("Sources/Net/A.swift", "// \(phrase)here")).isEmpty)
    }
    #expect(Words.postponedWork(TreeFile("Sources/Net/A.swift", "let mastodon = 1")).isEmpty)
  }

  @Test("a name that is a drawer is reported, in files and folders")
  func vagueName() {
    for name in Words.vagueNames {
      #expect(Words.vagueName(TreeFile("Sources/Net/\(name).swift", "")).count == 1)
      #expect(Words.vagueName(TreeFile("Sources/Net/String\(name)/A.swift", "")).count == 1)
      #expect(Words.vagueName(TreeFile("Sources/Net/HTTP+\(name).swift", "")).count == 1)
    }
    #expect(Words.vagueName(TreeFile("Sources/Net/Utilization.swift", "")).isEmpty)
    #expect(Words.words(in: "HTTPConnection+closeNow2x.swift") == ["HTTPConnection", "close", "Now2x", "swift"])
  }
}
