import Clockwork
import Glibc
import Testing

@testable import Loop

@Suite("Resolver") struct ResolverTests {
  /// A lookup that takes as long as a gate is closed, and counts who stands there.
  private final class Gate: Sendable {
    struct State {
      var isOpen = false
      var standing = 0
      var most = 0
    }

    let state = Lock(State())

    func lookUp(_ host: String, _ port: UInt16) -> Result<[SocketAddress], LoopError> {
      state.withLock {
        $0.standing += 1
        $0.most = max($0.most, $0.standing)
      }
      while !state.withLock(\.isOpen) { usleep(200) }
      state.withLock { $0.standing -= 1 }
      let number = UInt8(truncatingIfNeeded: Int(host.dropFirst(5)) ?? 0)
      return host == "host-13"
        ? .failure(LoopError(.unresolved, "resolve \(host)"))
        : .success([
          SocketAddress(ipBytes: [10, 0, 0, number], port: port)!
        ])
    }
  }

  @Test("ten thousand names at once are looked up by a bounded number of threads, and each gets its own answer")
  func many() async throws {
    let loop = try EventLoop.start(name: "resolver-test")
    defer { loop.stop() }
    let gate = Gate()
    let resolver = Resolver { gate.lookUp($0, $1) }
    let lookups = (0..<10_000).map { number in
      loop.spawn { () async -> UInt8? in
        try? await resolver.resolve(host: "host-\(number)", port: 1, on: loop).first?.ipBytes[3]
      }
    }
    while gate.state.withLock({ $0.standing < LoopLimits.resolverThreads }) { await loop.spawn {}.value }
    gate.state.withLock { $0.isOpen = true }
    for (number, lookup) in lookups.enumerated() {
      #expect(await lookup.value == (number == 13 ? nil : UInt8(truncatingIfNeeded: number)))
    }
    #expect(gate.state.withLock(\.most) == LoopLimits.resolverThreads)
  }

  @Test("a lookup has its time from when a thread takes it, and who waited for it is told")
  func timeout() async throws {
    let loop = try EventLoop.start(name: "resolver-test")
    defer { loop.stop() }
    let gate = Gate()
    let resolver = Resolver { gate.lookUp($0, $1) }
    do throws(LoopError) {
      _ = try await resolver.resolve(host: "host-1", port: 1, on: loop, timeout: .milliseconds(20))
      Issue.record("the gate is closed")
    } catch {
      #expect(error.code == .timeout && error.context.contains("resolve host-1 within"))
    }
    gate.state.withLock { $0.isOpen = true }
    #expect(try await resolver.resolve(host: "host-2", port: 1, on: loop).first?.ipBytes == [10, 0, 0, 2])
  }
}
