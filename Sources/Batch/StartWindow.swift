import Clockwork

/// How many tasks may wait on their way to a start on a node: beyond that they wait in the scheduler, where others can
/// still be sent before them.
///
/// What a node is given beyond what it can begin lies in queues: sockets', the node's, the coordinator's own for its
/// results. There it brings no throughput, and everybody's small batch waits behind it. So the window follows the time
/// that attempts wait, which by Little's law is the window over the node's rate: it shrinks by as much as that time is
/// too long, and grows while it is full and the time is short. A fresh one is large, and so are the steps in which it
/// grows, for tasks that wait for others (a site, a timer) are to fill a node's whole capacity soon.
///
/// The same idea on the Internet's paths: Brakmo, Peterson: "TCP Vegas", 1995; Nichols, Jacobson: "Controlling queue
/// delay", 2012.
struct StartWindow: Sendable {
  /// Tasks that may wait; nil where nothing says that it must be bounded.
  private(set) var size: Int? = SchedulerLimits.startsAtFirst
  /// What of a wait no window makes shorter, where the smallest one was tried: the way there and back, a machine that
  /// has much else to do.
  private(set) var base = Duration.zero
  /// What attempts have waited of late.
  private(set) var wait = Duration.zero

  /// The present round: the attempts that were sent since the last change.
  private var since = Instant.zero
  private var sum = 0.0
  private var onNodeSum = 0.0
  private var count = 0
  /// Whether the window held something back in it.
  private var wasFull = false
  /// Tasks that were taken to have begun since the window grew for that.
  private var unheard = 0
  /// At its smallest, from when on.
  private var smallestSince: Instant?

  /// The longest wait of this round and of the one before, in milliseconds, and when the last one was heard of.
  private var longest = (now: 0.0, before: 0.0)
  private var heardAt = Instant.zero

  /// So long after it was sent a task is taken to have begun, whether it says so or not: much later than others did.
  var patience: Duration {
    let wait = Duration(secondsClamped: max(longest.now, longest.before) / 1e3)
    return max(SchedulerLimits.begunAfter, min(wait * 4, SchedulerLimits.begunAtLast))
  }

  /// How long attempts may wait in the mean.
  private var target: Duration { SchedulerLimits.startDelay + base * 2 }

  mutating func noteFull() { wasFull = true }

  /// One more attempt has ended.
  ///
  /// - Parameters:
  ///   - wait: from its way to the node to its end's arrival here, but for the time that it ran.
  ///   - onNode: the part of it between its arrival there and its start.
  ///   - sentAt: what was sent before the last change tells nothing of it.
  ///   - waiting: how many tasks wait now.
  ///   - most: the node's capacity.
  mutating func note(
    milliseconds wait: Double, onNode: Double, sentAt: Instant, waiting: Int, most: Int, at now: Instant
  ) {
    heardAt = now
    longest.now = max(longest.now, wait)
    guard sentAt >= since else { return }
    sum += max(0, wait)
    onNodeSum += onNode
    count += 1
    let enough = max(SchedulerLimits.startSamples, min(size ?? most, most) / 4)
    guard count >= enough || now - since >= SchedulerLimits.startRound && count >= SchedulerLimits.startSamples
    else { return }
    endRound(waiting: waiting, most: most, at: now)
  }

  private mutating func endRound(waiting: Int, most: Int, at now: Instant) {
    wait = Duration(secondsClamped: sum / Double(count) / 1e3)
    let onTheWay = Duration(secondsClamped: (sum - onNodeSum) / Double(count) / 1e3)
    base = min(base, onTheWay)
    let ratio = target.inSeconds / max(wait.inSeconds, 1e-6)
    let present = min(size ?? most, most)
    let wasFull = wasFull || size == nil && waiting * 2 > most
    (sum, onNodeSum, count, self.wasFull) = (0, 0, 0, false)
    longest = (0, longest.now)
    if ratio < 1 - SchedulerLimits.startSlack {
      shrink(from: present, by: max(ratio, SchedulerLimits.startShrinking), onTheWay, at: now)
    } else if ratio > 1 + SchedulerLimits.startSlack, wasFull, size != nil {
      grow(from: present, by: min(ratio, SchedulerLimits.startGrowth), most: most, at: now)
    }
  }

  private mutating func shrink(from present: Int, by factor: Double, _ onTheWay: Duration, at now: Instant) {
    let floor = SchedulerLimits.startsAtLeast
    guard present > floor else {
      // Nothing of ours waits any more: the way has become as long as that.
      let since = smallestSince ?? now
      smallestSince = since
      if now - since >= SchedulerLimits.smallestFor {
        (base, smallestSince) = (min(onTheWay, SchedulerLimits.longestWay), nil)
      }
      return
    }
    size = max(floor, Int(Double(present) * factor))
    since = now
    smallestSince = nil
  }

  private mutating func grow(from present: Int, by factor: Double, most: Int, at now: Instant) {
    let new = max(present + 1, Int(Double(present) * factor))
    size = new < most ? new : nil
    since = now
    smallestSince = nil
  }

  /// Tasks have been out for so long that they are taken to have begun.
  mutating func begunUnheard(_ tasks: Int, sentAt: Instant, most: Int, at now: Instant) {
    // Nobody has heard of a wait since: what was heard before counts for less and less.
    if heardAt < sentAt { (wait, longest) = (wait / 2, (longest.now / 2, longest.before / 2)) }
    guard let size, max(longest.now, longest.before) <= target.inMilliseconds * 2 else { return }
    unheard += tasks
    guard wasFull, unheard >= min(size, most) / 2 else { return }
    (unheard, wasFull) = (0, false)
    grow(from: min(size, most), by: 2, most: most, at: now)
  }

  /// The node has been idle: what was seen of it before says nothing of what it gets now.
  mutating func restart() {
    let base = base
    self = StartWindow()
    self.base = base
  }
}
