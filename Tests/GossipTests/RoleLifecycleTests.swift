import Dispatch
import HTTP
import JSON
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("A role's life", .timeLimit(.minutes(2))) struct RoleLifecycleTests {
  /// What happened, in order.
  private final class Story: Sendable {
    private let lines = Lock<[String]>([])
    func tell(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  private static func options(drainTimeout: Duration = .seconds(30)) -> ClusterOptions {
    var options = ClusterOptions(role: .node)
    (options.name, options.profile, options.drainTimeout) = ("n", .local, drainTimeout)
    options.gossip = Authority(host: "127.0.0.1", port: 0)
    return options
  }

  /// Runs a role on a thread of its own until it has stopped; no signals, which belong to the test's process.
  private func run(
    _ options: ClusterOptions, _ story: Story,
    start: @escaping @Sendable (RoleLifecycle) async throws -> RoleLifecycle.Running
  ) async throws -> Int32 {
    let loop = try EventLoop(name: "role")
    let lifecycle = RoleLifecycle(options, .node, loop, .silent) { line in
      story.tell(((try? JSONValue.parse(line.bytes.dropLast()))?["event"]?.string) ?? "no ready line")
    }
    return try await beside { lifecycle.run(signals: [], start) }
  }

  /// What blocks a thread runs on one of its own, and its end is awaited on a loop: the thread sanitizer does not see a
  /// continuation go from one thread to another.
  private func beside(_ body: @escaping @Sendable () -> Int32) async throws -> Int32 {
    let waiting = try EventLoop.start(name: "role-end")
    defer { waiting.stop() }
    return await waiting.spawn {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Int32, Never>) in
        DispatchQueue(label: "role").async {
          let status = body()
          waiting.execute { continuation.resume(returning: status) }
        }
      }
    }.value
  }

  private static func serve(
    _ lifecycle: RoleLifecycle, _ story: Story, drain: @escaping @Sendable () async -> Void = {}
  ) async throws -> RoleLifecycle.Running {
    let http = SocketAddress(ip: "127.0.0.1", port: 55568)!
    let membership = try await Membership.start(
      lifecycle.options, role: .node, http: http, on: lifecycle.loop, log: lifecycle.log)
    return RoleLifecycle.Running(
      membership: membership, http: http,
      drain: {
        story.tell("drain")
        await drain()
      }, close: { story.tell("close") })
  }

  @Test("it says ready, drains when asked, leaves the cluster, closes, and exits with 0")
  func drains() async throws {
    let witness = try await Party.start("w")
    var options = Self.options()
    options.join = [witness.gossip]
    let story = Story()
    let status = try await run(options, story) { lifecycle in
      let running = try await Self.serve(lifecycle, story) {
        try? await witness.waits("n drains") { $0.first { $0.name == "n" }?.meta.isDraining == true }
        story.tell("seen draining")
      }
      lifecycle.requestDrain()
      lifecycle.requestDrain()
      return running
    }
    #expect(status == 0 && story.all == ["ready", "drain", "seen draining", "close"])
    try await witness.waits("n has left", within: .seconds(10)) { $0.first { $0.name == "n" }?.state == .left }
    await witness.kill()
  }

  @Test("the signals that come together after a requested drain are absorbed")
  func signalAfterRequest() async throws {
    let story = Story()
    let loop = try EventLoop(name: "role")
    let lifecycle = RoleLifecycle(
      Self.options(), .node, loop, .silent, ready: { _ in }, abort: { story.tell("aborted with \($0)") })
    let status = try await beside {
      lifecycle.run(signals: []) { lifecycle in
        let running = try await Self.serve(lifecycle, story) {
          lifecycle.received(signal: 15)
          lifecycle.received(signal: 15)
          story.tell("signalled")
          for _ in 0..<600 where !story.all.contains("aborted with 143") {
            try? await loop.sleep(for: .milliseconds(100))
            lifecycle.received(signal: 15)
          }
        }
        lifecycle.requestDrain()
        return running
      }
    }
    #expect(status == 0)
    #expect(story.all == ["drain", "signalled", "aborted with 143", "close"])
  }

  @Test("work that does not end is cancelled at the drain timeout")
  func drainTimeout() async throws {
    let story = Story()
    let status = try await run(Self.options(drainTimeout: .milliseconds(50)), story) { lifecycle in
      let loop = lifecycle.loop
      let running = try await Self.serve(lifecycle, story) {
        do { try await loop.sleep(for: .seconds(1000)) } catch { story.tell("cancelled") }
      }
      lifecycle.requestDrain()
      return running
    }
    #expect(status == 0 && story.all.prefix(2) == ["ready", "drain"] && story.all.last == "close")
    #expect(story.all.contains("cancelled"))
  }

  @Test("a start that fails ends with its exit status, and nothing was ready")
  func failedStart() async throws {
    let story = Story()
    #expect(try await run(Self.options(), story) { _ in throw StartError("taken") } == 1)
    #expect(try await run(Self.options(), story) { _ in throw UsageError("flag --x: why") } == 2)
    #expect(story.all.isEmpty)
  }
}
