/// One line that says how far a batch is: a bar, done of total, rate, time to go, failures.
///
///     ███████████▌         1,180/2,048  58%  3,110/s  0 s left  3 failed
///
/// On a narrow terminal the bar shrinks first, then the parts go from the right; the line never wraps.
struct ProgressBar: Equatable {
  var total: Int
  var done: Int
  var failed: Int
  var ratePerSecond: Double?
  var secondsLeft: Double?
  /// Why nothing moves, when the coordinator says so.
  var waitingFor: String?

  static let widestBar = 30
  static let narrowestBar = 8

  /// - Parameter width: the terminal's columns; the last one stays free, because some terminals wrap there at once.
  func line(width: Int) -> String {
    let room = max(0, width - 1)
    var parts = self.parts
    while parts.count > 1, parts.joined(separator: "  ").count > room { parts.removeLast() }
    let text = parts.joined(separator: "  ")
    let bar = min(Self.widestBar, room - text.count - 2)
    let line = bar >= Self.narrowestBar ? self.bar(width: bar) + "  " + text : text
    return String(line.prefix(room))
  }

  private var parts: [String] {
    var parts = ["\(Quantity.count(done))/\(Quantity.count(total))", "\(percent)%"]
    if let ratePerSecond { parts.append(Quantity.rate(ratePerSecond)) }
    if let secondsLeft, done < total { parts.append(Quantity.span(seconds: secondsLeft) + " left") }
    if failed > 0 { parts.append("\(Quantity.count(failed)) failed") }
    if let waitingFor { parts.append("waiting for \(Table.printable(waitingFor))") }
    return parts
  }

  /// Rounded down: 100 % is said when all is done, not before.
  private var percent: Int { total <= 0 ? 100 : Int(Double(done) / Double(total) * 100) }

  /// Block characters in eighths of a column.
  func bar(width: Int) -> String {
    let eighths = total <= 0 ? width * 8 : Int(Double(done) / Double(total) * Double(width * 8))
    let filled = min(width, max(0, eighths / 8))
    let part = filled < width ? Self.parts[max(0, eighths) % 8] : ""
    let text = String(repeating: "█", count: filled) + part
    return text + String(repeating: "░", count: width - text.count)
  }

  private static let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
