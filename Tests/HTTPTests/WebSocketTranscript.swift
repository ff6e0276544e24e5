import Clockwork

@testable import HTTP

/// What a reader said of some bytes, its error last.
enum Heard: Equatable {
  case event(WebSocketEvent)
  case failed(WebSocketCloseCode)
  /// It left input behind, or did not throw its error again.
  case confused
}

func readFrames(
  _ bytes: [UInt8], _ pieces: Pieces = .whole, role: WebSocketRole = .server, limits: WebSocketLimits = .standard
) -> [Heard] {
  var reader = WebSocketReader(role: role, limits: limits)
  var heard: [Heard] = []
  for piece in pieces.cut(bytes) {
    var place = 0
    do {
      while let event = try reader.next(in: piece.span, at: &place) { heard.append(.event(event)) }
    } catch {
      do {
        _ = try reader.next(in: piece.span, at: &place)
        return heard + [.confused]
      } catch let again {
        return heard + [again == error ? .failed(error.code) : .confused]
      }
    }
    if place != piece.count { return heard + [.confused] }
  }
  return heard
}

let clientRole = WebSocketRole.client(maskingKeys: SplitMix64(seed: 7))

/// A client's frame.
func frame(
  _ opcode: WebSocketFrame.Opcode, _ payload: [UInt8] = [], isFinal: Bool = true, key: UInt32? = 0x3706_fa21
) -> [UInt8] {
  var bytes: [UInt8] = []
  WebSocketWire.append(opcode, isFinal: isFinal, payload, maskingKey: key, to: &bytes)
  return bytes
}

func frame(_ opcode: WebSocketFrame.Opcode, _ text: String, isFinal: Bool = true) -> [UInt8] {
  frame(opcode, Array(text.utf8), isFinal: isFinal)
}

func text(_ text: String) -> Heard { .event(.text(Array(text.utf8))) }
