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
