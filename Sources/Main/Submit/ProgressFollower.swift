import Clockwork
import JSON
import Loop

/// Asks how far a batch is until it has ended, and draws that in place where standard error is a terminal.
///
/// Guarded by: the loop's thread, on which the command runs.
final class ProgressFollower: @unchecked Sendable {
  /// A small batch is over at once, a large one is asked about a few times a second.
  private static let firstPause = Duration.milliseconds(20)
  private static let longestPause = Duration.milliseconds(250)

  private let client: ClusterClient
  private let id: String
  private let draws: Bool
  private var line = LiveLine()

  init(_ client: ClusterClient, _ id: String, draws: Bool = Terminal.errorIsTerminal) {
    (self.client, self.id, self.draws) = (client, id, draws)
  }

  /// - Returns: the batch as it ended, as bytes and as values.
  func follow() async throws(Failure) -> (JSONValue, BatchStatus) {
    defer { draw(nil) }
    var patience = Patience(client)
    var saidSo = false
    var pause = Self.firstPause
    while true {
      do throws(Failure) {
        let answer = try await client.ask("/batches/\(id)")
        guard let batch = BatchStatus(answer) else { throw Failure("the coordinator's answer is no batch") }
        patience = Patience(client)
        saidSo = false
        draw(ProgressBar(batch).line(width: Terminal.columns))
        if batch.hasEnded { return (answer, batch) }
      } catch {
        guard error.status == .unreachable, !Task.isCancelled else { throw error }
        if !saidSo { say("the coordinator does not answer; trying again for \(Int(Patience.limit.inSeconds)) s") }
        saidSo = true
        try await patience.wait(after: error)
        continue
      }
      try await sleep(pause)
      pause = min(pause * 1.5, Self.longestPause)
    }
  }

  private func sleep(_ pause: Duration) async throws(Failure) {
    do {
      try await client.loop.sleep(for: pause)
    } catch {
      throw Failure("interrupted", status: .interrupted)
    }
  }

  private func say(_ text: String) {
    draw(nil)
    Terminal.say(text)
  }

  /// nil takes the line away.
  private func draw(_ text: String?) {
    guard draws else { return }
    let width = Terminal.columns
    let bytes = text.map { line.redraw($0, width: width) } ?? line.erase(width: width)
    _ = Terminal.write(Array(bytes.utf8)[...], to: 2)
  }
}

extension ProgressBar {
  init(_ batch: BatchStatus) {
    self.init(
      total: batch.total, done: batch.done, failed: batch.error + batch.unknown, ratePerSecond: batch.ratePerSecond,
      secondsLeft: batch.secondsLeft, waitingFor: batch.running == 0 ? batch.waitingFor : nil)
  }
}
