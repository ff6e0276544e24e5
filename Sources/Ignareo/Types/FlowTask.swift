internal import Clockwork
internal import Flow
internal import JSON
internal import Loop
internal import Net

/// `flow`: several requests in one session, as data. `FlowMachine` decides; here its requests are made.
enum FlowTask {
  static let type = TaskType(
    name: "flow", summary: "makes several HTTP requests in one session, with conditions between them",
    timeout: .seconds(3600), schema: FlowSchema.value
  ) { value throws(TaskFailure) in
    let plan = try plan(value)
    return PreparedTask(isRepeatable: plan.isRepeatable) { try await run(plan, $0) }
  }

  static func plan(_ value: JSONValue) throws(TaskFailure) -> FlowPlan {
    do throws(FlowRefusal) { return try FlowPlan(value, rules: rules) } catch {
      throw TaskFailure(.badArguments, error.message, pointer: error.pointer)
    }
  }

  /// A request's fields are those of `http`, and read by the same code.
  private static let rules = RequestRules(fields: HTTPArguments.names) { arguments in
    do throws(TaskFailure) {
      _ = try HTTPArguments(arguments)
      return nil
    } catch { return (error.pointer ?? "", error.message) }
  }

  private static func run(_ plan: FlowPlan, _ context: TaskContext) async throws -> JSONValue {
    var machine = FlowMachine(plan)
    // The session: its cookies. Connections are the loop's.
    let cookies = CookieJar()
    var input = FlowMachine.Input.start
    while true {
      switch machine.handle(input, at: MonotonicClock.now) {
      case .request(let request): input = try await answer(to: request, cookies, context)
      case .sleep(let end): input = try await sleep(until: end, context)
      case .done(let value): return value
      case .failed(let failure): throw TaskFailure(failure)
      }
    }
  }

  private static func answer(
    to request: FlowRequest, _ cookies: CookieJar, _ context: TaskContext
  ) async throws -> FlowMachine.Input {
    do {
      var arguments = try HTTPArguments(request.arguments)
      arguments.request.cookies = cookies
      if let deadline = request.deadline {
        // A poll's last request may not outlast it; none has no time at all.
        let left = max(.milliseconds(1), deadline - MonotonicClock.now)
        arguments.request.timeout = min(left, arguments.request.timeout ?? left)
      }
      let response = try await HTTPTask.response(arguments, context)
      return .answered(FlowResponse(members: try HTTPTask.value(response, arguments), body: response.body))
    } catch let failure as TaskFailure {
      return .failed(FlowFailure(failure, of: request))
    }
  }

  /// The attempt's own limit is told as the step that it ended, and not as an attempt that may have done anything.
  private static func sleep(until end: Instant, _ context: TaskContext) async throws -> FlowMachine.Input {
    do {
      try await context.sleep(max(.zero, end - MonotonicClock.now))
      return .woke
    } catch {
      guard context.cancellation == .timeout else { throw error }
      return .outOfTime("the attempt's timeout_s was over")
    }
  }
}

extension TaskFailure {
  /// The pointer begins at the task, as it does in what is refused when it is registered.
  fileprivate init(_ failure: FlowFailure) {
    self.init(
      Code(failure.code), "/args\(failure.message)", isRetryable: failure.isRetryable,
      mayHaveTakenEffect: failure.mayHaveTakenEffect, pointer: "/args\(failure.pointer)")
  }
}

extension FlowFailure {
  fileprivate init(_ failure: TaskFailure, of request: FlowRequest) {
    var message = failure.message
    if failure.code == .badArguments, let pointer = failure.pointer {
      message = FlowRequest.translated(message, pointer, place: request.place, verb: request.verb)
    }
    self.init(
      Code(failure.code), message, isRetryable: failure.isRetryable, mayHaveTakenEffect: failure.mayHaveTakenEffect)
  }
}

// Every code is named in both: one that is added to either list has to be given its meaning in the other.

extension TaskFailure.Code {
  fileprivate init(_ code: FlowFailure.Code) {
    self =
      switch code {
      case .timeout: .timeout
      case .lost: .lost
      case .connect: .connect
      case .dns: .dns
      case .tls: .tls
      case .assertion: .assertion
      case .rejected: .rejected
      case .internal: .internal
      case .badArguments: .badArguments
      case .httpStatus: .httpStatus
      case .tooLarge: .tooLarge
      }
  }
}

extension FlowFailure.Code {
  fileprivate init(_ code: TaskFailure.Code) {
    self =
      switch code {
      case .timeout: .timeout
      case .lost: .lost
      case .connect: .connect
      case .dns: .dns
      case .tls: .tls
      case .assertion: .assertion
      case .rejected: .rejected
      case .badArguments: .badArguments
      case .httpStatus: .httpStatus
      case .tooLarge: .tooLarge
      // A request is no task of its own: neither its type nor a worker can be at fault.
      case .internal, .unknownTask, .workerCrashed: .internal
      }
  }
}
