/// A line of a terminal that is drawn over and over in place.
///
/// A window that was made narrower has wrapped the last drawing into several rows: the next one goes up over all of
/// them, so that no piece of an old bar stays behind.
struct LiveLine {
  private var drawnColumns = 0

  /// The bytes that replace what was drawn before by `line`.
  mutating func redraw(_ line: String, width: Int) -> String {
    let text = erase(width: width) + line
    drawnColumns = line.count
    return text
  }

  /// The bytes that take the line away, so that others can be written in its place.
  mutating func erase(width: Int) -> String {
    let rows = width > 0 ? max(0, drawnColumns - 1) / width : 0
    drawnColumns = 0
    return (rows > 0 ? "\u{1b}[\(rows)A" : "") + "\r\u{1b}[J"
  }
}
