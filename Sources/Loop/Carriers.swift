import Clockwork

/// A Swift task of `Carriers`.
package typealias Carrier = Task<Void, Never>

/// Something with a story to tell that a Swift task of `Carriers` carries from its beginning to its end.
package protocol Carried: AnyObject, Sendable {
  /// `run` follows, on that Swift task: to cancel it is to cancel this, until `wasCarried`.
  func isCarried(by carrier: Carrier)
  func run(_ isolation: isolated LoopIsolation) async
  func wasCarried()
}

/// The Swift tasks that carry other things on one loop.
///
/// A Swift task costs 1.5 µs and 1.4 KB to make, several times what something short needs. So one that is through with
/// what it carried takes up what is ready next, and a new one is made only while all others are suspended; a few that
/// find nothing to do wait for more. One that was cancelled carries nothing else: a Swift task stays cancelled.
/// Task-local values are not handed on to what is carried.
///
/// Guarded by: the loop's thread; each entry asserts it.
package final class Carriers: @unchecked Sendable {
  /// Owns this object.
  private unowned(unsafe) let loop: EventLoop
  private var ready = FIFO<any Carried>()
  private var idle: [UnsafeContinuation<Void, Never>] = []
  /// Those that were made and have not begun. They begin in the order in which they were made.
  private var newborn = FIFO<Carrier>()
  private var pumpIsDue = false
  private var isClosed = false
  /// What has begun in the turn of that moment.
  private var turn = Instant.zero
  private var beganThisTurn = 0

  init(loop: EventLoop) { self.loop = loop }

  /// Begins it soon, behind all that is ready already.
  package func start(_ carried: any Carried) {
    loop.assertCurrent()
    ready.append(carried)
    pumpSoon()
  }

  /// Lets the idle ones end; what runs goes on.
  func close() {
    isClosed = true
    let idle = self.idle
    self.idle = []
    for carrier in idle { carrier.resume() }
  }

  private func pumpSoon() {
    guard !pumpIsDue else { return }
    pumpIsDue = true
    loop.execute { [self] in pump() }
  }

  /// Gets one more carrier to work. Its job stands before the next pumping: what is still ready then has nobody,
  /// because every carrier is suspended in what it carries.
  private func pump() {
    pumpIsDue = false
    guard !ready.isEmpty else { return }
    guard mayBegin else { return pumpNextTurn() }
    if let carrier = idle.popLast() { carrier.resume() } else { newborn.append(loop.makeCarrier()) }
    pumpSoon()
  }

  /// Not when enough has begun in this turn: the loop has other work, too.
  private var mayBegin: Bool {
    if turn != loop.now { (turn, beganThisTurn) = (loop.now, 0) }
    return beganThisTurn < LoopLimits.startsPerTurn
  }

  private func pumpNextTurn() {
    pumpIsDue = true
    loop.schedule(at: loop.now) { [self] in pump() }
  }

  // MARK: For a carrier

  fileprivate func begin() -> Carrier {
    guard let me = newborn.popFirst() else { preconditionFailure("a carrier begins that nobody has made") }
    assert(withUnsafeCurrentTask { $0?.hashValue } == me.hashValue, "carriers begin in another order than that")
    return me
  }

  fileprivate func takeReady(by carrier: Carrier) -> (any Carried)? {
    guard mayBegin, let next = ready.popFirst() else { return nil }
    beganThisTurn += 1
    next.isCarried(by: carrier)
    return next
  }

  fileprivate var mayRest: Bool { !isClosed && idle.count < LoopLimits.idleCarriers }

  fileprivate func rest(_ carrier: UnsafeContinuation<Void, Never>) { idle.append(carrier) }
}

extension LoopIsolation {
  /// A carrier's life. Cut so that little of it stays on the task's stack while something is carried: a hundred
  /// thousand of them may be suspended, and each shall fit, with what it carries, into a Swift task's first piece of
  /// memory.
  func carry() async {
    let me = loop.carriers.begin()
    repeat {
      while let next = takeReady(by: me) {
        await next.run(self)
        next.wasCarried()
        if me.isCancelled { return }
      }
    } while await rest()
  }

  @inline(never)
  private func takeReady(by carrier: Carrier) -> (any Carried)? {
    loop.carriers.takeReady(by: carrier)
  }

  /// Waits for something to carry; false when there is no need to.
  @inline(never)
  private func rest() async -> Bool {
    guard loop.carriers.mayRest else { return false }
    await withUnsafeContinuation { loop.carriers.rest($0) }
    return loop.carriers.mayRest
  }
}
