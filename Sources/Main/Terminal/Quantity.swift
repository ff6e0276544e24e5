/// Numbers as people read them: `12,345`, `3,110/s`, `18.4 ms`, `2 min 05 s`.
enum Quantity {
  static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// Tasks a second: one decimal below 100, none above.
  static func rate(_ perSecond: Double) -> String {
    guard perSecond.isFinite, perSecond >= 0, perSecond < 1e15 else { return "-" }
    return (perSecond < 99.95 ? decimal(perSecond) : count(Int(perSecond.rounded()))) + "/s"
  }

  /// A latency: three digits or so, in the unit that fits.
  static func milliseconds(_ value: Double) -> String {
    guard value.isFinite, value >= 0, value < 1e15 else { return "-" }
    if value < 1000 { return (value < 99.95 ? decimal(value) : count(Int(value.rounded()))) + " ms" }
    return value < 60_000 ? decimal(value / 1000) + " s" : span(seconds: value / 1000)
  }

  /// A time to wait, to the second: `0 s`, `59 s`, `1 min 00 s`, `2 h 03 min`, `3 d 04 h`.
  static func span(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e15 else { return "-" }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(twoDigits(whole % 60)) s"
    case ..<86_400: return "\(whole / 3600) h \(twoDigits(whole / 60 % 60)) min"
    default: return "\(whole / 86_400) d \(twoDigits(whole / 3600 % 24)) h"
    }
  }

  /// `count` and the noun: `1 task`, `2 tasks`.
  static func counted(_ value: Int, _ noun: String) -> String { "\(count(value)) \(noun)\(value == 1 ? "" : "s")" }

  private static func decimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(count(tenths / 10)).\(tenths % 10)"
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
