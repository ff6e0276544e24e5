/// The machine of gzip, RFC 1952: compressed bytes go in, in whatever pieces; what they hold comes out, at most 64 KiB
/// at a time.
///
/// It decodes no further than what is asked for, so that a small input which holds a thousand times as much costs its
/// reader no memory. Members one behind the other are one text (section 2.2); anything else behind a member is refused.
package struct GzipReader: Sendable {
  /// The most of a member's header, whose texts have no other end than their zero.
  package static let headerBytes = 128 << 10
  /// The most that `next` gives at once.
  package static let pieceBytes = InflateWindow.pieceBytes

  private enum State {
    case header(GzipHeader)
    case data
    /// Eight bytes; those that have come, the first lowest.
    case trailer(UInt64, count: Int)
    case failed(GzipError)
  }

  private var state = State.header(GzipHeader())
  private var inflater = Inflater()
  private var bits = BitQueue()
  private var window = InflateWindow()
  private var checksum = GzipChecksum()
  /// Of the member, modulo 2^32.
  private var length: UInt32 = 0
  private var members = 0
  /// Bytes of the input that were read.
  private var taken = 0

  package init() {}

  /// The next piece of what the input holds; nil when all of it is used and more is needed.
  ///
  /// - Parameter place: where reading goes on. Hand the same input in until this gives nil.
  package mutating func next(in input: Span<UInt8>, at place: inout Int) throws(GzipError) -> [UInt8]? {
    let before = place
    defer { taken += place - before }
    while true {
      switch state {
      case .failed(let error): throw error
      case .header(var header):
        guard let byte = bits.take(8, input, &place) else { return nil }
        do throws(GzipError.Cause) { try header.take(UInt8(byte), isFirst: members == 0) } catch {
          throw fail(error, at: taken + place - before)
        }
        state = .header(header)
        if header.isWhole { beginData() }
      case .data:
        if let piece = try decode(input, &place, before) { return piece }
        if case .data = state { return nil }
      case .trailer(let word, let count):
        guard let byte = bits.take(8, input, &place) else { return nil }
        state = .trailer(word | UInt64(byte) << UInt64(8 * count), count: count + 1)
        if count + 1 == 8 { try endMember(at: taken + place - before) }
      }
    }
  }

  /// Says that the input has ended.
  package mutating func end() throws(GzipError) {
    switch state {
    case .failed(let error): throw error
    case .header(let header) where header.isEmpty && members > 0: break
    default: throw fail(.torn, at: taken)
    }
  }

  private mutating func beginData() {
    (inflater, checksum, length) = (Inflater(), GzipChecksum(), 0)
    window.begin()
    state = .data
  }

  /// Nil when the input is used up, or the member's data has ended and nothing of it is left to hand out.
  private mutating func decode(
    _ input: Span<UInt8>, _ place: inout Int, _ before: Int
  ) throws(GzipError) -> [UInt8]? {
    do throws(InflateFlaw) {
      if try inflater.run(input, &place, &bits, &window) == .ended {
        bits.align()
        state = .trailer(0, count: 0)
      }
    } catch {
      // What stands before the fault is handed out first, whatever pieces the input comes in.
      let error = fail(.data(error), at: taken + place - before)
      guard let piece = window.piece(&checksum) else { throw error }
      return piece
    }
    let piece = window.piece(&checksum)
    length &+= UInt32(piece?.count ?? 0)
    return piece
  }

  private mutating func endMember(at offset: Int) throws(GzipError) {
    guard case .trailer(let word, _) = state else { return }
    guard UInt32(truncatingIfNeeded: word) == checksum.value else { throw fail(.checksum, at: offset) }
    guard UInt32(truncatingIfNeeded: word >> 32) == length else { throw fail(.length, at: offset) }
    members += 1
    state = .header(GzipHeader())
  }

  private mutating func fail(_ cause: GzipError.Cause, at offset: Int) -> GzipError {
    let error = GzipError(cause, at: max(0, offset - bits.count / 8))
    state = .failed(error)
    return error
  }
}
