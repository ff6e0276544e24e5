import Clockwork
import Contract
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// An NDJSON body that is still being sent, to a node's `/tasks` or `/shards`.
final class OpenStream: @unchecked Sendable {
  // Guarded by: the loop's thread.
  let upload = HTTPUpload()
  private let node: NodeBench
  private(set) var status: Int?
  private(set) var body: [UInt8] = []
  private(set) var isOver = false
  private(set) var transfer: HTTPTransfer!

  /// - Parameter url: of a server beside the node; nil means the node itself.
  init(_ node: NodeBench, _ target: String = "/tasks", at url: String? = nil) {
    self.node = node
    var request = HTTPClientRequest((url ?? node.url) + target, method: "POST", body: .upload(upload))
    request.headers.add("Content-Type", "application/x-ndjson")
    request.timeout = .seconds(90)
    transfer = node.client.start(
      request, onHead: { [self] in status = $0.status }, onBody: { [self] in body += $0 },
      onEnd: { [self] _ in isOver = true })
  }

  func say(_ lines: String...) { upload.write(Array(lines.map { $0 + "\n" }.joined().utf8)) }

  /// The whole answer. A transfer may go on behind one that came before its own body's end.
  func answer(sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
    try await eventually(node.loop, "the answer", sourceLocation: sourceLocation) {
      isOver || status != nil && (try? JSONValue.parse(body)) != nil
    }
    defer { transfer.cancel() }
    if status ?? 0 >= 400 {
      #expect(node.described.faults(of: body, as: "Problem") == [], sourceLocation: sourceLocation)
    }
    return try JSONValue.parse(body)
  }
}

@Suite("Streams of tasks", .timeLimit(.minutes(2)))
struct TaskStreamTests {
  private static let sleep = #"{"task":"sleep","args":{"seconds":600}}"#

  @Test("each task is registered as its line comes, however long the stream rests between them")
  func asTheyCome() async throws {
    try await withNode { node async throws in
      let stream = OpenStream(node)
      stream.say(#"{"task":"echo","args":1}"#)
      try await eventually(node.loop, "the first one has run") { node.pool.table[.ok].count == 1 }
      stream.upload.write(Array(#"{"task":"echo","#.utf8))
      for _ in 0..<50 { await node.loop.yield() }
      #expect(stream.status == nil && node.pool.table.kept == 1)
      stream.upload.write(Array(#""args":2}"#.utf8))
      stream.upload.finish()
      let answer = try await stream.answer()
      #expect(stream.status == 202 && answer["registered"] == nil)
      let hrefs = try #require(answer["tasks"]?.elements?.compactMap { $0["href"]?.string })
      #expect(hrefs.count == 2)
      for (place, href) in hrefs.enumerated() {
        #expect(try await node.ask("GET", href + "?wait=30").json["value"]?.int == place + 1)
      }
    }
  }

  @Test("a stream of more tasks than there is room for is slowed down by TCP, and all of them run in the end")
  func longerThanTheRoom() async throws {
    let gate = TaskGate()
    try await withNode(capacity: 2, types: gate.types) { node async throws in
      let stream = OpenStream(node, "/tasks")
      let (count, padding) = (80, String(repeating: "x", count: 500_000))
      for _ in 0..<count { stream.say("{\"task\":\"gated\",\"args\":\"\(padding)\"}") }
      stream.upload.finish()
      try await eventually(node.loop, "the node is full") { node.pool.hasRoomWaiters }
      for _ in 0..<100 { await node.loop.yield() }
      #expect(stream.upload.isCongested && stream.status == nil)
      #expect(node.pool.table.running == 2 && node.pool.table.queued == 2)
      #expect(try await node.ask("POST", "/tasks", #"{"task":"echo"}"#).status == 503)
      gate.open()
      let answer = try await stream.answer()
      #expect(stream.status == 202 && answer["tasks"]?.elements?.count == count)
      try await eventually(node.loop, "all have run") { node.pool.table[.ok].count == count }
    }
  }

  @Test("a last line that waits for room is registered too, and a wait begins behind it")
  func lastLine() async throws {
    let gate = TaskGate()
    try await withNode(capacity: 1, types: gate.types) { node async throws in
      let stream = OpenStream(node, "/tasks?wait=60")
      for number in 0..<3 { stream.say("{\"task\":\"gated\",\"id\":\"\(number)\"}") }
      stream.upload.finish()
      try await eventually(node.loop, "the last one waits") { node.pool.hasRoomWaiters }
      gate.open()
      let tasks = try #require(try await stream.answer()["tasks"]?.elements)
      #expect(stream.status == 200)
      #expect(tasks.map { $0["submitted_id"]?.string } == ["0", "1", "2"])
      #expect(tasks.allSatisfy { $0["value"]?.bool == true })
    }
  }

  @Test("a bad line ends the stream at once; those before it stand, and the answer says which")
  func badLine() async throws {
    try await withNode { node async throws in
      let stream = OpenStream(node, "/tasks?wait=60")
      stream.say(Self.sleep)
      try await eventually(node.loop, "it runs") { node.pool.table.running == 1 }
      stream.say(Self.sleep, #"{"task":"nope"}"#, #"{"task":"echo"}"#, "{")
      let answer = try await stream.answer()
      #expect(stream.status == 400)
      #expect(answer["line"]?.int == 3 && answer["pointer"]?.string == "/task")
      #expect(answer["errors"]?.elements?.compactMap { $0["line"]?.int } == [3, 5])
      #expect(answer["registered"]?.int == 2)
      #expect(node.pool.table.running == 2 && node.pool.table.kept == 0)
      for task in try #require(answer["tasks"]?.elements) {
        let href = try #require(task["href"]?.string)
        #expect(try await node.ask("DELETE", href).json["state"]?.string == "cancelled")
      }
    }
  }

  @Test("a node that drains ends a stream that rests or waits, and says what stands")
  func drain() async throws {
    try await withNode(capacity: 1) { node async throws in
      let (resting, waiting) = (OpenStream(node), OpenStream(node))
      resting.say(Self.sleep)
      try await eventually(node.loop, "it runs") { node.pool.table.running == 1 }
      waiting.say(Self.sleep, Self.sleep)
      try await eventually(node.loop, "one waits for room") { node.pool.hasRoomWaiters }
      let drain = node.loop.spawn { await node.service.drain() }
      for stream in [resting, waiting] {
        let answer = try await stream.answer()
        #expect(stream.status == 503 && answer["type"]?.string == "urn:ignareo:problem:draining")
        #expect(answer["registered"]?.int == 1)
      }
      node.pool.cancelAll()
      await drain.value
    }
  }

  @Test("a sender who leaves while there is no room leaves what is registered, and nobody waits for him")
  func senderLeaves() async throws {
    try await withNode(capacity: 1) { node async throws in
      for ends in [false, true] {
        let stream = OpenStream(node)
        for _ in 0..<3 { stream.say(Self.sleep) }
        if ends { stream.upload.finish() }
        try await eventually(node.loop, "it waits for room") { node.pool.hasRoomWaiters }
        stream.transfer.cancel()
        try await eventually(node.loop, "nobody waits") { !node.pool.hasRoomWaiters }
        #expect(node.pool.table.running == 1 && node.pool.table.queued == 1)
        node.pool.cancelAll()
        try await eventually(node.loop, "they are cancelled") { node.pool.table.running == 0 }
      }
    }
  }

  @Test("of a stream longer than all that is kept, the answer names what is known still, and how many there were")
  func longerThanWhatIsKept() async throws {
    try await withNode(capacity: 5_000) { node async throws in
      let stream = OpenStream(node)
      let many = Array(repeating: #"{"task":"echo"}"#, count: Limits.identifiersBeforeSweep).joined(separator: "\n")
      stream.say(many)
      try await eventually(node.loop, "they have run") { node.pool.table.kept == Limits.identifiersBeforeSweep }
      node.pool.forgetOld(MonotonicClock.now + Limits.keptFor + .seconds(1))
      #expect(node.pool.table.kept == 0)
      stream.say(#"{"task":"echo","args":"last"}"#)
      stream.upload.finish()
      let answer = try await stream.answer()
      #expect(stream.status == 202 && answer["registered"]?.int == Limits.identifiersBeforeSweep + 1)
      #expect(answer["tasks"]?.elements?.count == 1)
      let last = try #require(answer.at(pointer: "/tasks/0/href")?.string)
      #expect(try await node.ask("GET", last + "?wait=30").json["value"]?.string == "last")
    }
  }

  @Test("more streams at once than there may be are refused with 503, until one is over")
  func tooMany() async throws {
    try await withNode { node async throws in
      let endpoints = TaskEndpoints(pool: node.pool, values: WaitingValues(), streamLimit: 1)
      let site = try Website(node.loop) { endpoints.post($1) }
      defer { site.close() }
      let url = "http://\(site.authority)"
      let first = OpenStream(node, at: url)
      first.say(Self.sleep)
      try await eventually(node.loop, "it is registered") { node.pool.table.running == 1 }
      let second = OpenStream(node, at: url)
      second.say(Self.sleep)
      #expect(try await second.answer()["type"]?.string == "urn:ignareo:problem:too_many_streams")
      first.upload.finish()
      #expect(try await first.answer()["tasks"]?.elements?.count == 1)
      let third = OpenStream(node, at: url)
      third.say(Self.sleep)
      try await eventually(node.loop, "it is taken") { node.pool.table.running == 2 }
      third.transfer.cancel()
    }
  }

  @Test("room goes to the streams that wait for it in the order in which they came")
  func order() async throws {
    try await withNode(capacity: 1) { node async throws in
      func task(_ name: String) -> String { #"{"task":"sleep","args":{"seconds":600},"id":"\#(name)"}"# }
      var streams: [(name: String, stream: OpenStream)] = []
      for (count, name) in ["a", "b"].enumerated() {
        streams.append((name, OpenStream(node)))
        streams[count].stream.say(task(name + "1"))
        try await eventually(node.loop, "it is registered") { node.pool.newest(9).count == count + 1 }
      }
      for (count, (name, stream)) in streams.enumerated() {
        stream.say(task(name + "2"))
        try await eventually(node.loop, "it waits") { node.pool.room.waiters.count == count + 1 }
      }
      for count in 1...2 {
        node.pool.cancel(try #require(node.pool.newest(9).last { !$0.hasEnded }))
        try await eventually(node.loop, "one goes on") { node.pool.room.waiters.count == 2 - count }
      }
      #expect(node.pool.newest(9).reversed().compactMap(\.name) == ["a1", "b1", "a2", "b2"])
      for (_, stream) in streams { stream.transfer.cancel() }
    }
  }
}

@Suite("Room while tasks are read", .timeLimit(.minutes(2)))
struct ReservationTests {
  private static func line(_ index: Int) -> String {
    #"{"index":\#(index),"attempt":1,"task":"sleep","args":{"seconds":600}}"#
  }

  @Test("a shard that is being read has its room, which no other gets, until it has left")
  func shards() async throws {
    try await withNode(capacity: 2) { node async throws in
      func shard(_ number: Int) -> OpenStream {
        OpenStream(node, "/shards?id=0197a000-0000-7000-8000-00000000000\(number)")
      }
      let first = shard(1)
      first.say(Self.line(0), Self.line(1), Self.line(2))
      try await eventually(node.loop, "room is kept") { node.pool.room.reservedTasks == 3 }
      #expect(node.pool.room.reservedBytes > 150 && node.pool.table.running == 0)
      let second = shard(2)
      second.say(Self.line(0), Self.line(1))
      try await eventually(node.loop, "it is refused") { second.status == 503 && !second.body.isEmpty }
      #expect(try JSONValue.parse(second.body)["type"]?.string == "urn:ignareo:problem:full")
      #expect(node.pool.room.reservedTasks == 3)
      second.transfer.cancel()
      first.transfer.cancel()
      try await eventually(node.loop, "the room is back") { node.pool.room.reservedTasks == 0 }
      #expect(node.pool.room.reservedBytes == 0)
      let third = shard(3)
      for index in 0..<4 { third.say(Self.line(index)) }
      third.upload.finish()
      try await eventually(node.loop, "it is taken") { third.status == 200 }
      #expect(node.pool.table.running + node.pool.table.queued == 4 && node.pool.room.reservedTasks == 0)
      third.transfer.cancel()
    }
  }

  @Test("a node that holds nothing takes no more text at once than it may hold")
  func idleNode() async throws {
    try await withPool(capacity: 10_000) { pool in
      #expect(throws: PoolRefusal.heavy(bytes: 0)) { try pool.checkRoom(tasks: 600, bytes: Limits.heldBytes + 1) }
      try pool.checkRoom(tasks: 512, bytes: Limits.heldBytes)
      let reservation = Reservation(pool)
      try reservation.grow(tasks: 1, bytes: Limits.heldBytes - 10)
      #expect(throws: PoolRefusal.self) { try pool.checkRoom(tasks: 1, bytes: 11) }
      #expect(throws: PoolRefusal.self) { try reservation.grow(tasks: 2, bytes: Limits.heldBytes + 1) }
      try reservation.grow(tasks: 2, bytes: Limits.heldBytes)
      reservation.release()
      try pool.checkRoom(tasks: 20_000, bytes: Limits.heldBytes)
    }
  }
}
