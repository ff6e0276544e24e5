import Testing

@testable import Ignareo

@Suite("Epochs of coordinators")
struct CoordinatorEpochTests {
  @Test("of too many names the one that was not heard of longest is forgotten, but none that has shards here")
  func forgetting() {
    var epochs = CoordinatorEpochs(limit: 3)
    for (name, number) in [("a", 5), ("b", 6), ("c", 7), ("b", 8)] { epochs.note(number, of: name, live: []) }
    epochs.note(1, of: "d", live: ["a"])
    #expect(epochs["a"] == 5 && epochs["b"] == 8 && epochs["c"] == nil && epochs["d"] == 1)
    epochs.note(2, of: "e", live: ["a", "b", "d"])
    #expect(epochs["a"] == 5 && epochs["b"] == 8 && epochs["d"] == 1 && epochs["e"] == 2)
    epochs.note(9, of: "a", live: [])
    #expect(epochs["a"] == 9 && epochs["b"] == 8)
  }
}
