import Clockwork
import Glibc
import Gossip
import HTTP
import JSON
import Loop
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(1))) struct CallbackSecretTests {
  @Test("a call is signed with the secret over its timestamp and its body")
  func signed() async throws {
    var rules = CallbackRules()
    rules.secret = CallbackSecret(Array("Jefe".utf8))
    let signing = rules
    try await CallbackReceiver.run { receiver in
      let url = receiver.url
      try await TestCoordinator.run(callbacks: signing) { coordinator in
        try coordinator.node("n1")
        let answer = try await coordinator.send(
          "POST", "/batches", body: #"{"tasks":[{"task":"echo"}],"callback_url":"\#(url)"}"#)
        let path = try #require(answer.headers["Location"])
        _ = try await coordinator.wait(for: path) { $0["callback"]?["state"]?.string == "delivered" }
      }
      let call = try #require(await receiver.received().first)
      let timestamp = try #require(call.headers["X-Ignareo-Timestamp"])
      #expect(abs((Int64(timestamp) ?? 0) - WallClock.now.milliseconds / 1_000) < 600)
      let signature = try #require(call.headers["X-Ignareo-Signature"])
      #expect(signature == signing.secret?.signature(timestamp: timestamp, body: call.body))
      #expect(signature != signing.secret?.signature(timestamp: timestamp, body: call.body + [0x20]))
      #expect(signature != CallbackSecret([0x4a])?.signature(timestamp: timestamp, body: call.body))
    }
  }

  @Test("the signature is what others compute")
  func known() {
    // python3: hmac.new(b"Jefe", b'1700000000.{"id":"a"}', "sha256").hexdigest()
    #expect(
      CallbackSecret(Array("Jefe".utf8))?.signature(timestamp: "1700000000", body: Array(#"{"id":"a"}"#.utf8))
        == "sha256=b0b07c7f580f6dd3e93c8fbec955b9cf9a6c5f31ec1847b90892fbd8efb0adc8")
  }

  private static func read(_ text: String?) throws -> CallbackSecret? {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = "\(folder.path)/secret"
    if let text {
      let file = open(path, O_WRONLY | O_CREAT, 0o600)
      let bytes = Array(text.utf8)
      #expect(bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == bytes.count)
      close(file)
    }
    return try CoordinatorConfiguration.parse(["--callback-secret-file", path]).callbackSecret
  }

  @Test("the secret is the first line of its file", arguments: ["s3cret", "s3cret\n", "s3cret\r\nmore\n"])
  func file(_ text: String) throws { #expect(try Self.read(text) == CallbackSecret(Array("s3cret".utf8))) }

  @Test("a file without a secret is refused, by its flag and without a word of it", arguments: [nil, "", "\ns3cret"])
  func noSecret(_ text: String?) throws {
    let error = #expect(throws: UsageError.self) { try Self.read(text) }
    #expect(error.map { "\($0)".contains("--callback-secret-file") && !"\($0)".contains("s3cret") } == true)
  }
}
