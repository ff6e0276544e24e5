/// One task in the scheduler: 12 bytes.
struct TaskSlot: Sendable {
  static let none = UInt32.max

  let lane: UInt32
  /// While queued the next task of its lane; while running its shard's slot; in backoff the end of it.
  var link = TaskSlot.none
  /// From the lowest bit: attempts (10), attempts allowed (10), state (3), repeatable (1), hedged (1), with losses
  /// (1), may have acted (1).
  private var packed: UInt32

  init(lane: UInt32, attemptsAllowed: UInt16, isRepeatable: Bool) {
    self.lane = lane
    packed = UInt32(min(attemptsAllowed, UInt16(Self.attemptsMask))) << 10
    if isRepeatable { packed |= Self.repeatableBit }
  }

  private static let attemptsMask: UInt32 = 1 << 10 - 1
  private static let repeatableBit: UInt32 = 1 << 23
  private static let hedgedBit: UInt32 = 1 << 24
  private static let lossesBit: UInt32 = 1 << 25
  private static let actedBit: UInt32 = 1 << 26

  /// Attempts that count; more than can be written down stay at the most that can.
  var attempts: UInt16 {
    get { UInt16(packed & Self.attemptsMask) }
    set { packed = packed & ~Self.attemptsMask | min(UInt32(newValue), Self.attemptsMask) }
  }

  var attemptsAllowed: UInt16 { UInt16(packed >> 10 & Self.attemptsMask) }

  var state: TaskState {
    // The setter alone writes these bits, and all eight patterns but one are states.
    get { TaskState(rawValue: UInt8(packed >> 20 & 7)) ?? .queued }
    set { packed = packed & ~(7 << 20) | UInt32(newValue.rawValue) << 20 }
  }

  var isRepeatable: Bool { packed & Self.repeatableBit != 0 }

  /// Whether a second copy of it runs.
  var isHedged: Bool {
    get { packed & Self.hedgedBit != 0 }
    set { packed = newValue ? packed | Self.hedgedBit : packed & ~Self.hedgedBit }
  }

  /// Whether a node went down under it.
  var hasLosses: Bool {
    get { packed & Self.lossesBit != 0 }
    set { packed = newValue ? packed | Self.lossesBit : packed & ~Self.lossesBit }
  }

  /// Whether an attempt of it that has ended may have taken effect.
  var mayHaveActed: Bool {
    get { packed & Self.actedBit != 0 }
    set { packed = newValue ? packed | Self.actedBit : packed & ~Self.actedBit }
  }
}
