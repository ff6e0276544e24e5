import Clockwork
import Glibc
import Gossip
import Loop
import Net

/// A whole cluster on this machine: a coordinator and nodes, each a process of its own, joined through gossip.
///
/// The coordinator starts first, because the nodes join through it, and ends first: it drains while the nodes still
/// run what its batches wait for.
///
/// Guarded by: the loop's thread.
final class LocalCluster: @unchecked Sendable {
  struct Plan: Sendable {
    var nodes = 3
    var httpPort = 55555
    var data = "ignareo-data"
    /// Cluster flags that each member gets as they are, such as `--log-level`.
    var shared: [String] = []
    var drainTimeout = Duration.seconds(30)
  }

  /// Past its own drain time-out a member gets this long to end before it is killed.
  private static let graceAfterDrain = Duration.seconds(5)
  private static let meetingLimit = Duration.seconds(10)

  private let plan: Plan
  private let loop: EventLoop
  private var coordinator: MemberProcess?
  private var nodes: [MemberProcess] = []
  private var signals = StopSignals()
  private var mustStop = false
  private var mustStopAtOnce = false
  private var waiter: UnsafeContinuation<Void, Never>?
  private var hasChanged = false

  init(_ plan: Plan, on loop: EventLoop) { (self.plan, self.loop) = (plan, loop) }

  /// Runs the cluster until it is told to stop or is one no longer.
  func run() async -> ExitCode {
    do {
      let signals = try Signals([SIGINT, SIGTERM], on: loop) { [unowned self] in received($0) }
      defer { signals.close() }
      return try await runWatched()
    } catch {
      Terminal.say("ignareo up: \(error)")
      return .failed
    }
  }

  private func runWatched() async throws -> ExitCode {
    var status = ExitCode.well
    do {
      try await start()
      try await watch()
    } catch let failure as Failure {
      Terminal.say("ignareo up: \(failure)")
      status = .failed
    }
    await stop(coordinator.map { [$0] } ?? [])
    await stop(nodes)
    return mustStopAtOnce ? .interrupted : status
  }

  // MARK: Start

  private func start() async throws {
    let coordinator = try child("coordinator", ["--http", "127.0.0.1:\(plan.httpPort)", "--data", plan.data])
    self.coordinator = coordinator
    guard let contact = try await ready([coordinator]).first else { return }
    for number in 1...plan.nodes {
      nodes.append(try child("node", number: number, ["--http", "127.0.0.1:0", "--join", contact.gossip]))
    }
    let members = try await ready(nodes)
    await met(at: contact)
    guard !mustStop else { return }
    Terminal.write(ClusterWords.readyLine(coordinator: contact, nodes: members))
    Terminal.say(ClusterWords.greeting(coordinator: contact, nodes: members.count))
  }

  private func child(_ role: String, number: Int? = nil, _ arguments: [String]) throws(Failure) -> MemberProcess {
    let name = number.map { "\(role)-\($0)" } ?? role
    // All that the environment might say differently for each member is said here: flags come before it.
    let own = ["--name", name, "--gossip", "127.0.0.1:0", "--advertise", "127.0.0.1", "--profile", "local"]
    return try MemberProcess(name, arguments: [role] + own + arguments + plan.shared, on: loop) { [unowned self] in
      changed()
    }
  }

  /// The ready lines of all of them; fewer when the cluster was told to stop meanwhile.
  /// - Throws: `Failure` when one ended instead.
  private func ready(_ children: [MemberProcess]) async throws(Failure) -> [ReadyMember] {
    while !mustStop {
      var members: [ReadyMember] = []
      for child in children {
        switch child.state {
        case .ready(let member): members.append(member)
        case .ended(let how): throw Failure("\(child.name) \(how) before it was ready; its own words stand above")
        case .starting: break
        }
      }
      if members.count == children.count { return members }
      await change()
    }
    return []
  }

  /// Waits until the coordinator knows what each node can take, so that the first batch is spread over all of them.
  /// Gossip takes milliseconds here; should it take longer than the limit, the cluster is ready all the same.
  private func met(at coordinator: ReadyMember) async {
    let http = HTTPClient(loop: loop)
    defer { http.close() }
    let client = ClusterClient(loop: loop, http: http, base: "http://\(coordinator.http)")
    let deadline = MonotonicClock.now + Self.meetingLimit
    while !mustStop, MonotonicClock.now < deadline, !nodes.contains(where: \.hasEnded) {
      if let answer = try? await client.ask("/nodes"), ClusterWords.countReady(answer) >= nodes.count { return }
      try? await loop.sleep(for: .milliseconds(20))
    }
  }

  // MARK: Life

  /// Returns when the cluster is told to stop.
  /// - Throws: `Failure` when the coordinator or the last node has ended by itself.
  private func watch() async throws(Failure) {
    var reported: Set<pid_t> = []
    while !mustStop {
      if let coordinator, case .ended(let how) = coordinator.state {
        throw Failure("the coordinator (pid \(coordinator.pid)) \(how): stopping the nodes")
      }
      for node in nodes where !reported.contains(node.pid) {
        guard case .ended(let how) = node.state else { continue }
        reported.insert(node.pid)
        let left = nodes.count { !$0.hasEnded }
        if left == 0 { throw Failure("\(node.name) (pid \(node.pid)) \(how), and no node is left: stopping") }
        Terminal.say("ignareo up: \(node.name) (pid \(node.pid)) \(how); \(Quantity.counted(left, "node")) left")
      }
      await change()
    }
  }

  private func stop(_ children: [MemberProcess]) async {
    for child in children { child.send(SIGTERM) }
    let timer = loop.schedule(after: plan.drainTimeout + Self.graceAfterDrain) {
      for child in children { child.send(SIGKILL) }
    }
    defer { timer.cancel() }
    while children.contains(where: { !$0.hasEnded }) {
      if mustStopAtOnce { for child in children { child.send(SIGKILL) } }
      await change()
    }
  }

  // MARK: Events

  private func received(_ signal: Int32) {
    switch signals.note(at: loop.now) {
    case .stop:
      mustStop = true
      Terminal.say("ignareo up: draining; once more stops at once")
    case .same: break
    case .stopAtOnce: mustStopAtOnce = true
    }
    changed()
  }

  private func changed() {
    hasChanged = true
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume()
  }

  /// Suspends until a child or a signal has changed something since the last call. What comes between a caller's look
  /// at the children and its wait counts: an await may take a turn of the loop before it begins.
  private func change() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      if hasChanged { continuation.resume() } else { waiter = continuation }
    }
    hasChanged = false
  }
}
