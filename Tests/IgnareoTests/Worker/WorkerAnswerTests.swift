import JSON
import Testing

@testable import Ignareo

@Suite("A worker's answer") struct WorkerAnswerTests {
  private func read(_ line: String) -> WorkerAnswer { WorkerAnswer(Array(line.utf8)[...]) }

  private func failure(_ line: String) throws -> TaskFailure {
    guard case .answer(_, .failure(let failure)) = read(line) else {
      Issue.record("\(line) is \(read(line))")
      throw TaskFailure(.internal, "")
    }
    return failure
  }

  @Test(
    "a value is taken as it stands; null counts as no error",
    arguments: [
      (#"{"id":"7","value":[1, "ä"]}"#, #"[1, "ä"]"#), (#" {"value":null,"id":"7"} "#, "null"),
      (#"{"id":"7","value":1,"error":null}"#, "1"), (#"{"id":"7","value":false,"more":{}}"#, "false"),
      (#"{"id":"7","value":"}{"}"#, #""}{""#),
    ])
  func values(_ line: String, _ value: String) {
    guard case .answer(7, .success(let found)) = read(line) else {
      Issue.record("\(line) is \(read(line))")
      return
    }
    #expect(found.text == value)
  }

  @Test(
    "what is no answer to a task is noise, and says why",
    arguments: [
      ("", "JSON"), ("hello", "JSON"), (#"{"id":"7","value":"#, "JSON"), ("[1]", "id"), ("null", "id"),
      (#"{"value":1}"#, "id"), (#"{"id":7,"value":1}"#, "id"), (#"{"id":"x","value":1}"#, "id"),
      (#"{"id":"7","value":1} {}"#, "JSON"), ("{\"id\":\"7\",\"value\":\"\u{1}\"}", "JSON"),
    ])
  func noise(_ line: String, _ word: String) {
    guard case .noise(let why) = read(line) else {
      Issue.record("\(line) is an answer")
      return
    }
    #expect(why.contains(word))
  }

  @Test("an error has its message, a code of the closed list, and says whether trying again makes sense")
  func errors() throws {
    let plain = try failure(#"{"id":"7","error":{"message":"no ink"}}"#)
    #expect(plain == TaskFailure(.internal, "no ink"))
    let full = try failure(#"{"id":"7","value":null,"error":{"message":"m","code":"dns","retryable":false}}"#)
    #expect(full == TaskFailure(.dns, "m", isRetryable: false, mayHaveTakenEffect: true))
    let odd = try failure(#"{"id":"7","error":{"message":"m","code":null,"retryable":null}}"#)
    #expect(odd == TaskFailure(.internal, "m"))
    for code in TaskFailure.Code.allCases {
      let known = try failure(#"{"id":"7","error":{"message":"m","code":"\#(code.rawValue)"}}"#)
      #expect(known == TaskFailure(code, "m", mayHaveTakenEffect: true))
    }
  }

  @Test("an error without a message is told as its whole text, one that is a string as that")
  func errorTexts() throws {
    #expect(try failure(#"{"id":"7","error":{"reason":1}}"#).message == #"{"reason":1}"#)
    #expect(try failure(#"{"id":"7","error":{"message":5}}"#).message == #"{"message":5}"#)
    #expect(try failure(#"{"id":"7","error":"out of ink"}"#).message == "out of ink")
    #expect(try failure(#"{"id":"7","error":[1]}"#).message == "[1]")
  }

  @Test("what of an error means nothing is said behind its message")
  func unknownParts() throws {
    let code = try failure(#"{"id":"7","error":{"message":"m","code":"quota"}}"#)
    #expect(code.code == .internal && code.message.hasPrefix("m (") && code.message.contains("\"quota\""))
    #expect(code.message.contains("bad_arguments"))
    let retryable = try failure(#"{"id":"7","error":{"message":"m","retryable":"yes"}}"#)
    #expect(retryable.isRetryable && retryable.message.contains("\"yes\""))
  }

  @Test(
    "an answer with both a value and an error, or with neither, fails its task",
    arguments: [#"{"id":"7","value":1,"error":{"message":"m"}}"#, #"{"id":"7"}"#, #"{"id":"7","vlaue":1}"#])
  func ambiguous(_ line: String) throws {
    let failure = try failure(line)
    #expect(failure.code == .internal && !failure.isRetryable && failure.message.contains("id"))
  }

  @Test(
    "an answer that nests too deep still fails its own task, wherever its id stands",
    arguments: [
      (#"{"id":"7","value":"#, "}"), (#"{"value":"#, #","id":"7"}"#), (#"{"\"id\":":"{id","value":"#, #","id":"7"}"#),
    ])
  func deep(_ before: String, _ behind: String) throws {
    let nest = String(repeating: #"[{"id":"3","a":"#, count: 5_000) + "1" + String(repeating: "}]", count: 5_000)
    guard case .answer(7, .failure(let failure)) = read(before + nest + behind) else {
      Issue.record("its id was not found")
      return
    }
    #expect(failure.message.contains("nests"))
  }
}
