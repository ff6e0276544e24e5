import CLinux
import Clockwork
import Glibc

/// Which way a descriptor is ready, or wanted to be.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let read = Readiness(rawValue: UInt32(EPOLLIN.rawValue))
  package static let write = Readiness(rawValue: UInt32(EPOLLOUT.rawValue))
  /// The peer will send no more; wanted together with `read`, or on its own by who has stopped reading.
  package static let peerClosed = Readiness(rawValue: UInt32(EPOLLRDHUP.rawValue))
  /// An error or a hang-up; reported whether wanted or not.
  package static let failed = Readiness(rawValue: UInt32(EPOLLERR.rawValue) | UInt32(EPOLLHUP.rawValue))
}

/// A descriptor's registration with a loop, level-triggered. The descriptor is its owner's to close, after `cancel()`.
package final class Watch: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  package let descriptor: Int32
  private let loop: EventLoop
  fileprivate var key: UInt64
  fileprivate var handler: ((Readiness) -> Void)?
  private var interest: Readiness

  fileprivate init(
    _ descriptor: Int32, _ interest: Readiness, loop: EventLoop, key: UInt64, handler: @escaping (Readiness) -> Void
  ) {
    (self.descriptor, self.interest, self.loop, self.key, self.handler) = (descriptor, interest, loop, key, handler)
  }

  /// No system call when nothing changes.
  package func update(_ interest: Readiness) {
    loop.assertCurrent()
    guard handler != nil, interest != self.interest else { return }
    self.interest = interest
    loop.poller.modify(self, interest)
  }

  /// From here on the handler is not called again, not even for an event that the kernel has already reported.
  package func cancel() {
    loop.assertCurrent()
    guard handler != nil else { return }
    handler = nil
    loop.poller.remove(self)
  }
}

extension EventLoop {
  /// Calls `handler` on the loop whenever `descriptor` is ready as `interest` says. Loop thread only.
  package func watch(
    _ descriptor: Int32, _ interest: Readiness, handler: @escaping (Readiness) -> Void
  ) throws(LoopError) -> Watch {
    assertCurrent()
    return try poller.add(descriptor, interest, loop: self, handler: handler)
  }
}

/// The epoll instance and its registrations.
///
/// An event carries a slot and that slot's generation: one that was reported for a descriptor closed since, whose
/// number and slot another one has taken, finds a newer generation and is dropped.
final class Poller: @unchecked Sendable {
  // Guarded by: the loop's thread; what other threads call is guarded by the lock of `isOpen`.
  private let epoll: Int32
  private let wakeUpDescriptor: Int32
  /// Whether the wake-up's descriptor is the poller's still: its number may be another file's afterwards.
  private let isOpen = Lock(true)

  private var watches: [Watch?] = []
  private var generations: [UInt32] = []
  private var freeSlots: [Int] = []
  private var events = [epoll_event](repeating: epoll_event(), count: LoopLimits.eventsPerTurn)
  private var readyCount = 0

  private static let wakeUpKey = UInt64.max

  init() throws(LoopError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw LoopError(errno: errno, "epoll_create1") }
    wakeUpDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard wakeUpDescriptor >= 0 else { throw LoopError(errno: errno, "eventfd") }
    var event = epoll_event(events: Readiness.read.rawValue, data: epoll_data_t(u64: Self.wakeUpKey))
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUpDescriptor, &event) == 0 else {
      throw LoopError(errno: errno, "epoll_ctl of the wake-up")
    }
  }

  /// Any thread.
  func wakeUp() {
    isOpen.withLock { isOpen in
      var one: UInt64 = 1
      if isOpen { _ = write(wakeUpDescriptor, &one, 8) }
    }
  }

  func add(
    _ descriptor: Int32, _ interest: Readiness, loop: EventLoop, handler: @escaping (Readiness) -> Void
  ) throws(LoopError) -> Watch {
    let slot = freeSlots.popLast() ?? watches.count
    if slot == watches.count {
      watches.append(nil)
      generations.append(0)
    }
    let key = UInt64(slot) << 32 | UInt64(generations[slot])
    let watch = Watch(descriptor, interest, loop: loop, key: key, handler: handler)
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: key))
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
      freeSlots.append(slot)
      throw LoopError(errno: errno, "epoll_ctl add of descriptor \(descriptor)")
    }
    watches[slot] = watch
    return watch
  }

  func modify(_ watch: Watch, _ interest: Readiness) {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: watch.key))
    _ = epoll_ctl(epoll, EPOLL_CTL_MOD, watch.descriptor, &event)
  }

  func remove(_ watch: Watch) {
    let slot = Int(watch.key >> 32)
    watches[slot] = nil
    generations[slot] &+= 1
    freeSlots.append(slot)
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, watch.descriptor, nil)  // fails harmlessly where the owner closed it first
  }

  /// Blocks until something is ready or `deadline` has come, as seen from `now`. Named and never inlined, so that a
  /// profile can tell sleeping from work.
  @inline(never)
  func wait(until deadline: Instant, now: Instant) {
    // Rounded up: waking early would find no timer due and spin.
    let milliseconds: Int32 =
      deadline == .distantFuture
      ? -1 : deadline <= now ? 0 : Int32(clamping: (deadline.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
    readyCount = max(0, Int(epoll_wait(epoll, &events, Int32(events.count), milliseconds)))  // EINTR: just a turn
  }

  /// Calls the handlers of all that is ready, and `afterSome` behind so many of them.
  @inline(__always)
  func dispatch(afterSome: () -> Void) {
    for index in 0..<readyCount {
      let key = events[index].data.u64
      if key == Self.wakeUpKey {
        var count: UInt64 = 0
        _ = read(wakeUpDescriptor, &count, 8)
        continue
      }
      let slot = Int(key >> 32)
      guard slot < watches.count, let watch = watches[slot], watch.key == key else { continue }
      watch.handler?(Readiness(rawValue: events[index].events))
      if (index + 1) % LoopLimits.eventsPerBatch == 0 { afterSome() }
    }
    readyCount = 0
  }

  /// Lets go of all that is registered, and of the kernel's objects: a loop that has stopped lives on, for tasks that
  /// resume later, and must not hold two descriptors for that.
  func close() {
    watches = []
    isOpen.withLock { isOpen in
      guard isOpen else { return }
      isOpen = false
      _ = Glibc.close(wakeUpDescriptor)
      _ = Glibc.close(epoll)
    }
  }

  /// A loop that never ran.
  deinit { close() }
}
