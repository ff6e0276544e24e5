/// What an open batch keeps so that more tasks find the lanes of those before them.
struct BatchOpening: Sendable {
  var laneIndex: NumberIndex
  var kindNumbers: [LaneKind: UInt32]
  /// The batch's own number of a type, by the type's slot in the scheduler.
  var typeNumbers: [Int: UInt32]

  init(_ table: borrowing TaskTable, types: [Int]) {
    (laneIndex, kindNumbers) = (table.laneIndex, table.kindNumbers)
    typeNumbers = Dictionary(uniqueKeysWithValues: zip(types, 0..<UInt32(types.count)))
  }
}

extension BatchState {
  /// The batch's own number of a type; `isNew` where none of its tasks had it before.
  mutating func number(ofType slot: Int) -> (number: UInt32, isNew: Bool) {
    if let number = opening?.typeNumbers[slot] { return (number, false) }
    let number = UInt32(types.count)
    types.append(TypeUse(type: slot))
    opening?.typeNumbers[slot] = number
    return (number, true)
  }

  mutating func number(of kind: LaneKind) -> UInt32 {
    if let number = opening?.kindNumbers[kind] { return number }
    let number = UInt32(kinds.count)
    kinds.append(kind)
    opening?.kindNumbers[kind] = number
    return number
  }

  mutating func lane(keyHash: UInt64, kind: UInt32) -> UInt32 {
    let hash = Lane.hash(keyHash, kind)
    if let known = opening?.laneIndex.number(hash: hash, where: { lanes[Int($0)].isOf(keyHash, kind) }) { return known }
    let number = UInt32(lanes.count)
    lanes.append(Lane(keyHash: keyHash, kind: kind))
    opening?.laneIndex.insert(number, hash: hash) { [lanes] in lanes[Int($0)].hash }
    return number
  }
}
