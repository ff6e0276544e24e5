package import Clockwork
package import JSON

/// Runs a flow: says what to do next, and takes what came of it. It does no I/O and owns no clock.
///
/// The first input is `start`; after that, each effect but the last two is answered by one input of its kind:
/// `request` by `answered` or `failed`, `sleep` by `woke`; `outOfTime` may stand in for either. `done` and `failed` end
/// it.
package struct FlowMachine: Sendable {
  package enum Input: Sendable {
    case start
    case answered(FlowResponse)
    /// The request came to nothing, or its answer is no success.
    case failed(FlowFailure)
    case woke
    /// Whoever runs the flow has no more time for it; the text says why.
    case outOfTime(String)
  }

  package enum Effect: Sendable {
    case request(FlowRequest)
    case sleep(until: Instant)
    case done(JSONValue)
    case failed(FlowFailure)
  }

  enum State: Sendable {
    /// The step at `place` has not begun.
    case before
    /// Its request is out; as a round of a poll, if it is one.
    case requesting(RequestStep, Poll?)
    /// Between two rounds.
    case resting(Poll)
    /// In a `sleep_s`.
    case sleeping
    case over
  }

  struct Poll: Sendable {
    let request: RequestStep
    let until: Condition
    let every: Duration
    /// When it gives up, and after how long that is.
    let deadline: (at: Instant, after: Duration)?
    var roundBegan: Instant
    var rounds = 0
  }

  let plan: FlowPlan
  var state = State.before
  /// The step that runs; behind the last one it is `return`'s turn.
  var place = 0
  var variables: Variables
  /// Something was sent that asks for more than an answer: a second run could have its effect a second time.
  package private(set) var mayHaveActed = false

  package init(_ plan: FlowPlan) {
    self.plan = plan
    variables = plan.variables
  }

  package mutating func handle(_ input: Input, at now: Instant) -> Effect {
    variables.workLeft = FlowLimits.work
    note(input)
    do throws(FlowFailure) {
      switch (state, input) {
      case (.over, _): preconditionFailure("a flow that is over was given an input")
      case (_, .failed(let failure)): throw failure
      case (_, .outOfTime(let why)): throw FlowFailure(.timeout, why)
      case (.before, .start), (.before, .woke): return try advance(now)
      case (.sleeping, .woke): return try advance(past: place, now)
      case (.resting(let poll), .woke): return try round(of: poll, now)
      case (.requesting(let request, nil), .answered(let response)):
        try keep(response, of: request)
        return try advance(past: place, now)
      case (.requesting(let request, let poll?), .answered(let response)):
        try keep(response, of: request)
        return try roundEnded(poll, now)
      // The input itself is not printed: an answer may hold secrets.
      default: preconditionFailure("a flow was given an input that does not fit its step \(place)")
      }
    } catch { return end(error) }
  }

  /// The ledger: did a request that is not safe go out, or may it have? One that surely failed before that did not.
  private mutating func note(_ input: Input) {
    guard case .requesting(let request, _) = state, !request.verb.isSafe else { return }
    switch input {
    case .answered, .outOfTime: mayHaveActed = true
    case .failed(let failure): mayHaveActed = mayHaveActed || failure.mayHaveTakenEffect
    case .start, .woke: break
    }
  }

  private mutating func end(_ failure: FlowFailure) -> Effect {
    state = .over
    var failure = failure
    failure.mayHaveTakenEffect = mayHaveActed
    let isStep = place < plan.steps.count
    failure.pointer = isStep ? plan.steps[place].pointer : "/return"
    if !failure.message.hasPrefix(failure.pointer) {
      let verb = isStep ? " (\(plan.steps[place].verb))" : ""
      failure.message = "\(failure.pointer)\(verb): \(failure.message)"
    }
    return .failed(failure)
  }
}
