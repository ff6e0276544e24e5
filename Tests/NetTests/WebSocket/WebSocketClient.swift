import Clockwork
import HTTP
import Loop
import Net
import Testing

/// What a client was sent, frame headers and reasons aside.
enum Heard: Equatable {
  case text([UInt8])
  case binary([UInt8])
  case ping([UInt8])
  case pong([UInt8])
  case close(WebSocketCloseCode?)

  static func text(_ text: String) -> Heard { .text(Array(text.utf8)) }
  static func pong(_ text: String) -> Heard { .pong(Array(text.utf8)) }
}

/// A WebSocket's client that says exactly the bytes it is given. It answers pings and a Close, unless told not to.
final class WebSocketClient: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let connection: TCPConnection
  private var reader: WebSocketReader
  private(set) var head: [UInt8] = []
  private(set) var heard: [Heard] = []
  private(set) var isEnded = false
  private(set) var wasReset = false
  var answers = true
  private var waiter: (condition: (WebSocketClient) -> Bool, continuation: UnsafeContinuation<Void, Never>)?

  private init(_ connection: TCPConnection) {
    self.connection = connection
    var limits = WebSocketLimits.standard
    limits.frameBytes = 256 << 20
    limits.messageBytes = 256 << 20
    reader = WebSocketReader(role: .client(maskingKeys: .init(seed: 1)), limits: limits)
    connection.delegate = self
    connection.startReading()
  }

  static let handshake = Array(
    ("GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").utf8)

  /// Connects, and sends the handshake with `frames` right behind it.
  static func open(
    _ address: SocketAddress, _ loop: EventLoop, behind frames: [UInt8] = []
  ) async throws -> WebSocketClient {
    let client = try await withUnsafeThrowingContinuation { continuation in
      TCPConnection.connect(to: address, on: loop, timeout: .seconds(10)) { result in
        continuation.resume(with: result.map { WebSocketClient($0) }.mapError { $0 as any Error })
      }
    }
    client.send(handshake + frames)
    await client.wait { $0.isEnded || $0.hasHead }
    try #require(String(decoding: client.head, as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
    return client
  }

  private var hasHead: Bool { head.suffix(4).elementsEqual("\r\n\r\n".utf8) }

  func send(_ bytes: [UInt8]) { connection.write(bytes) }
  func send(text: String) { send(frame(.text, text)) }
  func stopReading() { connection.pauseReading() }
  func goOnReading() { connection.startReading() }
  var queuedBytes: Int { connection.queuedBytes }
  func disconnect() { connection.close() }
  func reset() { connection.reset() }

  func wait(until condition: @escaping (WebSocketClient) -> Bool) async {
    if condition(self) { return }
    await withUnsafeContinuation { waiter = (condition, $0) }
  }

  /// Waits until so much was heard, or the end.
  func hear(_ count: Int) async -> [Heard] {
    await wait { $0.isEnded || $0.heard.count >= count }
    return heard
  }

  func end() async { await wait { $0.isEnded } }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    var place = 0
    while !hasHead, place < bytes.count {
      head.append(bytes[place])
      place += 1
    }
    do throws(WebSocketError) {
      while let event = try reader.next(in: bytes, at: &place) { take(event) }
    } catch {
      Issue.record("the server is not understood: \(error)")
    }
    wakeIfMet()
  }

  private func take(_ event: WebSocketEvent) {
    var answer: [UInt8] = []
    switch event {
    case .text(let text): heard.append(.text(text))
    case .binary(let bytes): heard.append(.binary(bytes))
    case .pong(let bytes): heard.append(.pong(bytes))
    case .ping(let bytes):
      heard.append(.ping(bytes))
      WebSocketWire.appendPong(bytes, maskingKey: 7, to: &answer)
    case .close(let close):
      heard.append(.close(close.code))
      WebSocketWire.appendClose(close, maskingKey: 7, to: &answer)
    }
    if answers, !answer.isEmpty { connection.write(answer) }
  }

  func connectionDrained(_ connection: TCPConnection) {}

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    isEnded = true
    wasReset = error != nil
    wakeIfMet()
  }

  private func wakeIfMet() {
    guard let (condition, continuation) = waiter, condition(self) else { return }
    waiter = nil
    continuation.resume()
  }
}

enum Opcode: UInt8 {
  case continuation, text, binary
  case close = 8
  case ping, pong
}

/// A frame's bytes, right or wrong: the opcode's byte, the length as it is said, the mask or none.
func rawFrame(_ first: UInt8, _ payload: [UInt8] = [], isMasked: Bool = true, length: [UInt8]? = nil) -> [UInt8] {
  let mask: UInt8 = isMasked ? 0x80 : 0
  let count = payload.count
  func bytes(_ width: Int) -> [UInt8] { (0..<width).reversed().map { UInt8(count >> (8 * $0) & 0xff) } }
  let shortest = count <= 125 ? [UInt8(count)] : count <= 0xffff ? [126] + bytes(2) : [127] + bytes(8)
  let said = length ?? shortest
  let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
  let head = [first, said[0] | mask] + said.dropFirst()
  return isMasked ? head + key + payload.enumerated().map { $1 ^ key[$0 & 3] } : head + payload
}

func frame(_ opcode: Opcode, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
  rawFrame(opcode.rawValue | (isFinal ? 0x80 : 0), payload)
}

func frame(_ opcode: Opcode, _ text: String, isFinal: Bool = true) -> [UInt8] {
  frame(opcode, Array(text.utf8), isFinal: isFinal)
}

func closeFrame(_ code: UInt16, _ reason: String = "") -> [UInt8] {
  frame(.close, [UInt8(code >> 8), UInt8(code & 0xff)] + Array(reason.utf8))
}

/// A server that opens a WebSocket for every request, and what has become of them.
func withEchoes(
  limits: HTTPServerLimits = HTTPServerLimits(), _ prepare: @escaping @Sendable (WebSocketEcho) -> Void = { _ in },
  _ body: @escaping @Sendable (HTTPServer, EventLoop, WebSocketEchoes) async throws -> Void
) async throws {
  let echoes = WebSocketEchoes(prepare)
  try await withServer(limits: limits, { echoes.open($0) }) { server, loop in try await body(server, loop, echoes) }
}
