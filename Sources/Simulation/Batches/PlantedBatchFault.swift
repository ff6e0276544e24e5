/// What no scenario can bring about, since the machines do not do it: so that its checker can be seen to fail.
package enum PlantedBatchFault: Sendable, Hashable, CaseIterable {
  /// Every tenth result is stored twice.
  case storesTwice
  /// Tasks that must not repeat are sent before the intent is durable.
  case sendsAtOnce
  /// Results are shown before they are durable.
  case showsAtOnce
  /// A coordinator that starts takes what it reads for durable.
  case trustsTheCache
  /// The last task of each batch does not reach the scheduler.
  case losesTask
  /// The scheduler does not hear of exchanges that break.
  case deaf
  /// Something wakes the scheduler again and again.
  case restless
  /// The scheduler hears of no limits.
  case impolite
  /// Nodes prefer the first coordinator, let it send more than they run, and do not tell it of the others.
  case takesSides
  /// The scheduler hears of broken exchanges where a node's process is gone.
  case forgivesDeaths
}
