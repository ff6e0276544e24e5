/// The form of time that HTTP's fields have: RFC 9110, section 5.6.7, `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
  /// The 29 bytes for a time in seconds since 1970-01-01T00:00:00Z, years 0000 to 9999.
  package static func bytes(unixSeconds: Int64) -> [UInt8] {
    let day = unixSeconds >= 0 ? unixSeconds / 86_400 : (unixSeconds - 86_399) / 86_400
    let second = Int(unixSeconds - day * 86_400)
    let (year, month, dayOfMonth) = civil(day: Int(day))
    let weekday = (Int(day) % 7 + 11) % 7
    var bytes: [UInt8] = []
    bytes.reserveCapacity(29)
    bytes += weekdays[weekday].utf8
    bytes += ", ".utf8
    append(dayOfMonth, width: 2, to: &bytes)
    bytes += " \(months[month - 1]) ".utf8
    append(year, width: 4, to: &bytes)
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

  private static func append(_ number: Int, width: Int, to bytes: inout [UInt8]) {
    var divisor = width == 4 ? 1000 : 10
    while divisor > 0 {
      bytes.append(Octet.zero + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// The proleptic Gregorian date of a day counted from 1970-01-01, by Howard Hinnant's `civil_from_days`: years begin
  /// in March, so that the leap day is the last one of its year.
  private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
