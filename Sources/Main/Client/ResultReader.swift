import Clockwork
import JSON
import Loop

/// Reads a batch's results from one on, and goes on where it was when the connection is cut: `seq` rises by one, so
/// that nothing is missed and nothing comes twice.
///
/// Guarded by: the loop's thread, on which commands run.
final class ResultReader: @unchecked Sendable {
  private let client: ClusterClient
  private let id: String
  /// The last `seq` that was handed out.
  private(set) var after: Int
  private let line: (ArraySlice<UInt8>) -> Void
  private let pause: () -> Void

  /// - Parameters:
  ///   - line: takes each result, one line without its line break.
  ///   - pause: called when all that has come was handed out: the moment to flush.
  init(
    _ client: ClusterClient, _ id: String, after: Int, line: @escaping (ArraySlice<UInt8>) -> Void,
    pause: @escaping () -> Void = {}
  ) {
    (self.client, self.id, self.after, self.line, self.pause) = (client, id, after, line, pause)
  }

  /// - Parameter follow: stay until the batch has ended.
  func read(follow: Bool) async throws(Failure) {
    var patience = Patience(client)
    while true {
      let start = after
      do throws(Failure) {
        try await readOnce(follow: follow)
        guard follow else { return }
        // An answer may also end because the coordinator does: only the batch knows whether this was all.
        guard let batch = BatchStatus(try await client.ask("/batches/\(id)")) else { return }
        if batch.hasEnded && after >= batch.done { return }
      } catch {
        guard error.status == .unreachable else { throw error }
        if after > start { patience = Patience(client) }
        try await patience.wait(after: error)
        continue
      }
      try await patience.pause()
    }
  }

  private func readOnce(follow: Bool) async throws(Failure) {
    var lines = LineSplitter()
    try await client.stream("/batches/\(id)/results?after=\(after)\(follow ? "&follow=true" : "")") { [self] chunk in
      lines.feed(chunk) { line in
        // A line without a number is no result (a stream may end with a summary).
        guard let seq = (try? JSONValue.parse(line))?["seq"]?.int, seq > after else { return }
        after = seq
        self.line(line)
      }
      pause()
    }
  }
}

/// How long a command goes on trying when the coordinator went away under it.
struct Patience: Sendable {
  static let limit = Duration.seconds(60)
  private static let longestPause = Duration.seconds(3)

  private let client: ClusterClient
  private let deadline: Instant
  private var next = Duration.milliseconds(100)

  init(_ client: ClusterClient) {
    self.client = client
    deadline = MonotonicClock.now + Self.limit
  }

  /// Pauses before the next attempt, longer each time.
  /// - Throws: the failure itself once the limit is reached or the command is cancelled.
  mutating func wait(after failure: Failure) async throws(Failure) {
    guard MonotonicClock.now < deadline, !Task.isCancelled else { throw failure }
    try await pause()
  }

  mutating func pause() async throws(Failure) {
    do {
      try await client.loop.sleep(for: next)
    } catch {
      throw Failure("interrupted", status: .interrupted)
    }
    next = min(next * 2, Self.longestPause)
  }
}
