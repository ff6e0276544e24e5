import Loop
import Testing

@Suite("A lock")
struct LockTests {
  @Test("threads that meet at a lock change its value one after the other")
  func contention() async {
    let lock = Lock((first: 0, second: 0))
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<20_000 {
            lock.withLock { value in
              value.first += 1
              value.second = value.first
            }
          }
        }
      }
    }
    #expect(lock.withLock { $0.first } == 80_000)
    #expect(lock.withLock { $0.second } == 80_000)
  }

  @Test("an error inside leaves the lock open")
  func errors() {
    struct Refused: Error {}
    let lock = Lock(1)
    #expect(throws: Refused.self) { try lock.withLock { (_: inout Int) throws(Refused) in throw Refused() } }
    #expect(lock.withLock { $0 } == 1)
  }
}
