internal import HTTP
internal import Net

/// Reads a shard, whose tasks are all taken or none: room is kept for those that have come.
///
/// Guarded by: the pool's loop.
final class ShardReader: LineTaker {
  private let pool: TaskPool
  private let reservation: Reservation
  private let done: (ShardReader, Problem?) -> Void
  private(set) var lines: [ShardLine] = []
  private(set) var bytes = 0

  /// - Parameter done: called once, when all lines are read, or with why they are not. No room is kept any more then.
  init(_ pool: TaskPool, done: @escaping (ShardReader, Problem?) -> Void) {
    (self.pool, self.done) = (pool, done)
    reservation = Reservation(pool)
  }

  /// Its sender may not rest: nobody else can have the room that is kept for him.
  func read(_ exchange: HTTPExchange) {
    LineStream(exchange, limit: Limits.taskBytes + Limits.envelopeBytes, taker: self).read()
  }

  func take(_ line: ArraySlice<UInt8>, number: Int) -> LineStream.Verdict {
    do throws(TaskFailure) {
      lines.append(try ShardLine(line, types: pool.types))
    } catch {
      return .refuse(Self.refusal(number, error))
    }
    bytes += line.count
    do throws(PoolRefusal) {
      try reservation.grow(tasks: lines.count, bytes: bytes)
      return .next
    } catch {
      return .refuse(Problem(error))
    }
  }

  func tooLong(line: Int) -> Problem { Self.refusal(line, TaskDraft.tooLarge) }

  func ended(_ problem: Problem?) {
    reservation.release()
    done(self, problem)
  }

  private static func refusal(_ line: Int, _ failure: TaskFailure) -> Problem {
    Problem(
      status: failure.code == .tooLarge ? 413 : 400, code: failure.code.rawValue,
      title: "A line of the shard is not as it must be; nothing was taken",
      detail: failure.message,
      faults: [Problem.Fault(line: line, pointer: failure.pointer, detail: failure.message)])
  }
}
