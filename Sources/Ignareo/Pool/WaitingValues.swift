/// Who holds values of ended tasks for a client that does not have them yet.
protocol ValueHolder: AnyObject {
  var waitingBytes: Int { get }
  /// Lets go of all values at once.
  func giveUp()
}

/// The values of ended tasks that wait for clients, besides what the pool keeps: over all sockets and waits they are
/// bounded, and where they are too much, the client that is furthest behind is given up.
///
/// Guarded by: the pool's loop.
final class WaitingValues {
  private var holders: [ObjectIdentifier: any ValueHolder] = [:]
  private(set) var bytes = 0

  /// A holder has more or fewer bytes than before; it may be given up inside this call.
  func changed(_ holder: any ValueHolder, from before: Int) {
    let now = holder.waitingBytes
    bytes += now - before
    holders[ObjectIdentifier(holder)] = now > 0 ? holder : nil
    guard now > before, bytes > Limits.waitingBytes else { return }
    holders.values.max { $0.waitingBytes < $1.waitingBytes }?.giveUp()
  }
}

extension TaskRecord {
  /// What it costs to hold on to a task that has ended.
  var waitingBytes: Int {
    if case .ended(let result) = state { Limits.recordBytes + result.bytes } else { 0 }
  }
}
