import Clockwork
import Glibc
package import Loop

/// The life of a role's process, the same for both roles: set up, start, say ready, serve until told to stop, drain,
/// leave the cluster, end.
///
///     RoleLifecycle.run(options, role: .node) { lifecycle in … return RoleLifecycle.Running(…) }
///
/// Guarded by: the loop's thread; other threads only leave work for it.
package final class RoleLifecycle: @unchecked Sendable {
  /// A role that serves.
  package struct Running: Sendable {
    package let membership: Membership
    /// Where its HTTP API is bound.
    package let http: SocketAddress
    /// Takes nothing new and returns when what runs is done. Its task is cancelled once the drain timeout has passed.
    package let drain: @Sendable () async -> Void
    /// Closes what is still open, after the cluster was left.
    package let close: @Sendable () async -> Void

    package init(
      membership: Membership, http: SocketAddress, drain: @escaping @Sendable () async -> Void,
      close: @escaping @Sendable () async -> Void
    ) {
      (self.membership, self.http, self.drain, self.close) = (membership, http, drain, close)
    }
  }

  private enum State {
    case starting(mustStop: Bool)
    case running(Running)
    case stopping
    case over(exitStatus: Int32)
  }

  package let options: ClusterOptions
  package let role: ClusterOptions.Role
  /// The role's first loop, on the thread that called `run`: gossip and the API live here.
  package let loop: EventLoop
  package let log: Log
  private var state = State.starting(mustStop: false)
  private var signals: Signals?
  private var stopSignals = StopSignals()
  /// Ends the process with an exit status and nothing else.
  private let abort: (Int32) -> Void
  private let ready: (ReadyLine) -> Void

  init(
    _ options: ClusterOptions, _ role: ClusterOptions.Role, _ loop: EventLoop, _ log: Log,
    ready: @escaping (ReadyLine) -> Void = { $0.write() }, abort: @escaping (Int32) -> Void = { _exit($0) }
  ) {
    (self.options, self.role, self.loop, self.log) = (options, role, loop, log)
    (self.ready, self.abort) = (ready, abort)
  }

  /// Runs a role on the calling thread until it has stopped.
  ///
  /// - Parameter start: called on the loop; what it throws ends the process with one line on standard error.
  /// - Returns: the exit status: 0 after a drain, 2 for a usage error, 1 when the role could not start.
  package static func run(
    _ options: ClusterOptions, role: ClusterOptions.Role,
    start: @escaping @Sendable (RoleLifecycle) async throws -> Running
  ) -> Int32 {
    ProcessSetup.raiseOpenFileLimit()
    ProcessSetup.ignoreBrokenPipes()
    // Before the first thread is started, so that all of them inherit the mask.
    Signals.block([SIGTERM, SIGINT])
    let log = Log(level: options.logLevel.level, format: options.logFormat.format, process: options.name)
    do throws(LoopError) {
      let lifecycle = RoleLifecycle(options, role, try EventLoop(name: "main"), log)
      return lifecycle.run(signals: [SIGTERM, SIGINT], start)
    } catch {
      complain("cannot start: \(error)", as: role)
      return 1
    }
  }

  func run(signals: [Int32], _ start: @escaping @Sendable (RoleLifecycle) async throws -> Running) -> Int32 {
    loop.execute { [self] in
      do throws(LoopError) {
        self.signals = try Signals(signals, on: loop) { [self] in received(signal: $0) }
      } catch {
        return failed(error)
      }
      loop.spawn { [self] in
        do { started(try await start(self)) } catch { failed(error) }
      }
    }
    loop.run()
    if case .over(let exitStatus) = state { return exitStatus }
    preconditionFailure("the loop of a \(role) stopped in state \(state)")
  }

  /// As SIGTERM does; `POST /drain` calls it. Any thread; more calls change nothing.
  package func requestDrain() {
    loop.execute { [self] in stop(because: "request") }
  }

  // MARK: The loop's thread

  private func started(_ running: Running) {
    guard case .starting(let mustStop) = state else { return }
    guard !running.membership.hasLostName else {
      state = .running(running)
      return loseName(running)
    }
    state = .running(running)
    let (membership, http) = (running.membership, running.http)
    ready(
      ReadyLine(
        role: role, name: membership.name, http: http.description, gossip: membership.boundAddress.description))
    log.info(
      "ready",
      [
        "name": membership.name, "http": "\(http)", "gossip": "\(membership.boundAddress)",
        "advertised_http": membership.meta.http.map { "\($0)" } ?? "", "advertised_gossip": "\(membership.address)",
      ])
    membership.onNameLost = { [weak self] in self?.loseName(running) }
    if mustStop { stop(because: "signal") }
  }

  /// Without a good-bye: it would be said in the name of the one that stays.
  private func loseName(_ running: Running) {
    guard case .running = state else { return }
    state = .stopping
    Self.complain(running.membership.nameLostText, as: role)
    loop.spawn { [self] in
      running.membership.close()
      await running.close()
      end(exitStatus: 1)
    }
  }

  private func failed(_ error: any Error) {
    let (text, exitStatus): (String, Int32) =
      switch error {
      case let error as StartError: (error.text, error.exitStatus)
      case let error as UsageError: (error.text, UsageError.exitStatus)
      default: ("cannot start: \(error)", 1)
      }
    Self.complain(text, as: role)
    end(exitStatus: exitStatus)
  }

  func received(signal: Int32) {
    loop.assertCurrent()
    switch stopSignals.note(at: loop.now) {
    case .stop: stop(because: signal == SIGINT ? "SIGINT" : "SIGTERM")
    case .same: break
    case .stopAtOnce:
      log.warning("stopped_at_once", ["cause": "a second signal"])
      // The shell's convention for a process that a signal ended: what ran was cut off.
      abort(128 + signal)
    }
  }

  private func stop(because cause: String) {
    switch state {
    case .starting: state = .starting(mustStop: true)
    case .running(let running):
      state = .stopping
      log.info("draining", ["cause": cause, "timeout_s": "\(options.drainTimeout.inSeconds)"])
      loop.spawn { [self] in
        await drain(running)
        await running.membership.leave()
        await running.close()
        running.membership.close()
        log.info("stopped", ["name": running.membership.name])
        end(exitStatus: 0)
      }
    case .stopping, .over: break
    }
  }

  /// Returns when the work is done or the drain timeout has passed, whichever comes first.
  private func drain(_ running: Running) async {
    running.membership.updateMeta { $0.isDraining = true }
    let work = loop.spawn { await running.drain() }
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let first = FirstCall { continuation.resume() }
      let timer = loop.schedule(after: options.drainTimeout) { [log] in
        log.warning("drain_timeout", ["way_out": "--drain-timeout gives running work longer"])
        work.cancel()
        first.call()
      }
      loop.spawn {
        await work.value
        timer.cancel()
        first.call()
      }
    }
  }

  private func end(exitStatus: Int32) {
    signals?.close()
    state = .over(exitStatus: exitStatus)
    loop.stop()
  }

  /// As the commands do: `ignareo node: why`.
  package static func complain(_ text: String, as role: ClusterOptions.Role) {
    let line = Array("ignareo \(role.rawValue): \(text)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// A closure that runs at its first call only.
final class FirstCall: @unchecked Sendable {
  // Guarded by: the loop's thread of whoever made it.
  private var body: (() -> Void)?

  init(_ body: @escaping () -> Void) { self.body = body }

  func call() {
    let body = body
    self.body = nil
    body?()
  }
}
