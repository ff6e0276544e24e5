internal import Clockwork
internal import HTTP
internal import JSON
internal import Net

/// `/tasks`: registering, listing, waiting, cancelling.
///
/// Guarded by: the pool's loop.
final class TaskEndpoints {
  private let pool: TaskPool

  init(pool: TaskPool) { self.pool = pool }

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
        let document = TaskDocument(bytes, pool, isWanted: { exchange.isOpen }) { [self] result in
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
    var submission = TaskSubmission(types: pool.types)
    LineStream.read(exchange, limit: Limits.taskBytes) { [pool] line, bytes in
      submission.add(line: line, bytes)
      if submission.isHopeless { return submission.problem }
      do throws(PoolRefusal) {
        try pool.checkRoom(tasks: submission.drafts.count, bytes: submission.bytes)
        return nil
      } catch {
        return Problem(error)
      }
    } tooLong: { line in
      submission.refuse(line: line, TaskDraft.tooLarge)
      return submission.problem
    } end: { [self] in
      register(submission, exchange, wait)
    }
  }

  private func register(_ submission: TaskSubmission, _ exchange: HTTPExchange, _ wait: Duration?) {
    if let problem = submission.problem { return exchange.respond(problem) }
    do throws(PoolRefusal) {
      try pool.checkRoom(tasks: submission.drafts.count, bytes: submission.bytes)
    } catch {
      return exchange.respond(Problem(error))
    }
    let records = pool.register(submission.drafts)
    guard let wait else { return TaskAnswer(records, .references).send(202, to: exchange) }
    let join = Join(records, for: wait, on: pool.loop) { all in
      TaskAnswer(records, .results).send(all ? 200 : 202, to: exchange)
    }
    exchange.onAbort { join.abandon() }
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
