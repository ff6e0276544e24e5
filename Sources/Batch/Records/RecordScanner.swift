/// Cuts a log into its records, piece by piece as it is read, and finds its way again behind damage.
///
/// What is no record is damage, also at the end: only the beginning of a record, all of which may be right but which is
/// shorter than it says, is the torn tail of a write that never ended.
package struct RecordScanner {
  package struct Damage: Equatable, Sendable {
    package let offset: Int
    package let bytes: Int
  }

  package private(set) var damage: [Damage] = []
  /// Bytes that lie in damaged places, also those that are not told one by one.
  package private(set) var damagedBytes = 0
  /// Where the last damage ends; 0 for none.
  package private(set) var damageEnd = 0
  private var rest: [UInt8] = []
  /// The offset in the log of the first byte of `rest`.
  private var offset: Int
  private var hole: Hole?

  /// No records, and the end of that is not found yet.
  private struct Hole {
    let start: Int
    /// With nothing behind it, it is what came of a write that was broken off.
    let mayBeTorn: Bool
  }

  /// - Parameter offset: of the first record that comes.
  package init(from offset: Int = 0) { self.offset = offset }

  /// Takes the next piece. `record` is called with each whole record's offset and payload, which is valid in the call
  /// alone; it says whether it wants more.
  ///
  /// - Returns: false when `record` wanted no more.
  package mutating func take(_ piece: [UInt8], _ record: (Int, ArraySlice<UInt8>) -> Bool) -> Bool {
    if rest.isEmpty { rest = piece } else { rest += piece }
    let wantsMore = scan(isLast: false, record)
    return wantsMore
  }

  /// There is no more: looks for records also in what seemed to be the beginning of one.
  ///
  /// - Returns: where the last record or damage ends: what follows is a torn tail.
  package mutating func finish(_ record: (Int, ArraySlice<UInt8>) -> Bool) -> Int {
    _ = scan(isLast: true, record)
    if let hole, hole.mayBeTorn { return hole.start }
    endDamage(at: offset)
    return offset
  }

  private mutating func scan(isLast: Bool, _ record: (Int, ArraySlice<UInt8>) -> Bool) -> Bool {
    let bytes = rest
    var place = 0
    var wantsMore = true
    scanning: while wantsMore, place < bytes.count {
      switch bytes.withUnsafeBytes({ RecordFrame.read($0, at: place) }) {
      case .record(let payload):
        endDamage(at: offset + place)
        wantsMore = record(offset + place, bytes[payload])
        place = payload.upperBound
      case .incomplete where !isLast: break scanning
      case .incomplete:
        let mayBeTorn = !bytes.withUnsafeBytes { RecordFrame.isWholeButForLength($0, at: place) }
        hole = hole ?? Hole(start: offset + place, mayBeTorn: mayBeTorn)
        place = nextMarker(in: bytes, from: place + 1)
      case .damaged:
        hole = hole ?? Hole(start: offset + place, mayBeTorn: false)
        place = nextMarker(in: bytes, from: place + 1)
      }
    }
    rest = place == 0 ? bytes : Array(bytes[place...])
    offset += place
    return wantsMore
  }

  private mutating func endDamage(at place: Int) {
    guard let start = hole?.start else { return }
    hole = nil
    damageEnd = place
    damagedBytes += place - start
    if damage.count < RecordLimits.damageTold { damage.append(Damage(offset: start, bytes: place - start)) }
  }

  private func nextMarker(in bytes: [UInt8], from start: Int) -> Int {
    let first = UInt8(RecordFrame.marker & 0xff)
    return bytes[start...].firstIndex(of: first) ?? bytes.count
  }
}
