import Foundation
import Loop

/// Clusters that stand for a minute beside all other tests here, and are looked at when it is over: so that the minute
/// costs the suite little time of its own.
final class Endurance: Sendable {
  static let shared = Endurance()

  private static let length = Duration.seconds(60)
  private let running = Lock<[Task<String?, any Error>]>([])

  /// Once, however often it is called.
  func begin() {
    running.withLock { running in
      guard running.isEmpty else { return }
      running = [nil, MemberlistTests.keys[1]].map { key in Task { try await Self.stand(key) } }
    }
  }

  /// What went wrong in each.
  func verdicts() async throws -> [String] {
    var failures: [String] = []
    for task in running.withLock({ $0 }) {
      if let failure = try await task.value { failures.append(failure) }
    }
    return failures
  }

  private static func stand(_ key: [UInt8]?) async throws -> String? {
    try await Scene.outcome { scene in
      let first = try await scene.theirs("t1", key: key)
      let second = try await scene.theirs("t2", join: first.gossip, key: key)
      let ours = try await scene.process("ours", join: second.gossip, key: key)
      for peer in [first, second] { try await peer.lists("ours", "t1", "t2") }
      try await Task.sleep(for: length)
      for peer in [first, second] {
        try await peer.lists("ours", "t1", "t2")
        guard peer.gone.isEmpty else { throw Unmet("\(peer.name) thought that \(peer.gone) were gone") }
      }
      let states = try await ours.states()
      guard states == ["ours": "alive", "t1": "alive", "t2": "alive"] else { throw Unmet("ours lists \(states)") }
      guard !ours.errors.contains("member_died") else { throw Unmet("ours thought that somebody had died") }
    }
  }
}
