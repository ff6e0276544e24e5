internal import Clockwork
internal import HTTP
internal import JSON
internal import Net

/// `/tasks`: registering, listing, waiting, cancelling.
///
/// Guarded by: the pool's loop.
final class TaskEndpoints {
  private let pool: TaskPool
  private let values: WaitingValues
  private var streams: [ObjectIdentifier: TaskStream] = [:]

  private let streamLimit: Int

  init(pool: TaskPool, values: WaitingValues, streamLimit: Int = Limits.streams) {
    (self.pool, self.values, self.streamLimit) = (pool, values, streamLimit)
  }

  /// Ends every stream: the node takes nothing more.
  func endStreams() {
    for stream in Array(streams.values) { stream.refuse(.draining) }
  }

  // MARK: POST /tasks

  /// Refuses early what would be refused late, before any of the body is read.
  func post(_ exchange: HTTPExchange) {
    do throws(Problem) {
      let wait = try TaskQuery.wait(exchange.request)
      do throws(PoolRefusal) { try pool.checkRoom(tasks: 1, bytes: 0) } catch { throw Problem(error) }
      switch try TaskQuery.form(exchange.request) {
      case .document: readDocument(exchange, wait)
      case .stream: readStream(exchange, wait)
      }
    } catch {
      exchange.respond(error)
    }
  }

  private func readDocument(_ exchange: HTTPExchange, _ wait: Duration?) {
    exchange.collectBody(upTo: Limits.bodyBytes) { [self] result in
      switch result {
      case .failure(let error): exchange.respond(error)
      case .success(let bytes):
        // It was counted while it was collected, and is while it is checked.
        try? exchange.hold(bytes.count)
        let document = TaskDocument(bytes, pool, isWanted: { exchange.isOpen }) { [self] result in
          try? exchange.hold(0)
          switch result {
          case .failure(let problem): exchange.respond(problem)
          case .success(let submission): register(submission, exchange, wait)
          }
        }
        document.read()
      }
    }
  }

  private func readStream(_ exchange: HTTPExchange, _ wait: Duration?) {
    guard streams.count < streamLimit else { return exchange.respond(.tooManyStreams(streamLimit)) }
    let registered = RegisteredTasks(exchange, pool, values, wait: wait)
    let stream = TaskStream(exchange, pool, registered) { [weak self] in self?.streams[ObjectIdentifier($0)] = nil }
    streams[ObjectIdentifier(stream)] = stream
    stream.read()
  }

  private func register(_ submission: TaskSubmission, _ exchange: HTTPExchange, _ wait: Duration?) {
    if let problem = submission.problem { return exchange.respond(problem) }
    do throws(PoolRefusal) {
      try pool.checkRoom(tasks: submission.drafts.count, bytes: submission.bytes)
    } catch {
      return exchange.respond(Problem(error))
    }
    let registered = RegisteredTasks(exchange, pool, values, wait: wait)
    registered.add(pool.register(submission.drafts))
    registered.answerOnceWanted()
  }

  // MARK: GET /tasks, GET and DELETE /tasks/{id}

  func list(_ exchange: HTTPExchange) {
    do throws(Problem) {
      let (places, limit) = (try TaskQuery.state(exchange.request), try TaskQuery.limit(exchange.request))
      let records = places.map { pool.newest(limit, in: $0) } ?? pool.newest(limit)
      exchange.respond(json: pool.listing(of: records))
    } catch {
      exchange.respond(error)
    }
  }

  func show(_ id: String, _ exchange: HTTPExchange) {
    do throws(Problem) {
      let wait = try TaskQuery.wait(exchange.request)
      let record = try find(id, exchange)
      let join = Join([record], for: wait ?? .zero, on: pool.loop) { _ in exchange.respond(json: record.json) }
      exchange.onAbort { join.abandon() }
    } catch {
      exchange.respond(error)
    }
  }

  func cancel(_ id: String, _ exchange: HTTPExchange) {
    do throws(Problem) {
      let record = try find(id, exchange)
      pool.cancel(record)
      // Its own clean-up is bounded, so this wait is over before the limit is.
      let join = Join([record], for: Limits.longestWait, on: pool.loop) { _ in exchange.respond(json: record.json) }
      exchange.onAbort { join.abandon() }
    } catch {
      exchange.respond(error)
    }
  }

  private func find(_ id: String, _ exchange: HTTPExchange) throws(Problem) -> TaskRecord {
    guard let id = UUIDv7(id), let record = pool[id] else {
      var problem = Problem.noTask(id)
      problem.instance = exchange.request.path
      throw problem
    }
    return record
  }
}

extension Problem {
  fileprivate static func tooManyStreams(_ limit: Int) -> Problem {
    Problem(
      status: 503, code: "too_many_streams", title: "Too many streams",
      detail: "\(limit) streams of tasks are open here already; send a JSON array, or try again soon.", retryAfter: 1)
  }

  static func noTask(_ id: String) -> Problem {
    // Longer than every identifier: such a text need not come back whole.
    let id = String(id.prefix(64))
    var problem = Problem.notFound("/tasks/\(id)")
    problem.detail =
      "No task '\(id)' here. A finished one is kept for \(Int(Limits.keptFor.inSeconds)) seconds, "
      + "the newest \(Limits.keptTasks) at most, and no more than \(Limits.keptBytes >> 20) MiB of values."
    return problem
  }
}
