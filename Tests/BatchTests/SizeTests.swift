import Clockwork
import Testing

@testable import Batch

@Suite struct SizeTests {
  @Test("a task takes 12 bytes and a lane 40, whatever the batch's keys and limits")
  func bytes() {
    #expect(MemoryLayout<TaskSlot>.stride == 12)
    #expect(MemoryLayout<Lane>.stride == 40)
    #expect(MemoryLayout<Limiter>.stride <= 96)
  }

  @Test("a task's packed fields keep apart, at their bounds too")
  func packing() {
    for allowed in [1, 2, 1_000] as [UInt16] {
      for repeatable in [true, false] {
        var slot = TaskSlot(lane: 7, attemptsAllowed: allowed, isRepeatable: repeatable)
        #expect(slot.state == .queued && slot.attempts == 0)
        for state in TaskState.allCases {
          for attempts in [0, 1, 999, 1_000, 1_001] as [UInt16] {
            (slot.state, slot.attempts) = (state, attempts)
            #expect(slot.state == state && slot.attempts == attempts && slot.attemptsAllowed == allowed)
            #expect(slot.isRepeatable == repeatable && slot.lane == 7)
          }
        }
      }
    }
    var slot = TaskSlot(lane: 0, attemptsAllowed: 1, isRepeatable: true)
    slot.attempts = .max
    #expect(slot.attempts == 1_023 && slot.attemptsAllowed == 1)
  }

  @Test("elements in pieces are found again over the pieces' borders, and a copy is a value of its own")
  func pieces() {
    var pieces = Pieces<Int>()
    for number in 0..<200_000 { pieces.append(number) }
    let copy = pieces
    for number in pieces.indices where number % 3 == 0 { pieces[number] += 1 }
    #expect(pieces.count == 200_000)
    #expect(pieces.indices.allSatisfy { pieces[$0] == $0 + ($0 % 3 == 0 ? 1 : 0) })
    #expect(copy.elementsEqual(0..<200_000))
  }

  @Test("tasks that differ in nothing but their arguments share a lane, and no others do")
  func lanes() {
    var table = TaskTable()
    for _ in 0..<3 {
      for number in 0..<5_000 {
        table.append(type: "a", key: TaskKey("k\(number)".utf8), repeatable: number % 2 == 0)
      }
    }
    #expect(table.lanes.count == 5_000)
    for type in ["a", "b", "a", "b"] { table.append(type: type, repeatable: true) }
    #expect(table.lanes.count == 5_002)
    for priority in [1, 0, 1] { table.append(type: "a", key: TaskKey("k1".utf8), repeatable: true, priority: priority) }
    for rate in [1.0, 2, 1] {
      table.append(
        type: "a", key: TaskKey("k1".utf8), limit: TaskLimit(ratePerSecond: rate), repeatable: true)
    }
    #expect(table.lanes.count == 5_005 && table.kinds.count == 6)
  }

  @Test("a batch of many pieces and keys is run to its end, each task once")
  func manyPieces() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 5_000)
    driver.node("b", capacity: 5_000)
    let id = driver.batch { table in
      for index in 0..<140_000 {
        table.append(type: "echo", key: index % 2 == 0 ? TaskKey("k\(index / 7)".utf8) : nil, repeatable: true)
      }
    }
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 140_000)
    #expect(driver.ends[id]?.count == 140_000)
    #expect(driver.ends[id]?.values.allSatisfy { $0.count == 1 } == true)
  }

  @Test("a key's limiter comes with its first turn and goes when nothing is owed")
  func limitersComeAndGo() {
    var driver = Driver()
    let limit = TaskLimit(ratePerSecond: 10, concurrency: 1)
    driver.node("a", capacity: 4)
    let id = driver.batch { table in
      for index in 0..<50 { table.append(type: "echo", key: TaskKey("k\(index)".utf8), limit: limit, repeatable: true) }
    }
    #expect(driver.scheduler.limiters.slots.count == 4)
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 50)
    driver.pass(.seconds(1))
    #expect(driver.scheduler.limiters.slots.isEmpty && driver.scheduler.limiterSlots.isEmpty)
  }
}
