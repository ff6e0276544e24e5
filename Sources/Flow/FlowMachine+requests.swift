internal import Clockwork
internal import JSON
internal import Substitution

extension FlowMachine {
  /// The request with everything filled in. Of its answer it wants only what the flow refers to.
  mutating func send(_ request: RequestStep, _ poll: Poll?) throws(FlowFailure) -> Effect {
    let needed = needed(request).compactMap { $0 == .body || $0 == .json ? nil : $0.want }
    let arguments: JSONValue = try .object { object throws(FlowFailure) in
      object.member("method", request.verb.rawValue.uppercased())
      for (name, template) in request.fields where name != "want" {
        object.key(name)
        try variables.write(template, into: &object)
      }
      object.member("want", needed)
    }
    state = .requesting(request, poll)
    return .request(
      FlowRequest(
        arguments: arguments, deadline: poll?.deadline?.at, place: request.place, verb: request.verb.rawValue))
  }

  private func needed(_ request: RequestStep) -> Set<ResponseMember> {
    guard let name = request.name, let needed = plan.needs[name] else { return [] }
    return request.wanted.map(needed.intersection) ?? needed
  }

  /// Keeps of an answer what the flow refers to.
  mutating func keep(_ response: FlowResponse, of request: RequestStep) throws(FlowFailure) {
    let needed = needed(request)
    let mustBeJSON = request.wanted?.contains(.json) ?? false
    var json: JSONValue?
    if needed.contains(.json) || mustBeJSON {
      try variables.spend(response.body.count / 16)
      do throws(JSONError) { json = try JSONValue.parse(response.body) } catch {
        if mustBeJSON { throw FlowFailure(.assertion, "the answer's body is not JSON: \(error)") }
      }
    }
    guard let name = request.name else { return }
    try variables.set(
      name, members: response.members, body: needed.contains(.body) ? response.body : nil, json: json)
  }

  // MARK: Polls

  mutating func round(of poll: Poll, _ now: Instant) throws(FlowFailure) -> Effect {
    var poll = poll
    poll.roundBegan = now
    poll.rounds += 1
    return try send(poll.request, poll)
  }

  /// Rounds begin `every` after one another, and never before the last one's answer is there.
  mutating func roundEnded(_ poll: Poll, _ now: Instant) throws(FlowFailure) -> Effect {
    if try poll.until.holds(&variables) { return try advance(past: place, now) }
    let next = max(now, poll.roundBegan + poll.every)
    if let deadline = poll.deadline, next >= deadline.at {
      throw FlowFailure(
        .timeout,
        "within \(deadline.after.secondsText) s and \(poll.rounds) rounds it did not come to be that \(poll.until.text)"
      )
    }
    state = .resting(poll)
    return .sleep(until: next)
  }
}
