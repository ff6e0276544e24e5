import Testing

@testable import HTTP

@Suite("WebSocket frames as they are read")
struct WebSocketReaderTests {
  @Test("the RFC's examples are read")
  func examples() {
    #expect(readFrames([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]) == [text("Hello")])
    #expect(readFrames([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], role: clientRole) == [text("Hello")])
    let fragments: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]
    #expect(readFrames(fragments, role: clientRole) == [text("Hello")])
    let ping: [UInt8] = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
    #expect(readFrames(ping, role: clientRole) == [.event(.ping(Array("Hello".utf8)))])
    let zeros = [UInt8](repeating: 0, count: 65536)
    let middle = Array(zeros[..<256])
    #expect(readFrames([0x82, 0x7e, 0x01, 0x00] + middle, role: clientRole) == [.event(.binary(middle))])
    #expect(readFrames([0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0] + zeros, role: clientRole) == [.event(.binary(zeros))])
  }

  @Test("a message of no bytes is a message, in one frame or in many")
  func emptyMessages() {
    #expect(readFrames(frame(.text)) == [text("")])
    #expect(readFrames(frame(.binary)) == [.event(.binary([]))])
    #expect(
      readFrames(frame(.text, isFinal: false) + frame(.continuation, isFinal: false) + frame(.continuation))
        == [text("")])
  }

  @Test("control frames may stand between a message's fragments and change nothing in it")
  func interleaved() {
    let bytes =
      frame(.text, "a", isFinal: false) + frame(.ping, "p") + frame(.continuation, "b", isFinal: false)
      + frame(.pong, "q") + frame(.ping) + frame(.continuation, "c") + frame(.text, "d")
    let controls: [Heard] = [.event(.ping(Array("p".utf8))), .event(.pong(Array("q".utf8))), .event(.ping([]))]
    #expect(readFrames(bytes) == controls + [text("abc"), text("d")])
  }

  @Test("a close ends a message that is not at its end, and nothing behind it is read")
  func close() throws {
    let close = frame(.close, [0x03, 0xe8] + "bye".utf8)
    let said = Heard.event(.close(WebSocketClose(code: .normal, reason: "bye")))
    #expect(readFrames(close + [0xff, 0xff]) == [said])
    #expect(readFrames(frame(.text, "a", isFinal: false) + close + frame(.continuation, "b")) == [said])
    #expect(readFrames(frame(.close)) == [.event(.close(try WebSocketClose(payload: [])))])
  }

  @Test("close codes that may be sent are taken, others refused")
  func closeCodes() {
    for code in 0...UInt16(5100) {
      let isValid = [1000...1003, 1007...1014, 3000...4999].contains { $0.contains(code) }
      let heard = readFrames(frame(.close, [UInt8(code >> 8), UInt8(code & 0xff)]))
      #expect(heard == [isValid ? .event(.close(.init(code: .init(rawValue: code)))) : .failed(.protocolError)])
    }
  }

  @Test("a close frame with half a code, the highest code or a broken reason is refused")
  func badClose() {
    #expect(readFrames(frame(.close, [0x03])) == [.failed(.protocolError)])
    #expect(readFrames(frame(.close, [0xff, 0xff])) == [.failed(.protocolError)])
    #expect(readFrames(frame(.close, [0x03, 0xe8, 0xc3])) == [.failed(.invalidText)])
    #expect(readFrames(frame(.close, [0x03, 0xe8, 0xc3, 0x28])) == [.failed(.invalidText)])
  }

  @Test("each reserved bit and each reserved opcode is refused with the first byte")
  func reserved() {
    for bit in [0x40, 0x20, 0x10] as [UInt8] { #expect(readFrames([0x81 | bit]) == [.failed(.protocolError)]) }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8] {
      #expect(readFrames([0x80 | opcode]) == [.failed(.protocolError)])
      #expect(readFrames([opcode]) == [.failed(.protocolError)])
    }
  }

  @Test("a client must mask and a server must not, and the second byte says so")
  func masking() {
    #expect(readFrames([0x81, 0x05]) == [.failed(.protocolError)])
    #expect(readFrames([0x81, 0x85], role: clientRole) == [.failed(.protocolError)])
    #expect(readFrames([0x81, 0x85]).isEmpty)
    #expect(readFrames([0x81, 0x05], role: clientRole).isEmpty)
  }

  @Test("control frames are whole and short")
  func controlFrames() {
    for opcode in [8, 9, 10] as [UInt8] {
      #expect(readFrames([opcode]) == [.failed(.protocolError)])
      #expect(readFrames([0x80 | opcode, 0xfd]).isEmpty)
      for length in [0xfe, 0xff] as [UInt8] {
        #expect(readFrames([0x80 | opcode, length]) == [.failed(.protocolError)])
      }
    }
    let longest = [UInt8](repeating: 7, count: 125)
    #expect(readFrames(frame(.ping, longest)) == [.event(.ping(longest))])
  }

  @Test("fragments come in their order: no stray continuation, no message inside a message")
  func fragmentOrder() {
    #expect(readFrames([0x00]) == [.failed(.protocolError)])
    #expect(readFrames([0x80]) == [.failed(.protocolError)])
    for opening in [0x81, 0x01, 0x82, 0x02] as [UInt8] {
      #expect(readFrames(frame(.text, "a", isFinal: false) + [opening]) == [.failed(.protocolError)])
    }
    #expect(readFrames(frame(.text, "a") + [0x80]) == [text("a"), .failed(.protocolError)])
  }

  @Test("a length is written in its shortest form, and below 2^63")
  func lengths() {
    #expect(readFrames([0x82, 0xfe, 0x00, 0x7d]) == [.failed(.protocolError)])
    #expect(readFrames([0x82, 0xfe, 0x00, 0x7e]).isEmpty)
    #expect(readFrames([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) == [.failed(.protocolError)])
    #expect(readFrames([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]).isEmpty)
    #expect(readFrames([0x82, 0xff, 0x80]) == [.failed(.protocolError)])
    #expect(readFrames([0x82, 0xff, 0x7f] + [UInt8](repeating: 0xff, count: 7)) == [.failed(.messageTooBig)])
    #expect(readFrames([0x82, 0xff, 0, 0x80]).isEmpty)
  }

  @Test("payloads of every length about the forms' limits come through, whatever their masking key")
  func payloads() {
    for count in [0, 1, 7, 8, 9, 124, 125, 126, 127, 1000, 65535, 65536, 65537] {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      for key in [0, 1, 0xff00_ff00, 0x0102_0304] as [UInt32] {
        #expect(readFrames(frame(.binary, payload, key: key)) == [.event(.binary(payload))])
        #expect(readFrames(frame(.binary, payload, key: key), .sizes([5, 14, 3, 1])) == [.event(.binary(payload))])
      }
    }
  }

  @Test("the limits hold exactly, before the payload comes")
  func limits() {
    var limits = WebSocketLimits()
    (limits.frameBytes, limits.messageBytes, limits.messageFragments) = (10, 15, 4)
    func said(_ bytes: [UInt8]) -> [Heard] { readFrames(bytes, limits: limits) }
    #expect(said(frame(.text, "0123456789")) == [text("0123456789")])
    #expect(said([0x81, 0x80 | 11]) == [.failed(.messageTooBig)])
    let ten = frame(.text, "0123456789", isFinal: false)
    #expect(said(ten + frame(.continuation, "01234")) == [text("012345678901234")])
    #expect(said(ten + [0x80, 0x80 | 6]) == [.failed(.messageTooBig)])
    let empty = frame(.continuation, isFinal: false)
    #expect(said(ten + empty + empty + frame(.continuation)) == [text("0123456789")])
    #expect(said(ten + empty + empty + empty + frame(.continuation)) == [.failed(.messageTooBig)])
    // A control frame is no part of a message.
    let ping = frame(.ping, [UInt8](repeating: 0, count: 125))
    #expect(said(ten + ping + frame(.continuation, "01234")).count == 2)
    #expect(said(frame(.text, "0123456789") + frame(.text, "0123456789")).count == 2)
  }
}
