import Testing

@testable import Main

@Suite struct TableTests {
  @Test("columns are as wide as their widest cell, numbers stand right, and lines end without blanks")
  func columns() {
    var table = Table([.left("NAME"), .right("TASKS"), .left("NOTE")])
    table.add(["n1", "1,234", ""])
    table.add(["a-long-one", "7", "slow"])
    #expect(
      table.text() == """
        NAME        TASKS  NOTE
        n1          1,234
        a-long-one      7  slow

        """)
  }

  @Test("a table without headings begins with its first row, indented as asked")
  func noHeadings() {
    var table = Table([.left(""), .right("")])
    table.add(["ok", "12"])
    #expect(table.text(indent: 2) == "  ok  12\n")
  }

  @Test("a cell cannot break its row or move the cursor")
  func controlCharacters() {
    #expect(Table.printable("a\nb\u{1b}[2Jc\u{7}") == "a b [2Jc ")
    #expect(Table.printable("Grüße – 漢字") == "Grüße – 漢字")
  }
}

@Suite struct QuantityTests {
  @Test(
    "counts have their thousands apart",
    arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func counts(_ value: Int, _ text: String) { #expect(Quantity.count(value) == text) }

  @Test(
    "rates have a decimal below a hundred",
    arguments: [(0, "0.0/s"), (3.14, "3.1/s"), (99.97, "100/s"), (3110.5, "3,111/s")])
  func rates(_ value: Double, _ text: String) { #expect(Quantity.rate(value) == text) }

  @Test(
    "latencies stand in the unit that fits",
    arguments: [(0, "0.0 ms"), (18.44, "18.4 ms"), (123.4, "123 ms"), (2100, "2.1 s"), (125_000, "2 min 05 s")])
  func latencies(_ value: Double, _ text: String) { #expect(Quantity.milliseconds(value) == text) }

  @Test(
    "a span is said to the second, the minute or the hour",
    arguments: [(0.2, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (7390, "2 h 03 min"), (273_600, "3 d 04 h")])
  func spans(_ seconds: Double, _ text: String) { #expect(Quantity.span(seconds: seconds) == text) }

  @Test("what is no quantity is a dash", arguments: [Double.nan, .infinity, -1, 1e300])
  func noQuantity(_ value: Double) {
    #expect(Quantity.rate(value) == "-")
    #expect(Quantity.milliseconds(value) == "-")
    #expect(Quantity.span(seconds: value) == "-")
  }

  @Test("a noun has its plural") func plurals() {
    #expect(Quantity.counted(1, "node") == "1 node")
    #expect(Quantity.counted(2048, "task") == "2,048 tasks")
  }
}

@Suite struct ProgressBarTests {
  private let bar = ProgressBar(total: 2048, done: 1024, failed: 3, ratePerSecond: 3110.5, secondsLeft: 1)

  @Test("a line says done of total, rate, time to go and failures")
  func line() {
    #expect(
      bar.line(width: 120)
        == String(repeating: "█", count: 15) + String(repeating: "░", count: 15)
        + "  1,024/2,048  50%  3,111/s  1 s left  3 failed")
  }

  @Test("a line never reaches the last column, whatever the width", arguments: 0...130)
  func width(_ width: Int) {
    let line = bar.line(width: width)
    #expect(line.count <= max(0, width - 1))
    if width >= 12 { #expect(line.contains("1,024/2,048")) }
  }

  @Test("the bar grows by eighths and is full only at the end")
  func eighths() {
    func drawn(_ done: Int) -> String { ProgressBar(total: 64, done: done, failed: 0).bar(width: 8) }
    #expect(drawn(0) == "░░░░░░░░")
    #expect(drawn(1) == "▏░░░░░░░")
    #expect(drawn(9) == "█▏░░░░░░")
    #expect(drawn(63) == "███████▉")
    #expect(drawn(64) == "████████")
  }

  @Test("100 % is said when all is done, not before")
  func percent() {
    #expect(ProgressBar(total: 100_000, done: 99_999, failed: 0).line(width: 80).contains("99%"))
    #expect(ProgressBar(total: 100_000, done: 100_000, failed: 0).line(width: 80).contains("100%"))
    #expect(ProgressBar(total: 0, done: 0, failed: 0).line(width: 80).contains("0/0  100%"))
  }

  @Test("why nothing moves is said")
  func waiting() {
    let waiting = ProgressBar(total: 2, done: 0, failed: 0, waitingFor: "task_type\n")
    #expect(waiting.line(width: 80).hasSuffix("waiting for task_type "))
  }
}

@Suite struct LiveLineTests {
  @Test("a line is drawn over the one before")
  func redraw() {
    var line = LiveLine()
    #expect(line.redraw("abc", width: 80) == "\r\u{1b}[Jabc")
    #expect(line.redraw("abcd", width: 80) == "\r\u{1b}[Jabcd")
    #expect(line.erase(width: 80) == "\r\u{1b}[J")
  }

  @Test("a line that a narrower window has wrapped is taken away with all its rows")
  func narrower() {
    var line = LiveLine()
    _ = line.redraw(String(repeating: "x", count: 79), width: 80)
    #expect(line.redraw("y", width: 30) == "\u{1b}[2A\r\u{1b}[Jy")
    #expect(line.redraw("z", width: 30) == "\r\u{1b}[Jz")
  }
}
