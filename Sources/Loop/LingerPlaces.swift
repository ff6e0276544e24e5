/// How many connections that have ended may wait for their peers at once; a further one is closed without waiting. Each
/// still has its descriptor.
///
/// Guarded by: the thread of the connections' loop.
package final class LingerPlaces {
  private let limit: Int
  package private(set) var taken = 0

  package init(limit: Int) { self.limit = limit }

  func take() -> Bool {
    guard taken < limit else { return false }
    taken += 1
    return true
  }

  func giveBack() { taken -= 1 }
}
