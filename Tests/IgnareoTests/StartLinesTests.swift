import Clockwork
import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("The order of starts", .timeLimit(.minutes(2)))
struct StartLinesTests {
  private func drained(_ lines: inout StartLines<String>) -> [String] {
    var order: [String] = []
    while let next = lines.popFirst() { order.append(next) }
    return order
  }

  @Test("what stands in one line leaves it in its order")
  func oneLine() {
    var lines = StartLines<String>()
    let line = StartLine(sender: "c")
    let names = (0..<1_000).map { "\($0)" }
    for name in names { lines.append(name, to: line) }
    #expect(lines.count == 1_000)
    #expect(drained(&lines) == names)
    #expect(lines.isEmpty && lines.popFirst() == nil)
  }

  @Test("a small shard goes ahead of large ones that have begun")
  func smallShard() throws {
    var lines = StartLines<String>()
    for shard in 0..<10 {
      let line = StartLine(sender: "c")
      for _ in 0..<1_000 { lines.append("large \(shard)", to: line) }
    }
    for _ in 0..<5_000 { _ = lines.popFirst() }
    let small = StartLine(sender: "c")
    for _ in 0..<10 { lines.append("small", to: small) }
    let order = drained(&lines)
    let last = try #require(order.lastIndex(of: "small"))
    #expect(last < Limits.startsOfLine + 10)
    #expect(order.count == 5_010)
  }

  @Test("new shards without end do not hold an old one up")
  func oldShard() {
    var lines = StartLines<String>()
    let old = StartLine(sender: "c")
    for _ in 0..<1_000 { lines.append("old", to: old) }
    var started = 0
    for _ in 0..<4_000 {
      lines.append("new", to: StartLine(sender: "c"))
      if lines.popFirst() == "old" { started += 1 }
    }
    #expect(started == 1_000)
  }

  @Test("coordinators get as many starts each, however many shards they have sent")
  func senders() {
    var lines = StartLines<String>()
    for _ in 0..<50 {
      let line = StartLine(sender: "greedy")
      for _ in 0..<100 { lines.append("greedy", to: line) }
    }
    for name in ["modest", nil] {
      let line = StartLine(sender: name)
      for _ in 0..<500 { lines.append(name ?? "own", to: line) }
    }
    let first = (0..<1_200).compactMap { _ in lines.popFirst() }
    for name in ["greedy", "modest", "own"] {
      let share = first.count { $0 == name }
      #expect((380...420).contains(share), "\(name): \(share) of 1,200")
    }
  }

  @Test("what is taken out leaves the others in their order")
  func takenOut() {
    var lines = StartLines<String>()
    let line = StartLine(sender: "c")
    for index in 0..<100 { lines.append("\(index)", to: line) }
    lines.removeAll { Int($0)! % 2 == 0 }
    #expect(lines.count == 50)
    #expect(drained(&lines) == (0..<100).filter { $0 % 2 == 1 }.map { "\($0)" })
  }

  @Test("on a node whose places are all taken, a second coordinator's tasks start before the first one's are through")
  func node() async throws {
    let notes = Notes()
    var types = TaskTypes.builtIn
    types.register("note", repeatable: true, summary: "notes its start") { (name: String, context) in
      notes.add(name)
      try await context.sleep(.milliseconds(1))
      return true
    }
    try await withNode(capacity: 4, types: types) { node async throws in
      func tasks(_ name: String, _ range: Range<Int>) -> [String] {
        range.map { #"{"index":\#($0),"attempt":1,"task":"note","args":"\#(name)"}"# }
      }
      // Nothing starts before all shards are there.
      let blocker = Shard(
        node, (0..<4).map { #"{"index":\#($0),"attempt":1,"task":"sleep","args":{"seconds":0.2}}"# })
      try await eventually(node.loop, "all places are taken") { node.pool.table.running == 4 }
      let first = Shard(node, tasks("first", 0..<3))
      try await eventually(node.loop, "the first one's are there") { node.pool.table.queued == 3 }
      let second = Shard(node, tasks("second", 0..<1), query: "&batch=b&coordinator=other&epoch=1")
      try await eventually(node.loop, "all have ended") {
        [blocker, first, second].allSatisfy { $0.end != nil }
      }
      #expect(notes.all.sorted() == ["first", "first", "first", "second"])
    }
  }
}

/// What tests note from any thread.
private final class Notes: Sendable {
  private let lines = Lock<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}
