/// The bounds of pools as they are joined, in one place.
package enum PoolLimits {
  /// Items that a pool ever takes.
  package static let items = Int(UInt32.max) - 1
  /// Tasks that may take one item and fail without effect; then it is given up.
  package static let failures: UInt8 = 3
  /// Uses of one item that can be counted; then it is given up.
  static let uses = UInt16.max
  /// Tasks at a time that may hold an item that is lent.
  package static let reuse = 1...60_000
  /// Pools of one batch.
  package static let sources = 16
}
