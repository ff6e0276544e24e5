internal import JSON
internal import Pattern
internal import Substitution

/// One step of a flow, checked.
struct Step: Sendable {
  enum Action: Sendable {
    case request(RequestStep)
    /// Requests until the condition holds: every so often, for so long (nil: as long as the attempt lasts).
    case poll(RequestStep, until: Condition, every: WaitTime, within: WaitTime?)
    case extract([Extraction])
    case set([(name: String, value: Template)])
    case sleep(WaitTime)
    case assert(Condition, message: [Template.Piece]?)
  }

  /// From the flow's arguments, as `/steps/3`.
  let pointer: String
  let verb: String
  let action: Action

  /// The request that it makes, once or often.
  var request: RequestStep? {
    switch action {
    case .request(let request), .poll(let request, _, _, _): request
    case .extract, .set, .sleep, .assert: nil
    }
  }
}

/// A request with places to fill in, and the name that its answer gets.
struct RequestStep: Sendable {
  enum Verb: String, CaseIterable, Sendable {
    case get, post, put, patch, delete, head

    /// RFC 9110, section 9.2.1: asks for nothing but an answer.
    var isSafe: Bool { self == .get || self == .head }
    /// RFC 9110, section 9.2.2: once or several times has the effect of once.
    var isIdempotent: Bool { self != .post && self != .patch }
  }

  let verb: Verb
  let name: String?
  /// Of `http`, the URL first.
  let fields: [(name: String, value: Template)]
  /// What `want` names; nil: whatever the flow refers to.
  let wanted: Set<ResponseMember>?
  /// `/steps/3`, or `/steps/3/poll`.
  let place: String
}

/// A text or value taken out of a variable: by a JSON pointer, which is part of the reference, by a pattern, by both.
struct Extraction: Sendable {
  let name: String
  let reference: Reference
  /// Its first group, or the whole match of a pattern without groups.
  let pattern: Pattern?
}

/// A number of seconds, known or to be filled in.
struct WaitTime: Sendable {
  let template: Template
  let range: ClosedRange<Duration>
  /// For messages: `sleep_s`.
  let field: String
}
