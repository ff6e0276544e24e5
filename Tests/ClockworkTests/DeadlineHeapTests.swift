import Clockwork
import Testing

@Suite("what is due, in order") struct DeadlineHeapTests {
  @Test("the earliest comes first, and what is due at one time in the order in which it was put in")
  func order() {
    var (heap, generator) = (DeadlineHeap<Int>(), SplitMix64(seed: 3))
    var expected: [(Int, Int)] = []
    for number in 0..<2000 {
      let time = Int.random(in: 0..<300, using: &generator)
      heap.put(number, at: .zero + .milliseconds(time))
      expected.append((time, number))
    }
    heap.keep { $0 % 3 != 0 }
    expected.removeAll { $0.1 % 3 == 0 }
    heap.put(-1, at: .zero + .milliseconds(150))
    expected.append((150, -1))
    // Sorting is stable: those of one time stay as they were put in.
    expected.sort { $0.0 < $1.0 }
    #expect(heap.count == expected.count && heap.next == .zero + .milliseconds(expected[0].0))
    var found: [Int] = []
    while let (_, value) = heap.pop() { found.append(value) }
    #expect(found == expected.map(\.1))
    #expect(heap.count == 0 && heap.next == nil)
  }
}
