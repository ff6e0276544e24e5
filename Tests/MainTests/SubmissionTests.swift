import JSON
import Testing

@testable import Main

@Suite struct SubmissionTests {
  private func form(_ file: String, _ head: String) throws(Failure) -> Submission {
    try Submission.form(of: file, head: Array(head.utf8))
  }

  @Test(
    "a file with a task a line is told from a document",
    arguments: [
      ("tasks", "{\"task\":\"echo\"}\n{\"task\":\"echo\"}\n"), ("one.json", "{\"task\":\"echo\"}"),
      ("tasks.json", "\n\n  {\"task\":\"echo\"}\r\n"), ("broken.ndjson", "{\"task\": oops\n"), ("x.jsonl", "[1]\n"),
    ])
  func lines(_ file: String, _ head: String) throws { #expect(try form(file, head) == .lines) }

  @Test(
    "a document is told from a file with a task a line",
    arguments: [
      ("tasks", "{\"tasks\":[{\"task\":\"echo\"}]}"), ("tasks", "{\n  \"tasks\": []\n}"), ("tasks", "[\n{}]"),
      ("tasks", "[{\"task\":\"echo\"}]"), ("tasks.json", "nonsense"), ("tasks", "{\"tasks\":[{\"task\":\"ec"),
    ])
  func document(_ file: String, _ head: String) throws { #expect(try form(file, head) == .document) }

  @Test("an empty file is refused with what belongs in it", arguments: ["", " \n\t\r\n"])
  func empty(_ head: String) {
    let failure = #expect(throws: Failure.self) { try form("tasks.ndjson", head) }
    #expect(failure?.text.contains("holds no task") == true)
  }

  @Test("no more is read ahead than the first line that says something")
  func decided() {
    #expect(!Submission.isDecided(by: []))
    #expect(!Submission.isDecided(by: Array("\n\n  ".utf8)))
    #expect(!Submission.isDecided(by: Array("\n{\"task\":1}".utf8)))
    #expect(Submission.isDecided(by: Array("\n{\"task\":1}\n".utf8)))
  }

  private func body(_ document: String, name: String? = nil) throws(Failure) -> String {
    String(decoding: try Submission.body(of: "tasks.json", document: Array(document.utf8), name: name), as: UTF8.self)
  }

  @Test("a bare array becomes a document, and a document stays as it is")
  func arrays() throws {
    #expect(try body("[{\"task\":\"echo\"}]") == "{\"tasks\":[{\"task\":\"echo\"}]}")
    #expect(try body("[]", name: "n") == "{\"name\":\"n\",\"tasks\":[]}")
    #expect(try body("{\"tasks\": []}\n") == "{\"tasks\": []}\n")
  }

  @Test("a name from the command line takes the place of the document's own")
  func names() throws {
    #expect(
      try body("{\"name\":\"old\",\"tasks\":[],\"defaults\":{\"attempts\":2}}", name: "new \"1\"")
        == "{\"name\":\"new \\\"1\\\"\",\"tasks\":[],\"defaults\":{\"attempts\":2}}")
  }

  @Test("a broken document is refused with line and column")
  func broken() {
    let failure = #expect(throws: Failure.self) { try body("{\"tasks\":\n  [nul]}") }
    #expect(failure?.text.hasPrefix("tasks.json is no JSON: line 2, column ") == true)
    let number = #expect(throws: Failure.self) { try body("7") }
    #expect(number?.text.contains("holds one number") == true)
  }
}

@Suite struct LineSplitterTests {
  @Test("lines come out whole, whatever pieces they came in", arguments: 1...12)
  func pieces(_ size: Int) {
    let text = Array("first\n\nthird line\nrest".utf8)
    var splitter = LineSplitter()
    var lines: [String] = []
    for start in stride(from: 0, to: text.count, by: size) {
      splitter.feed(Array(text[start..<min(start + size, text.count)])) {
        lines.append(String(decoding: $0, as: UTF8.self))
      }
    }
    #expect(lines == ["first", "", "third line"])
    splitter.feed([UInt8(ascii: "\n")]) { lines.append(String(decoding: $0, as: UTF8.self)) }
    #expect(lines.last == "rest")
  }
}
