/// Where numbered records stand in a log: one place for about 8 KiB, from which a reader counts on.
///
/// Twelve bytes a place: five megabytes for ten million records of 300 bytes.
package struct SparsePlaces: Sendable {
  package struct Place: Equatable, Sendable {
    package let number: Int
    package let offset: Int
  }

  private var numbers: [UInt32] = []
  private var offsets: [UInt64] = []

  package init() {}

  /// Takes note of a record, the numbers ascending.
  package mutating func note(_ number: Int, at offset: Int) {
    if let last = offsets.last, offset - Int(last) < RecordLimits.placeBytes { return }
    numbers.append(UInt32(number))
    offsets.append(UInt64(offset))
  }

  /// The last place at or before a record; the log's beginning when there is none.
  package func before(_ number: Int) -> Place {
    let next = partition(number)
    guard next > 0 else { return Place(number: 0, offset: 0) }
    return Place(number: Int(numbers[next - 1]), offset: Int(offsets[next - 1]))
  }

  /// The first place behind a record; nil when the log's end comes first.
  package func after(_ number: Int) -> Place? {
    let next = partition(number)
    return next < numbers.count ? Place(number: Int(numbers[next]), offset: Int(offsets[next])) : nil
  }

  /// Forgets what lies at or behind an offset.
  package mutating func cut(at offset: Int) {
    while let last = offsets.last, Int(last) >= offset {
      offsets.removeLast()
      numbers.removeLast()
    }
  }

  /// How many places have a number that is not greater.
  private func partition(_ number: Int) -> Int {
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(numbers[middle]) <= number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
