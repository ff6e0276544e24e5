import Testing

@testable import HTTP

@Suite("A side of a WebSocket")
struct WebSocketMachineTests {
  /// Two machines and what is on its way between them.
  private struct Pair {
    var server = WebSocketMachine(role: .server)
    var client = WebSocketMachine(role: clientRole)
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []

    /// What each side hears until both are silent.
    mutating func settle() -> (server: [WebSocketMachine.Event], client: [WebSocketMachine.Event]) {
      var heard: (server: [WebSocketMachine.Event], client: [WebSocketMachine.Event]) = ([], [])
      while !toServer.isEmpty || !toClient.isEmpty {
        var (input, place) = (toServer, 0)
        toServer = []
        while let event = server.next(in: input.span, at: &place, output: &toClient) { heard.server.append(event) }
        (input, place) = (toClient, 0)
        toClient = []
        while let event = client.next(in: input.span, at: &place, output: &toServer) { heard.client.append(event) }
      }
      return heard
    }
  }

  @Test("messages go both ways")
  func messages() {
    var pair = Pair()
    let sent = [
      pair.client.send(text: "hi".utf8, output: &pair.toServer),
      pair.client.send(binary: [0, 1], output: &pair.toServer),
      pair.server.send(text: "ho".utf8, output: &pair.toClient),
    ]
    #expect(sent == [true, true, true])
    let heard = pair.settle()
    #expect(heard.server == [.text(Array("hi".utf8)), .binary([0, 1])])
    #expect(heard.client == [.text(Array("ho".utf8))])
  }

  @Test("a client masks each frame with another key")
  func keys() {
    var pair = Pair()
    var frames: [[UInt8]] = []
    for _ in 0..<3 {
      pair.client.send(text: "same".utf8, output: &pair.toServer)
      frames.append(pair.toServer)
      pair.toServer = []
    }
    #expect(Set(frames).count == 3)
  }

  @Test("a ping is answered with its own bytes, unseen by the caller")
  func ping() {
    var pair = Pair()
    pair.server.ping("are you there".utf8, output: &pair.toClient)
    let heard = pair.settle()
    #expect(heard.client.isEmpty)
    #expect(heard.server == [.pong(Array("are you there".utf8))])
  }

  @Test("a close is answered with its code, and both sides learn of it")
  func close() {
    var pair = Pair()
    pair.server.close(WebSocketClose(code: .goingAway, reason: "draining"), output: &pair.toClient)
    #expect(!pair.server.isOpen)
    let sent = [
      pair.server.send(text: "late".utf8, output: &pair.toClient), pair.server.ping(output: &pair.toClient),
      pair.server.send(binary: [0], output: &pair.toClient),
    ]
    #expect(sent == [false, false, false])
    pair.server.close(WebSocketClose(code: .normal), output: &pair.toClient)
    let heard = pair.settle()
    #expect(heard.client == [.closed(.goingAway, reason: "draining")])
    #expect(heard.server == [.closed(.goingAway, reason: "draining")])
    let isSent = pair.client.send(text: "late".utf8, output: &pair.toServer)
    #expect(!isSent && pair.toServer.isEmpty)
  }

  @Test("while a close waits for its answer, messages still come in and pings are answered")
  func closing() {
    var pair = Pair()
    pair.client.send(text: "on its way".utf8, output: &pair.toServer)
    pair.client.ping("p".utf8, output: &pair.toServer)
    pair.server.close(WebSocketClose(code: .normal), output: &pair.toClient)
    pair.toClient = []
    let heard = pair.settle()
    #expect(heard.server == [.text(Array("on its way".utf8))])
    #expect(heard.client == [.pong(Array("p".utf8))])
    #expect(!pair.server.isOpen)
  }

  @Test("both sides may close at once")
  func crossing() {
    var pair = Pair()
    pair.server.close(WebSocketClose(code: .goingAway), output: &pair.toClient)
    pair.client.close(WebSocketClose(code: .normal, reason: "done"), output: &pair.toServer)
    let heard = pair.settle()
    #expect(heard.server == [.closed(.normal, reason: "done")])
    #expect(heard.client == [.closed(.goingAway, reason: "")])
  }

  @Test("an empty close is answered with an empty close and reported as 1005")
  func emptyClose() {
    var server = WebSocketMachine(role: .server)
    var (place, output) = (0, [UInt8]())
    let input = frame(.close)
    let event = server.next(in: input.span, at: &place, output: &output)
    #expect(event == .closed(.none, reason: ""))
    #expect(output == [0x88, 0x00])
  }

  @Test("what breaks the protocol is answered with a close that says why, once")
  func failure() {
    var server = WebSocketMachine(role: .server)
    var (place, output) = (0, [UInt8]())
    let input = frame(.text, "ok") + frame(.text, [0xff]) + frame(.text, "never read")
    var events: [WebSocketMachine.Event?] = []
    for _ in 0..<3 { events.append(server.next(in: input.span, at: &place, output: &output)) }
    #expect(events == [.text(Array("ok".utf8)), .closed(.invalidText, reason: "a text is not UTF-8"), nil])
    #expect(place == input.count)
    #expect(
      readFrames(output, role: clientRole)
        == [.event(.close(WebSocketClose(code: .invalidText, reason: "a text is not UTF-8")))])
  }

  @Test("a close's reason that is too long is cut between characters")
  func longReason() {
    let close = WebSocketClose(code: .normal, reason: String(repeating: "é", count: 100))
    #expect(close.reason == String(repeating: "é", count: 61))
    #expect(readFrames(frame(.close, close.payload)) == [.event(.close(close))])
  }
}
