import Clockwork
import JSON
import Testing

@testable import Flow

/// The names of `http`'s fields, and of its rules the two that these tests break.
let rules = RequestRules(
  fields: [
    "url", "method", "headers", "body", "json", "form", "timeout_s", "follow_redirects", "max_redirects",
    "max_body_bytes", "proxy", "verify_tls", "expect_status", "want",
  ]
) { arguments in
  if arguments["url"]?.string?.hasPrefix("http://") != true { return ("/url", "/url must be a URL") }
  if let time = arguments["timeout_s"], time.double == nil { return ("/timeout_s", "/timeout_s must be a number") }
  return nil
}

func plan(_ text: String) throws -> FlowPlan { try FlowPlan(try JSONValue.parse(text), rules: rules) }

/// One step, before which `page` is an answer and `n` is 7.
func plan(step: String, returning value: String = "null") throws -> FlowPlan {
  try plan(
    #"{"vars":{"n":7,"word":"hey"},"steps":[{"get":"http://h/","as":"page"},\#(step)],"return":\#(value)}"#)
}

/// Runs a flow in virtual time: no loop, no socket, no clock.
struct FlowRun {
  enum Answer {
    case body(String, status: Int = 200)
    case failure(FlowFailure)
    /// The attempt's time is up while the request is out.
    case outOfTime
  }

  private(set) var requests: [FlowRequest] = []
  /// When each request was made, and what the flow slept, in seconds.
  private(set) var times: [Double] = []
  private(set) var sleeps: [Double] = []
  private(set) var value: JSONValue?
  private(set) var failure: FlowFailure?
  private var now = Instant.zero

  /// - Parameter took: seconds that each request takes.
  init(_ plan: FlowPlan, took: Double = 0, _ answer: (FlowRequest, Int) -> Answer = { _, _ in .body("") }) {
    var machine = FlowMachine(plan)
    var input = FlowMachine.Input.start
    while true {
      switch machine.handle(input, at: now) {
      case .request(let request):
        requests.append(request)
        times.append((now - .zero).inSeconds)
        now += .nanoseconds(Int64(took * 1e9))
        input = Self.input(answer(request, requests.count - 1), to: request)
      case .sleep(let end):
        sleeps.append((end - now).inSeconds)
        now = max(now, end)
        input = .woke
      case .done(let done):
        value = done
        return
      case .failed(let failed):
        failure = failed
        return
      }
    }
  }

  var urls: [String] { requests.map { "\($0.arguments["method"]!.string!) \($0.arguments["url"]!.string!)" } }

  private static func input(_ answer: Answer, to request: FlowRequest) -> FlowMachine.Input {
    switch answer {
    case .outOfTime: return .outOfTime("time was up")
    case .failure(let failure): return .failed(failure)
    case .body(let body, let status):
      let wanted = request.arguments["want"]?.elements?.compactMap(\.string) ?? []
      let members = JSONValue.object { object in
        if wanted.contains("status") { object.member("status", status) }
        object.member("url", request.arguments["url"]!)
        object.member("http_version", "1.1")
        if wanted.contains("headers") { object.object("headers") { $0.member("x-left", "12") } }
        if wanted.contains("bytes") { object.member("bytes", body.utf8.count) }
      }
      return .answered(FlowResponse(members: members, body: Array(body.utf8)))
    }
  }
}
