import Testing

@testable import HTTP

@Suite("WebSocket frames as they are written")
struct WebSocketWireTests {
  private func written(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    write(&bytes)
    return bytes
  }

  @Test("the RFC's examples are written")
  func examples() {
    #expect(written { WebSocketWire.appendText("Hello".utf8, to: &$0) } == [0x81, 0x05] + "Hello".utf8)
    #expect(
      written { WebSocketWire.appendText("Hello".utf8, maskingKey: 0x37fa_213d, to: &$0) }
        == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    #expect(written { WebSocketWire.appendPong("Hello".utf8, to: &$0) } == [0x8a, 0x05] + "Hello".utf8)
    #expect(written { WebSocketWire.appendPing(to: &$0) } == [0x89, 0x00])
    #expect(
      written { WebSocketWire.appendClose(WebSocketClose(code: .normal, reason: "ok"), to: &$0) }
        == [0x88, 0x04, 0x03, 0xe8] + "ok".utf8)
  }

  @Test("lengths take their shortest form")
  func lengths() {
    func head(_ count: Int) -> [UInt8] {
      let payload = [UInt8](repeating: 0, count: count)
      return written { WebSocketWire.appendBinary(payload, to: &$0) }.dropLast(count)
    }
    #expect(head(125) == [0x82, 125])
    #expect(head(126) == [0x82, 126, 0x00, 0x7e])
    #expect(head(0xffff) == [0x82, 126, 0xff, 0xff])
    #expect(head(0x10000) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
  }

  @Test("masking from any place on, in any pieces, is masking the whole")
  func masks() {
    let plain = (0..<40).map { UInt8($0) }
    let key: UInt32 = 0x1122_3344
    let expected = plain.enumerated().map { $1 ^ [0x11, 0x22, 0x33, 0x44][$0 % 4] }
    for payloadStart in 0..<5 {
      for cut in 0...40 {
        var bytes = [UInt8](repeating: 0xee, count: payloadStart) + plain[..<cut]
        WebSocketMask.apply(key, to: &bytes, from: payloadStart, payloadStart: payloadStart)
        bytes += plain[cut...]
        WebSocketMask.apply(key, to: &bytes, from: payloadStart + cut, payloadStart: payloadStart)
        #expect(bytes == [UInt8](repeating: 0xee, count: payloadStart) + expected)
      }
    }
    // The second fragment of a message: its payload begins behind the first one's bytes.
    var behind: [UInt8] = [1, 2, 3] + plain
    WebSocketMask.apply(key, to: &behind, from: 3, payloadStart: 3)
    #expect(behind == [1, 2, 3] + expected)
  }

  @Test("a queue that frames are appended to grows as any array does, and is not moved for each of them")
  func growth() {
    var queue: [UInt8] = []
    var capacities: Set<Int> = []
    for _ in 0..<10_000 {
      WebSocketWire.appendText("a message of some length".utf8, to: &queue)
      capacities.insert(queue.capacity)
    }
    #expect(capacities.count < 40)
  }
}
