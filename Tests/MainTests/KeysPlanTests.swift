import Foundation
import Gossip
import JSON
import Testing

@testable import Main

@Suite("keys on the command line") struct KeysPlanTests {
  private let key = GossipKey.generate()

  private func plan(_ arguments: [String]) throws(UsageError) -> KeysPlan {
    try KeysPlan(try FlagScanner(Command.keys.flags).scan(arguments, environment: { _ in nil }))
  }

  private func withFile<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
    let file = FileManager.default.temporaryDirectory.appending(path: "ignareo-keys-\(UUID())")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  @Test("a key is a file, itself, or where that will do its fingerprint")
  func operands() throws {
    try withFile("# the new one\n\(key.base64)\n") { file in
      let text = key.fingerprint.text
      for (verb, operand, change) in [
        ("install", file, KeyChange.install(key)), ("install", key.base64, .install(key)),
        ("use", file, .use(key.fingerprint)), ("use", text, .use(key.fingerprint)),
        ("remove", key.base64, .remove(key.fingerprint)), ("remove", text, .remove(key.fingerprint)),
      ] {
        guard case .change(let found, let held, _) = try plan([verb, operand, "--gossip-key-file", file]).work else {
          Issue.record("\(verb) is no change")
          continue
        }
        #expect(found == change && held.keys == [key])
      }
      guard case .list = try plan(["list"]).work else {
        Issue.record("list is no list")
        return
      }
    }
  }

  @Test("a usage error names what is wrong and never repeats what may be a key")
  func usage() throws {
    try withFile("\(key.base64)\n\(GossipKey.generate().base64)\n") { two in
      let almost = String(key.base64.dropLast(3))
      for (arguments, word) in [
        ([], "install KEY"), (["burn"], "burn"), (["list", "x"], "one operand too many"), (["install"], "KEY"),
        (["install", key.base64], "gossip-key-file"), (["install", almost, "--gossip-key-file", two], "KEY"),
        (["install", key.fingerprint.text, "--gossip-key-file", two], "KEY"), (["use", two], "one is meant"),
        (["use", key.fingerprint.text, "--gossip-key-file", "/nowhere"], "/nowhere"),
      ] {
        let error = #expect(throws: UsageError.self) { try plan(arguments) }
        #expect(error?.text.contains(word) == true, "\(arguments): \(error?.text ?? "")")
        for secret in [key.base64, almost] { #expect(error?.text.contains(secret) == false) }
      }
    }
  }

  @Test("an order is encrypted with a key that the cluster has, whichever in the file it is")
  func body() throws {
    let stranger = GossipKey.generate()
    let challenge = Base64.encode([1, 2, 3])
    let answer = try JSONValue.parse(
      #"{"keys":[{"fingerprint":"\#(key.fingerprint)"}],"challenge":"\#(challenge)"}"#)
    let change = KeyChange.use(key.fingerprint)
    let held = try #require(Keyring(keys: [stranger, key]))
    #expect(try !KeysCommand.body(change, isForced: false, held, "f", answer).isEmpty)
    let error = #expect(throws: Failure.self) {
      try KeysCommand.body(change, isForced: false, try #require(Keyring(keys: [stranger])), "f", answer)
    }
    #expect(error?.text.contains("ignareo keys list") == true)
  }

  @Test("the table shows each key, each member, and why one was not asked")
  func table() throws {
    let answer = try JSONValue.parse(
      #"""
      {"ok":true,"keys":[{"fingerprint":"0123456789abcdef","members":2,"primary_on":1}],"members":[
      {"name":"n1","state":"alive","outcome":"done","primary":"0123456789abcdef","keys":["0123456789abcdef","f"]},
      {"name":"x","state":"alive","outcome":"not_asked","detail":"no Ignareo member"}]}
      """#)
    let text = KeysCommand.table(answer)
    for word in ["0123456789abcdef", "n1", "done", "not asked: no Ignareo member"] { #expect(text.contains(word)) }
    #expect(KeysCommand.exitCode(answer) == .well)
  }
}
