import HTTP
import Testing

/// Each way in which bytes can be no gzip, by itself.
@Suite struct GzipFlawTests {
  private func cause(_ bytes: [UInt8]) -> GzipError.Cause? { GzipReading(bytes).error?.cause }

  private func flaw(_ write: (inout DeflateWriter) -> Void) -> GzipError.Cause? {
    var writer = DeflateWriter()
    write(&writer)
    // What follows must not be needed to see it.
    writer.bits(0, 32)
    let cause = cause(writer.bytes)
    #expect(GzipReading(writer.bytes, size: 1).error?.cause == cause)
    return cause
  }

  /// Changes one byte of a file that is well, counted from its end where it is below zero.
  private func changed(_ vector: GzipVector, _ place: Int, _ byte: UInt8) -> GzipError.Cause? {
    var bytes = vector.bytes
    bytes[place < 0 ? bytes.count + place : place] = byte
    return cause(bytes)
  }

  @Test("a header that is none is refused")
  func headers() {
    #expect(cause(Array("{\"task\":\"echo\"}".utf8)) == .noMember(isFirst: true))
    #expect(changed(.fixed, 1, 0x8c) == .noMember(isFirst: true))
    #expect(changed(.fixed, 2, 7) == .method(7))
    for flag: UInt8 in [0x20, 0x40, 0x80] { #expect(changed(.fixed, 3, flag) == .reservedFlags) }
    #expect(changed(.header, 20, 0x2e) == .headerChecksum)
    let endless = Array(GzipVector.fixed.bytes[..<3]) + [0x08] + [UInt8](repeating: 0x61, count: 1 << 20)
    #expect(cause(endless) == .longHeader)
  }

  @Test("another checksum and another length are refused")
  func trailers() {
    #expect(changed(.fixed, -8, 0) == .checksum && changed(.fixed, -5, 0) == .checksum)
    #expect(changed(.fixed, -4, 0) == .length && changed(.fixed, -1, 1) == .length)
  }

  @Test("a block of no type and a stored one of no length are refused")
  func blocks() {
    #expect(flaw { $0.bits(0b111, 3) } == .data(.blockType))
    #expect(
      flaw {
        $0.bits(0b001, 3)
        $0.align()
        $0.bits(5, 16)
        $0.bits(5, 16)
      } == .data(.storedLength))
  }

  @Test("symbols and distances that mean nothing are refused")
  func symbols() {
    // 286 and 287 have codes among the fixed ones, and so have the distances 30 and 31.
    for code in [0b1100_0110, 0b1100_0111] {
      #expect(
        flaw {
          $0.bits(0b011, 3)
          $0.code((code, 8))
        } == .data(.symbol))
    }
    for distance in [30, 31] {
      #expect(
        flaw {
          $0.bits(0b011, 3)
          $0.code((1, 7))
          $0.code((distance, 5))
        } == .data(.symbol))
    }
  }

  @Test("a copy from before the beginning is refused, also of what another member held")
  func distances() {
    func copy(_ writer: inout DeflateWriter) {
      writer.bits(0b011, 3)
      writer.code((0x30 + 65, 8))
      writer.code((1, 7))
      writer.code((1, 5))
    }
    #expect(flaw(copy) == .data(.distance))
    var second = DeflateWriter()
    copy(&second)
    second.bits(0, 32)
    #expect(cause(GzipVector.fixed.bytes + second.bytes) == .data(.distance))
  }

  @Test("more codes than symbols are refused")
  func counts() {
    for (literals, distances) in [(30, 0), (31, 0), (0, 30), (0, 31)] {
      #expect(
        flaw {
          $0.bits(0b101, 3)
          $0.bits(literals, 5)
          $0.bits(distances, 5)
          $0.bits(15, 4)
        } == .data(.tooManyCodes))
    }
  }

  @Test("codes that are too many or too few for their lengths are refused, but for one of one bit alone")
  func codes() {
    func literals(_ lengths: [Int: Int]) -> [Int] { (0..<257).map { lengths[$0] ?? 0 } }
    func head(_ lengths: [Int: Int], _ distances: [Int]) -> GzipError.Cause? {
      flaw {
        $0.dynamicHead(literals: literals(lengths), distances: distances)
        // The end of the block, which is the code 1 or 0.
        $0.code(DeflateWriter.codes(literals(lengths))[256])
      }
    }
    #expect(head([65: 1, 66: 1, 256: 1], [0]) == .data(.badCode))
    #expect(head([65: 2, 256: 2], [0]) == .data(.badCode))
    #expect(head([65: 1, 256: 1], [1, 1, 1]) == .data(.badCode))
    #expect(head([65: 1, 256: 1], [2, 2]) == .data(.badCode))
    #expect(head([65: 1, 66: 1], [0]) == .data(.noEnd))
    // Of these the trailer alone is missing.
    for distances in [[0], [1], [1, 1]] { #expect(head([65: 1, 256: 1], distances) == .torn) }
    #expect(head([256: 1], [0]) == .torn)
  }

  @Test("code lengths that repeat what is not there, or beyond their end, are refused")
  func repeats() {
    /// The length code has symbols 16 and 18 alone, of one bit each.
    func head(_ write: (inout DeflateWriter) -> Void) -> GzipError.Cause? {
      flaw {
        $0.bits(0b101, 3)
        $0.bits(0, 10)
        $0.bits(0, 4)
        for length in [1, 0, 1, 0] { $0.bits(length, 3) }
        write(&$0)
      }
    }
    #expect(head { $0.bits(0, 1) } == .data(.badRepeat))
    #expect(
      head { writer in
        for _ in 0..<2 {
          writer.bits(1, 1)
          writer.bits(127, 7)
        }
      } == .data(.badRepeat))
  }
}
