import Clockwork
import HTTP

/// Frames: the pieces make no difference, limits hold, what is read and written reads again to the same, and a machine
/// says only what its peer understands.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  var tight = WebSocketLimits()
  (tight.frameBytes, tight.messageBytes, tight.messageFragments) = (8, 12, 3)
  for role in [WebSocketRole.server, client] {
    for limits in [WebSocketLimits.standard, tight] {
      let whole = heard(bytes, .whole, role, limits)
      require(heard(bytes, .single, role, limits) == whole, "single bytes say something else")
      require(heard(bytes, .uneven, role, limits) == whole, "uneven pieces say something else")
      for said in whole { check(said, limits) }
    }
  }
  checkWriting(heard(bytes, .whole, .server, .standard))
  checkMachine(bytes)
  checkText(bytes)
  return 0
}

private let client = WebSocketRole.client(maskingKeys: SplitMix64(seed: 1))

private enum Heard: Equatable {
  case event(WebSocketEvent)
  case failed(WebSocketError)
}

private func heard(_ bytes: [UInt8], _ cut: Cut, _ role: WebSocketRole, _ limits: WebSocketLimits) -> [Heard] {
  var reader = WebSocketReader(role: role, limits: limits)
  var all: [Heard] = []
  for piece in cut.pieces(bytes) {
    var place = 0
    do {
      while let event = try reader.next(in: piece.span, at: &place) {
        require(place <= piece.count, "the place left the input")
        all.append(.event(event))
      }
    } catch {
      require(repeated(by: &reader) == error, "an error is not thrown again")
      return all + [.failed(error)]
    }
    require(place == piece.count, "input is left behind")
  }
  return all
}

private func check(_ said: Heard, _ limits: WebSocketLimits) {
  switch said {
  case .event(.text(let bytes)):
    require(bytes.count <= limits.messageBytes, "a message beyond the limit")
    require(String(validating: bytes, as: UTF8.self) != nil, "a text that is not UTF-8")
  case .event(.binary(let bytes)): require(bytes.count <= limits.messageBytes, "a message beyond the limit")
  case .event(.ping(let bytes)), .event(.pong(let bytes)): require(bytes.count <= 125, "a long control frame")
  case .event(.close(let close)): require(close.code?.mayBeSent != false, "a close code that may not be sent")
  case .failed(let error):
    let codes: [WebSocketCloseCode] = [.protocolError, .invalidText, .messageTooBig]
    require(codes.contains(error.code), "an error with the code \(error.code)")
  }
}

private func checkWriting(_ all: [Heard]) {
  let events = all.filter { if case .event = $0 { true } else { false } }
  for key in [nil, 0x0102_0384] as [UInt32?] {
    var bytes: [UInt8] = []
    for case .event(let event) in events {
      switch event {
      case .text(let payload): WebSocketWire.appendText(payload, maskingKey: key, to: &bytes)
      case .binary(let payload): WebSocketWire.appendBinary(payload, maskingKey: key, to: &bytes)
      case .ping(let payload): WebSocketWire.appendPing(payload, maskingKey: key, to: &bytes)
      case .pong(let payload): WebSocketWire.appendPong(payload, maskingKey: key, to: &bytes)
      case .close(let close): WebSocketWire.appendClose(close, maskingKey: key, to: &bytes)
      }
    }
    let role = key == nil ? client : .server
    require(heard(bytes, .uneven, role, .standard) == events, "what was written reads otherwise")
  }
}

private func checkMachine(_ bytes: [UInt8]) {
  var machine = WebSocketMachine(role: .server)
  var (output, ends): ([UInt8], Int) = ([], 0)
  for piece in Cut.uneven.pieces(bytes) {
    var place = 0
    while let event = machine.next(in: piece.span, at: &place, output: &output) {
      guard case .closed = event else { continue }
      ends += 1
      require(!machine.isOpen, "an end that is none")
    }
    require(place == piece.count, "input is left behind")
  }
  require(ends <= 1, "\(ends) ends of one connection")
  for said in heard(output, .whole, client, .standard) {
    if case .failed(let error) = said { fatalError("the machine said what breaks the protocol: \(error)") }
  }
}

/// The input as a text of three fragments: taken when the standard library takes it.
private func checkText(_ payload: [UInt8]) {
  guard payload.count < 126 else { return }
  let cuts = [0, payload.count / 3, payload.count / 3 * 2, payload.count]
  var bytes: [UInt8] = []
  for (fragment, head) in [0x01, 0x00, 0x80].enumerated() {
    let part = payload[cuts[fragment]..<cuts[fragment + 1]]
    bytes += [UInt8(head), UInt8(part.count)] + part
  }
  let isText = String(validating: payload, as: UTF8.self) != nil
  let whole = heard(bytes, .whole, client, .standard)
  if isText { require(whole == [.event(.text(payload))], "a text is refused") }
  if !isText {
    require(whole.count == 1, "what is no text says more than one thing")
    if case .failed(let error) = whole[0], error.code == .invalidText { return }
    fatalError("what is no text is taken")
  }
}

private func repeated(by reader: inout WebSocketReader) -> WebSocketError? {
  let more: [UInt8] = [0x41]
  var place = 0
  do {
    _ = try reader.next(in: more.span, at: &place)
    return nil
  } catch { return error }
}
