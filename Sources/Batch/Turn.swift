/// A stream's place in a queue of turns: the batch that has had least of its share is next; among equals the higher
/// priority, then the older batch.
///
/// Start-time fair queueing (Goyal, Vin, Cheng, 1996), by tasks sent over the weight of their priority.
struct Turn: Comparable, Sendable {
  let pass: Double
  let priority: Int8
  let order: UInt64
  let batch: SlotKey
  let stream: Int

  static func < (left: Turn, right: Turn) -> Bool {
    if left.pass != right.pass { return left.pass < right.pass }
    if left.priority != right.priority { return left.priority > right.priority }
    return left.order < right.order
  }

  /// Ten steps of priority double a batch's share.
  static func weight(ofPriority priority: Int8) -> Double { weights[Int(priority) + 100] }

  private static let weights: [Double] = SchedulerLimits.priority.map { priority in
    let step = priority < 0 ? 1 / 1.071_773_462_536_293_1 : 1.071_773_462_536_293_1
    return (0..<abs(priority)).reduce(1.0) { weight, _ in weight * step }
  }
}
