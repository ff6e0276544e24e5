import Clockwork
import Contract
import HTTP
import JSON
import Loop
import Testing

@testable import Ignareo

/// A client of a node's `/socket`. Everything waits on the node's loop unless another one is given.
final class SocketClient: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let connection: TCPConnection
  private let described: DescribedAPI
  private var machine = WebSocketMachine(role: .client(maskingKeys: SplitMix64(seed: 3)), limits: .generous)
  private var head: [UInt8] = []
  private(set) var texts: [[UInt8]] = []
  private(set) var close: (code: WebSocketCloseCode, reason: String)?
  private(set) var isEnded = false
  private var taken = 0
  /// Called behind each message.
  var whenTold: (() -> Void)?

  private init(_ connection: TCPConnection, _ described: DescribedAPI) {
    (self.connection, self.described) = (connection, described)
    connection.delegate = self
    connection.startReading()
  }

  /// - Parameter origin: the page that opens it; nil for a program.
  static func open(_ node: NodeBench, on loop: EventLoop? = nil, origin: String? = nil) async throws -> SocketClient {
    let (loop, authority) = (loop ?? node.loop, try #require(Authority(node.url.dropFirst(7))))
    let address = try #require(SocketAddress(ip: authority.host, port: authority.port))
    let client = try await withUnsafeThrowingContinuation { continuation in
      TCPConnection.connect(to: address, on: loop, timeout: .seconds(10)) { result in
        continuation.resume(with: result.map { SocketClient($0, node.described) }.mapError { $0 as any Error })
      }
    }
    let fields = [
      "GET /socket HTTP/1.1", "Host: \(authority)", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
      "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    let lines = fields + (origin.map { ["Origin: \($0)"] } ?? []) + ["", ""]
    client.connection.write(Array(lines.joined(separator: "\r\n").utf8))
    try await eventually(loop, "the handshake is answered") { client.hasHead || client.isEnded }
    return client
  }

  private var hasHead: Bool { head.suffix(4).elementsEqual("\r\n\r\n".utf8) }
  var status: Int? { Int(String(decoding: head.dropFirst(9).prefix(3), as: UTF8.self)) }

  func say(_ text: String) { connection.write { machine.send(text: text.utf8, output: &$0) } }
  func say(binary: [UInt8]) { connection.write { machine.send(binary: binary, output: &$0) } }
  func end() { connection.write { machine.close(WebSocketClose(code: .normal), output: &$0) } }
  func disconnect() { connection.close() }
  func stopReading() { connection.pauseReading() }
  func goOnReading() { connection.startReading() }
  var queuedBytes: Int { connection.queuedBytes }
  var loop: EventLoop { connection.loop }

  var messages: [JSONValue] { get throws { try texts.map { try JSONValue.parse($0) } } }

  /// The next message that was not taken yet.
  func next(sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
    try await eventually(loop, "a message comes", sourceLocation: sourceLocation) { texts.count > taken || isEnded }
    try #require(
      texts.count > taken, "the socket ended: \(close.map { "\($0)" } ?? "")", sourceLocation: sourceLocation)
    taken += 1
    #expect(described.faults(of: texts[taken - 1], as: "SocketAnswer") == [], sourceLocation: sourceLocation)
    return try JSONValue.parse(texts[taken - 1])
  }

  /// The next message that is no result: an answer.
  func answer(sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
    while true {
      let message = try await next(sourceLocation: sourceLocation)
      if message["result"] == nil { return message }
    }
  }

  /// The next message that is a result.
  func result(sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
    while true {
      if let result = try await next(sourceLocation: sourceLocation)["result"] { return result }
    }
  }

  /// Says something and gives its answer.
  func ask(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
    say(text)
    return try await answer(sourceLocation: sourceLocation)
  }

  /// Registers one task and gives its identifier.
  func register(_ task: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let answer = try await ask("{\"register\":\(task)}", sourceLocation: sourceLocation)
    return try #require(answer["registered"]?["id"]?.string, "\(answer.text)", sourceLocation: sourceLocation)
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    var place = 0
    while !hasHead, place < bytes.count {
      head.append(bytes[place])
      place += 1
    }
    guard status == 101 else { return }
    var output: [UInt8] = []
    while let event = machine.next(in: bytes, at: &place, output: &output) {
      switch event {
      case .text(let text):
        texts.append(text)
        whenTold?()
      case .binary: Issue.record("a binary message came")
      case .pong: break
      case .closed(let code, let reason): close = (code, reason)
      }
    }
    if !output.isEmpty { connection.write(output) }
  }

  func connectionDrained(_ connection: TCPConnection) {}
  func connection(_ connection: TCPConnection, endedWith error: LoopError?) { isEnded = true }
}

extension WebSocketLimits {
  /// For results of any size.
  fileprivate static var generous: WebSocketLimits {
    var limits = WebSocketLimits()
    (limits.frameBytes, limits.messageBytes) = (1 << 30, 1 << 30)
    return limits
  }
}
