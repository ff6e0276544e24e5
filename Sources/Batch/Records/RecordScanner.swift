/// Cuts a log into its records, piece by piece as it is read, and finds its way again behind damage.
///
/// What is no record and has a record behind it is damage; what has none is the torn tail of a write that never ended.
package struct RecordScanner {
  package struct Damage: Equatable, Sendable {
    package let offset: Int
    package let bytes: Int
  }

  package private(set) var damage: [Damage] = []
  /// Bytes that lie in damaged places, also those that are not told one by one.
  package private(set) var damagedBytes = 0
  private var rest: [UInt8] = []
  /// The offset in the log of the first byte of `rest`.
  private var offset: Int
  /// Where damage begins whose end is not found yet.
  private var damagedFrom: Int?

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
  /// - Returns: where the last record ends: what follows is a torn tail.
  package mutating func finish(_ record: (Int, ArraySlice<UInt8>) -> Bool) -> Int {
    _ = scan(isLast: true, record)
    return damagedFrom ?? offset
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
      case .incomplete, .damaged:
        if damagedFrom == nil { damagedFrom = offset + place }
        place = nextMarker(in: bytes, from: place + 1)
      }
    }
    rest = place == 0 ? bytes : Array(bytes[place...])
    offset += place
    return wantsMore
  }

  private mutating func endDamage(at place: Int) {
    guard let start = damagedFrom else { return }
    damagedFrom = nil
    damagedBytes += place - start
    if damage.count < RecordLimits.damageTold { damage.append(Damage(offset: start, bytes: place - start)) }
  }

  private func nextMarker(in bytes: [UInt8], from start: Int) -> Int {
    let first = UInt8(RecordFrame.marker & 0xff)
    return bytes[start...].firstIndex(of: first) ?? bytes.count
  }
}
