import Clockwork
import Testing

@testable import Net

@Suite("The table of origins")
struct OriginTableTests {
  private func look(_ table: inout OriginTable, _ number: Int) throws -> Origin {
    try table.destination(of: "http://h\(number).example/", at: .zero + .seconds(number)).origin
  }

  @Test("origins that have work are kept, however many there are; those without are forgotten by halves")
  func busy() throws {
    var table = OriginTable()
    let busy = try (0..<10_000).map { number in
      let origin = try look(&table, number)
      origin.running = 1
      return origin
    }
    for number in 0..<10_000 { #expect(try look(&table, number) === busy[number]) }
    for origin in busy { origin.running = 0 }
    for number in 10_000..<20_000 { _ = try look(&table, number) }
    let kept = try (0..<10_000).count { try look(&table, $0) === busy[$0] }
    #expect(kept < 10_000)
  }

  @Test("libcurl is told to forget the names that it knows, and no others")
  func forgotten() throws {
    var table = OriginTable()
    let known = try look(&table, 0)
    known.newEntries = ["h0.example:80:192.0.2.1"]
    #expect(table.takeEntries(for: known) == ["h0.example:80:192.0.2.1"])
    for number in 1..<20_000 { _ = try look(&table, number) }
    #expect(table.takeEntries(for: try look(&table, 19_999)) == ["-h0.example:80"])
  }

  @Test("what a transfer carried that libcurl never saw goes with the next one, before what is newer")
  func givenBack() throws {
    var table = OriginTable()
    let origin = try look(&table, 0)
    origin.newEntries = ["old"]
    table.giveBack(table.takeEntries(for: origin))
    origin.newEntries = ["new"]
    #expect(table.takeEntries(for: origin) == ["old", "new"])
    #expect(table.takeEntries(for: origin).isEmpty)
  }
}
