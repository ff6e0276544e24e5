import Clockwork

/// The form of time that HTTP's fields have: RFC 9110, section 5.6.7, `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
  /// The 29 bytes for a time in seconds since 1970-01-01T00:00:00Z, years 0000 to 9999.
  package static func bytes(unixSeconds: Int64) -> [UInt8] {
    let days = unixSeconds >= 0 ? unixSeconds / 86_400 : (unixSeconds - 86_399) / 86_400
    let second = unixSeconds - days * 86_400
    let date = CalendarDay(daysSince1970: days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(29)
    bytes += weekdays[Int(date.weekday)].utf8
    bytes += ", ".utf8
    append(date.day, width: 2, to: &bytes)
    bytes += " \(months[Int(date.month) - 1]) ".utf8
    append(date.year, width: 4, to: &bytes)
    bytes.append(Octet.space)
    append(second / 3600, width: 2, to: &bytes)
    bytes.append(Octet.colon)
    append(second / 60 % 60, width: 2, to: &bytes)
    bytes.append(Octet.colon)
    append(second % 60, width: 2, to: &bytes)
    bytes += " GMT".utf8
    return bytes
  }

  /// The time in seconds that such a text means; nil for any other text: the two forms of before 1995 are not read.
  package static func unixSeconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 29 else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    guard let day = Int64(part(5..<7)), let month = months.firstIndex(of: part(8..<11)),
      let year = Int64(part(12..<16)),
      let hour = Int64(part(17..<19)), let minute = Int64(part(20..<22)), let second = Int64(part(23..<25))
    else { return nil }
    // Howard Hinnant's `days_from_civil`: years begin in March.
    let (years, months) = (month < 2 ? year - 1 : year, Int64(month < 2 ? month + 10 : month - 2))
    let days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 719_469
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    // What is odd in it (a day that is none, another weekday, a sign for a digit) would be written otherwise.
    return Self.bytes(unixSeconds: seconds) == bytes ? seconds : nil
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func append(_ number: Int64, width: Int, to bytes: inout [UInt8]) {
    var divisor: Int64 = width == 4 ? 1000 : 10
    while divisor > 0 {
      bytes.append(Octet.zero + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }
}
